"""
Governance's queue: what needs a person now. Nobody eligible, stuck, held by the brake, a sync held for shrinkage.

Every button is a form that calls one verb; the verb checks who may. Who may not is told who may, in place of buttons.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance import access, clock, syncing
from governance.admin.site import site, zone_of
from governance.admin.viewing import viewer
from governance.errors import Invalid, Refusal
from governance.models import Person, SyncRun, System
from reviews import brake
from reviews.admin.sight import asks_of, assigned
from reviews.admin.tables import ACTED_ON
from reviews.models import Ask, Hold, Remediation, Review
from reviews.models.remediation import State

SHOWN = 20
NUMBERS = ("Nothing", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something held, what waits in it, and who may say that it goes on: "" is the viewer."""

    row: Any
    acts: list[Remediation]
    only: str


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The page."""
    person = viewer(request)
    needs: dict[str, list[Any]] = {
        "held": held(person),
        "syncs": syncs(person),
        "stuck": list(stuck(person)),
        "unassigned": list(access.visible(Review.objects.unassigned(), to=person).order_by("due_at", "pk")),
        "unreached": list(unreached(person)),
    }
    count = sum(map(len, needs.values()))
    mine = list(Review.objects.open().filter(assigned("pk", person)).order_by("due_at", "pk"))
    context = {
        **site.each_context(request),
        **needs,
        "title": "Governance queue",
        "words": sentence(count, len(mine)),
        "count": count,
        "zone": zone_of(person),
        "mine": mine,
        "asked": asked(person)[:SHOWN],
        "asked_count": asked(person).count(),
    }
    return TemplateResponse(request, "admin/queue.html", context)


def sentence(count: int, mine: int) -> str:
    """The page in one sentence, or two: what needs a person, and what the viewer is asked."""
    said = []
    if count:
        said.append(f"{number(count)} {'thing needs' if count == 1 else 'things need'} a person now.")
    if mine:
        said.append(f"{number(mine)} {'question waits' if mine == 1 else 'questions wait'} for your answer.")
    nothing = "Nothing needs you now. The sweeps go on by themselves; what they cannot finish comes here."
    return " ".join(said) or nothing


def number(count: int) -> str:
    """A number at the head of a sentence: a word up to twelve."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def held(person: Person) -> list[Waiting]:
    """Open holds, with what waits in each, the oldest first."""
    holds = access.visible(Hold.objects.filter(closed_at=None), to=person).select_related(
        "system__unit", "system__owner"
    )
    acts: dict[int | None, list[Remediation]] = {}
    for act in Remediation.objects.filter(hold__in=holds, state=State.PLANNED).select_related(*ACTED_ON).order_by("pk"):
        acts.setdefault(act.hold_id, []).append(act)
    return [
        Waiting(hold, acts.get(hold.pk, []), only_for(person, hold.system))
        for hold in holds.order_by("opened_at", "pk")
    ]


def syncs(person: Person) -> list[Waiting]:
    """Reads that showed much less than before, the oldest first."""
    runs = access.visible(SyncRun.objects.filter(state=SyncRun.State.HELD), to=person)
    return [
        Waiting(run, [], only_for(person, run.system))
        for run in runs.select_related("system__unit", "system__owner").order_by("started_at", "pk")
    ]


def only_for(person: Person, system: System) -> str:
    """Who decides about a system, where this person does not; the verbs ask the same again."""
    if system.owner_id == person.pk or access.may_govern(person, system.unit):
        return ""
    return f"Only {system.owner.name} or who governs {system.unit.name} can decide this."


def stuck(person: Person) -> Any:
    """Acts that a system does not carry out."""
    acts = access.visible(Remediation.objects.filter(state=State.STUCK), to=person)
    return acts.select_related(*ACTED_ON).order_by("planned_at", "pk")


def unreached(person: Person) -> Any:
    """Questions that no surface could deliver, of reviews that still wait."""
    waiting = access.visible(Review.objects.open(), to=person)
    failed = Ask.objects.filter(asks_of(person), state=Ask.State.FAILED, reviews__in=waiting.values("pk"))
    return failed.distinct().select_related("person").order_by("pk")


def asked(person: Person) -> Any:
    """Questions that wait for somebody else's answer, the next deadline first."""
    waiting = access.visible(Review.objects.open().assigned(), to=person)
    return waiting.exclude(assigned("pk", person)).order_by("due_at", "pk").prefetch_related("assignments__person")


def verb(act: Callable[[HttpRequest, Person, int], str]) -> Callable[..., HttpResponse]:
    """A form's target: call one verb, say what it did or why not, go back to the queue."""

    @require_POST
    def view(request: HttpRequest, key: int) -> HttpResponse:
        try:
            messages.success(request, act(request, viewer(request), key))
        except Refusal as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:queue"))

    return view


@verb
def release(request: HttpRequest, person: Person, key: int) -> str:
    """Let the oldest N through."""
    hold = get_object_or_404(access.visible(Hold.objects.all(), to=person), pk=key)
    count = whole_number(request.POST.get("count", ""))
    done = brake.release(hold=hold, count=count, by=person, at=clock.now())
    return f"{done} released in {hold.system.name}. The system is told within seconds; each is proven by a fresh read."


@verb
def cancel(request: HttpRequest, person: Person, key: int) -> str:
    """End what waits, with a reason."""
    hold = get_object_or_404(access.visible(Hold.objects.all(), to=person), pk=key)
    done = brake.cancel(hold=hold, by=person, reason=request.POST.get("reason", ""), at=clock.now())
    return f"{done} cancelled in {hold.system.name}. Access stays as it is."


@verb
def accept(_request: HttpRequest, person: Person, key: int) -> str:
    """Publish a sync that was held."""
    run = get_object_or_404(access.visible(SyncRun.objects.all(), to=person), pk=key)
    syncing.accept(run, by=person)
    return f"The read of {run.system.name} was accepted: what it did not show is gone."


@verb
def discard(_request: HttpRequest, person: Person, key: int) -> str:
    """End a sync that was held."""
    run = get_object_or_404(access.visible(SyncRun.objects.all(), to=person), pk=key)
    syncing.discard(run, by=person)
    return f"The read of {run.system.name} was discarded; the next one will tell."


def whole_number(given: str) -> int:
    """How many to release; raise Invalid for anything that is not 1 or more."""
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and int(given)):  # noqa: PLR2004  (an integer column's digits)
        raise Invalid("How many? A whole number of 1 or more; nothing was released.")
    return int(given)


VIEWS: dict[str, Any] = {"release": release, "cancel": cancel, "accept": accept, "discard": discard}
