"""
The brake: how much may happen by itself.

At most max(floor, share) of a system's grants an hour are suspended by policy; what is more is held for a person. The
count and the decision are made under a lock of the system's row, so that any number of workers together never pass the
limit.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from governance import access, findings, ledger
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import Agent, Finding, Grant, Intended, Parameters, Person, System
from governance.models.agent import Lifecycle
from reviews.models import Hold, Remediation
from reviews.models.remediation import State


def limit(system: System, parameters: Parameters) -> int:
    """How many automatic acts one period may bring."""
    held = Grant.objects.of_system(system.pk).open().count()
    return max(parameters.brake_floor, held * parameters.brake_percent // 100)


def admit(*, system: System, parameters: Parameters, at: datetime) -> Hold | None:
    """
    None: the act may go ahead.

    Otherwise the hold that it waits in. The caller's transaction keeps the lock until its act is stored.
    """
    System.objects.select_for_update(no_key=True).get(pk=system.pk)
    hold = Hold.objects.filter(system=system, closed_at=None).first()
    since = at - timedelta(seconds=parameters.brake_seconds)
    let_through = Remediation.objects.filter(
        system=system, automatic=True, hold=None, released_at__gt=since, released_by_person=False
    )
    if hold is None and let_through.count() < limit(system, parameters):
        return None
    return hold or open_hold(system=system, parameters=parameters, at=at)


def open_hold(*, system: System, parameters: Parameters, at: datetime) -> Hold:
    """Stop, and call for a person."""
    allowed = limit(system, parameters)
    within = f"within {parameters.brake_seconds} seconds"
    why = f"More than {allowed} grants of {system.name} would have been suspended by policy {within}."
    hold = Hold.objects.create(system=system, why=why, opened_at=at)
    ledger.record(
        act=ledger.Act.HOLD_OPENED, actor=ledger.Actor.step("brake"), subjects=[system, hold], body={"limit": allowed}
    )
    return hold


def release(*, hold: Hold, count: int, by: Person, at: datetime) -> int:
    """Let the oldest `count` waiting acts through; return how many there were. The hold closes when none is left."""
    may_release(hold, by)
    if count < 1:
        raise Invalid("Release at least one.")
    with transaction.atomic():
        locked = lock(hold)
        waiting = list(
            Remediation.objects.filter(hold=locked, state=State.PLANNED).order_by("pk").values_list("pk", flat=True)
        )
        chosen = waiting[:count]
        Remediation.objects.filter(pk__in=chosen).update(
            hold=None, released_at=at, released_by_person=True, next_at=Now()
        )
        locked.released_by, locked.released_count = by, F("released_count") + len(chosen)
        locked.closed_at = at if len(chosen) == len(waiting) else None
        locked.save()
        ledger.record(
            act=ledger.Act.HOLD_RELEASED,
            actor=ledger.Actor.person(by),
            subjects=[locked.system, locked],
            body={"released": [str(pk) for pk in chosen], "left": len(waiting) - len(chosen)},
        )
    return len(chosen)


def cancel(*, hold: Hold, by: Person, reason: str, at: datetime) -> int:
    """End every waiting act, with a reason; return how many. Their grants are undecided, and asked about again."""
    may_release(hold, by)
    if not reason.strip():
        raise Invalid("Say why these suspensions are cancelled: the reason goes into the evidence.")
    with transaction.atomic():
        locked = lock(hold)
        waiting = list(Remediation.objects.filter(hold=locked, state=State.PLANNED))
        for remediation in waiting:
            remediation.move(State.CANCELLED, trouble=f"Cancelled by {by.name}.")
        undecide(waiting, at=at, actor=ledger.Actor.person(by))
        Hold.objects.filter(pk=locked.pk).update(closed_at=at)
        ledger.record(
            act=ledger.Act.HOLD_CANCELLED,
            actor=ledger.Actor.person(by),
            subjects=[locked.system, locked],
            body={"cancelled": [str(each.pk) for each in waiting]},
            commit={"reason": reason},
        )
    return len(waiting)


def undecide(waiting: list[Remediation], *, at: datetime, actor: ledger.Actor) -> None:
    """Nothing was done: grants are undecided, agents are active, and what is suspected of either is open again."""
    grants = [each.grant_id for each in waiting if each.grant_id]
    Grant.objects.filter(pk__in=grants).update(intended=Intended.UNDECIDED)
    items = [each.decision.item_id for each in waiting if each.account_id and each.decision]
    agents = Agent.objects.filter(own_items__in=items, lifecycle=Lifecycle.SUSPENDED)
    agents.update(lifecycle=Lifecycle.ACTIVE)
    suspected = Finding.objects.filter(Q(grant__in=grants) | Q(items__in=items)).distinct()
    open_again = Finding.objects.filter(pk__in=suspected.values("pk"))
    findings.reopen(open_again, at=at, actor=actor, why="the suspension was cancelled")


def lock(hold: Hold) -> Hold:
    """The hold, locked with its system; raise Conflict where it is closed already."""
    System.objects.select_for_update(no_key=True).get(pk=hold.system_id)
    locked = Hold.objects.select_related("system").get(pk=hold.pk)
    if locked.closed_at is not None:
        raise Conflict("This hold is closed already.")
    return locked


def may_release(hold: Hold, by: Person) -> None:
    """Only who governs the system's unit, or owns the system."""
    owns = hold.system.owner_id == by.pk and access.present(by)
    if not (owns or access.may_govern(by, hold.system.unit)):
        raise NotAllowed(f"Only {hold.system.owner.name} or who governs {hold.system.unit.name} can do this.")
