"""
Governance's queue: what needs a person now, and the verbs that end it.

Nobody to ask, not reached, stuck, held by the brake, a read held for shrinkage, a system that is not read. Every button
is a form that calls one verb; the verb checks who may. Who may not is told who may, in place of buttons.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from governance import access, clock, syncing
from governance.admin.site import site, zone_of
from governance.admin.viewing import viewer
from governance.errors import Invalid
from governance.models import Person, SyncRun
from reviews import brake, handling
from reviews.admin import coverage, forms, levels, waiting
from reviews.admin.levels import Level
from reviews.admin.sight import assigned
from reviews.models import Hold, Remediation, Review

Row = TypeVar("Row", bound=Model)
SHOWN = 20
NUMBERS = ("Nothing", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The page."""
    person, at = viewer(request), clock.now()
    looking = waiting.Looking(person, at, forms.refused_before(request))
    needs = looking.everything()
    mine = list(Review.objects.open().filter(assigned("pk", person)).order_by("due_at", "pk"))
    overview = look_over(person, at) if access.sees_some(person) else {}
    context = {
        **site.each_context(request),
        **overview,
        "needs": needs,
        "people": looking.people() if any(each.chooses for each in needs) else (),
        "title": "Governance queue",
        "words": " ".join([sentence(len(needs), len(mine)), *known(overview.get("levels", ()), needs, looking)]),
        "at": at,
        "zone": zone_of(person),
        "mine": mine,
    }
    return TemplateResponse(request, "admin/queue.html", context)


def look_over(person: Person, at: datetime) -> dict[str, Any]:
    """What waits for others, service levels and coverage: for those who see more than what they are asked."""
    waits = asked(person)
    return {
        "asked": waits[:SHOWN],
        "asked_count": waits.count(),
        "levels": list(levels.levels(person, at)),
        "systems": coverage.systems(person, at),
    }


def sentence(count: int, mine: int) -> str:
    """The page in one sentence, or two: what needs a person, and what the viewer is asked."""
    said = []
    if count:
        said.append(f"{number(count)} {'thing needs' if count == 1 else 'things need'} a person now.")
    if mine:
        said.append(f"{number(mine)} {'question waits' if mine == 1 else 'questions wait'} for your answer.")
    nothing = "Nothing needs you now. The sweeps go on by themselves; what they cannot finish comes here."
    return " ".join(said) or nothing


def known(measured: Sequence[Level], needs: list[waiting.Waiting], looking: waiting.Looking) -> Iterator[str]:
    """How much of what is held was decided, and since when something cannot be read: the longest."""
    if measured and (measured[0].trend or measured[0].parts):
        yield f"{measured[0].now} of grants are validly certified."
    unread = [each.matter for each in needs if each.matter.kind == "stale"]
    if unread:
        yield f"{unread[0].row.name} has not been readable since {looking.reader.when(unread[0].since)}."


def number(count: int) -> str:
    """A number at the head of a sentence: a word up to twelve."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def asked(person: Person) -> Any:
    """Questions that wait for somebody else's answer, the next deadline first."""
    waiting = access.visible(Review.objects.open().assigned(), to=person)
    return waiting.exclude(assigned("pk", person)).order_by("due_at", "pk").prefetch_related("assignments__person")


def handled(kind: type[Row], person: Person) -> QuerySet[Row]:
    """Rows of what stands in the queue about a system: those that the person sees, and those in a system of theirs."""
    return access.visible(kind._default_manager.all(), to=person, also=Q(system__owner=person))


def release(request: HttpRequest, person: Person, key: int) -> str:
    """Let the oldest N through."""
    hold = get_object_or_404(handled(Hold, person), pk=key)
    count = whole_number(request.POST.get("count", ""))
    done = brake.release(hold=hold, count=count, by=person, at=clock.now())
    return f"{done} released in {hold.system.name}. The system is told within seconds; each is proven by a fresh read."


def cancel(request: HttpRequest, person: Person, key: int) -> str:
    """End what waits, with a reason."""
    hold = get_object_or_404(handled(Hold, person), pk=key)
    done = brake.cancel(hold=hold, by=person, reason=request.POST.get("reason", ""), at=clock.now())
    return f"{done} cancelled in {hold.system.name}. Access stays as it is."


def accept(_request: HttpRequest, person: Person, key: int) -> str:
    """Publish a sync that was held."""
    run = get_object_or_404(handled(SyncRun, person), pk=key)
    syncing.accept(run, by=person)
    return f"The read of {run.system.name} was accepted: what it did not show is gone."


def discard(_request: HttpRequest, person: Person, key: int) -> str:
    """End a sync that was held."""
    run = get_object_or_404(handled(SyncRun, person), pk=key)
    syncing.discard(run, by=person)
    return f"The read of {run.system.name} was discarded; the next one will tell."


def try_now(_request: HttpRequest, person: Person, key: int) -> str:
    """Have what is stuck carried out at once."""
    act = get_object_or_404(handled(Remediation, person), pk=key)
    handling.try_now(remediation=act, by=person, at=clock.now())
    return f"{act.system.name} is told within seconds. If it does not do it, it stands here again."


def attest(request: HttpRequest, person: Person, key: int) -> str:
    """Keep that it was done by hand."""
    act = get_object_or_404(handled(Remediation, person), pk=key)
    handling.attest(remediation=act, by=person, reason=request.POST.get("reason", ""), at=clock.now())
    return "Kept as done by hand, said by you. The next complete read shows whether it is so."


def give_up(request: HttpRequest, person: Person, key: int) -> str:
    """End what is stuck, with a reason."""
    act = get_object_or_404(handled(Remediation, person), pk=key)
    handling.cancel(remediation=act, by=person, reason=request.POST.get("reason", ""), at=clock.now())
    return "Given up. Nothing changes in the system; what is undecided is asked about again."


def choose(request: HttpRequest, person: Person, key: int) -> str:
    """Ask somebody whom governance chooses."""
    review = get_object_or_404(access.visible(Review.objects.all(), to=person), pk=key)
    somebody = Person.objects.called(request.POST.get("person", ""))
    why = request.POST.get("reason", "")
    asked_now = handling.choose(review=review, person=somebody, by=person, reason=why, at=clock.now())
    return f"{asked_now.person.name} is asked about {review} within a minute, and told that you chose them."


def whole_number(given: str) -> int:
    """How many to release; raise Invalid for anything that is not 1 or more."""
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and int(given)):  # noqa: PLR2004  (an integer column's digits)
        raise Invalid("How many? A whole number of 1 or more; nothing was released.")
    return int(given)


CARRY_OUT = ("reviews.tasks.carry_out",)
VIEWS: dict[str, Any] = {
    name: forms.view(name, verb, wakes=wakes)
    for name, verb, wakes in (
        ("release", release, CARRY_OUT),
        ("cancel", cancel, ()),
        ("accept", accept, ()),
        ("discard", discard, ()),
        ("try", try_now, CARRY_OUT),
        ("attest", attest, ()),
        ("give-up", give_up, ("reviews.tasks.open_reviews",)),
        ("choose", choose, ("reviews.tasks.ask_people",)),
    )
}
