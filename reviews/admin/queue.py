"""
Governance's queue: what needs a person now. Nobody eligible, stuck, held by the brake, a sync held for shrinkage.

Every button is a form that calls one verb; the verb checks who may.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from governance import access, clock, syncing
from governance.admin.page import viewer
from governance.admin.site import site
from governance.errors import Refusal
from governance.models import Person, SyncRun
from reviews import brake
from reviews.models import Ask, Hold, Remediation, Review
from reviews.models.remediation import State


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The page."""
    person = viewer(request)
    waiting: dict[str, Any] = {
        "unassigned": access.visible(Review.objects.unassigned(), to=person).order_by("due_at"),
        "stuck": access.visible(Remediation.objects.filter(state=State.STUCK), to=person)
        .order_by("pk")
        .select_related("system", "grant__entitlement", "grant__account", "account"),
        "held": access.visible(Hold.objects.filter(closed_at=None), to=person).order_by("pk").select_related("system"),
        "syncs": access.visible(SyncRun.objects.filter(state=SyncRun.State.HELD), to=person)
        .order_by("pk")
        .select_related("system"),
        "unreached": Ask.objects.filter(
            state=Ask.State.FAILED, reviews__in=access.visible(Review.objects.open(), to=person)
        )
        .distinct()
        .select_related("person"),
        "overdue": access.visible(Review.objects.open(), to=person).order_by("due_at")[:10],
    }
    counts = {hold.pk: Remediation.objects.filter(hold=hold, state=State.PLANNED).count() for hold in waiting["held"]}
    needed = sum(len(waiting[name]) for name in ("unassigned", "stuck", "held", "syncs", "unreached"))
    context = {**site.each_context(request), "title": "Governance queue", **waiting, "counts": counts, "needed": needed}
    return TemplateResponse(request, "admin/queue.html", context)


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
    return f"{done} released in {hold.system.name}."


@verb
def cancel(request: HttpRequest, person: Person, key: int) -> str:
    """End what waits, with a reason."""
    hold = get_object_or_404(access.visible(Hold.objects.all(), to=person), pk=key)
    done = brake.cancel(hold=hold, by=person, reason=request.POST.get("reason", ""), at=clock.now())
    return f"{done} suspensions cancelled in {hold.system.name}."


@verb
def accept(_request: HttpRequest, person: Person, key: int) -> str:
    """Publish a sync that was held."""
    run = get_object_or_404(access.visible(SyncRun.objects.all(), to=person), pk=key)
    syncing.accept(run, by=person)
    return f"The read of {run.system.name} was accepted."


@verb
def discard(_request: HttpRequest, person: Person, key: int) -> str:
    """End a sync that was held."""
    run = get_object_or_404(access.visible(SyncRun.objects.all(), to=person), pk=key)
    syncing.discard(run, by=person)
    return f"The read of {run.system.name} was discarded; the next one will tell."


def whole_number(given: str) -> int:
    """How many to release."""
    if not given.isdecimal() or not int(given):
        raise BadRequest("How many? A whole number of 1 or more.")
    return int(given)


VIEWS: dict[str, Any] = {"release": release, "cancel": cancel, "accept": accept, "discard": discard}
