"""
The brake: how much may happen by itself.

At most max(floor, share) of a system's grants an hour are suspended by policy; what is more is held for a person, and
so is what nobody was ever asked. The count and the decision are made under a lock of the system's row, so that any
number of workers together never pass the limit.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, Sum
from django.db.models.functions import Now

from governance import access, clock, findings, ledger, registering
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import (
    Account,
    Agent,
    Credential,
    Finding,
    Grant,
    Intended,
    Parameters,
    Person,
    Policy,
    System,
)
from governance.models.agent import Lifecycle
from governance.sole import sole
from reviews.models import Ask, Hold, Item, Remediation, Review
from reviews.models.remediation import State, Target

NEVER_PUT = "A question about it could not be put to anybody, so nobody was silent."


def limit(system: System, parameters: Parameters) -> int:
    """How many grants policy may suspend in one period."""
    held = Grant.objects.of_system(system.pk).open().count()
    return max(parameters.brake_floor, held * parameters.brake_percent // 100)


def weight_of(target: Target) -> int:
    """
    How many holdings end with a target, at least 1.

    An account takes with it what it holds, itself and by its roles, and so does a credential of it: nobody knows that
    another one is at hand. A grant of everyone, of a role or of a group takes
    away from each member, and a membership takes what it confers: memberships of members count, however deep.
    """
    if isinstance(target, Account):
        return holdings(target)
    if isinstance(target, Credential):
        return holdings(target.account)
    conferred = target.entitlement.confers
    return holders(target.account) * (holdings(conferred) if conferred else 1)


def holdings(account: Account) -> int:
    """How many grants an account lives by, at least 1."""
    return max(1, Grant.objects.open().filter(account__in=closure(account, "account", "entitlement__confers")).count())


def holders(account: Account) -> int:
    """How many accounts hold what this one does: it alone, a role or a group with its members, or all of a system."""
    match account.kind:
        case Account.Kind.EVERYONE:
            return account.system.accounts.count()
        case Account.Kind.ROLE | Account.Kind.GROUP:
            return len(closure(account, "entitlement__confers", "account"))
        case _:
            return 1


def closure(account: Account, end: str, other: str) -> set[int]:
    """The account and whatever memberships lead to, from one end to the other, over and over."""
    reached, edge = {account.pk}, {account.pk}
    while edge:
        next_to = Grant.objects.held().filter(entitlement__confers__isnull=False, **{f"{end}__in": edge})
        edge = set(next_to.values_list(other, flat=True)) - reached
        reached |= edge
    return reached


def admit(*, item: Item, policy: Policy, system: System, weight: int, at: datetime) -> Hold | None:
    """
    None: policy may act at once on what nobody answered for.

    Otherwise the hold that the act waits in. The caller's transaction keeps the lock until its act is stored.
    """
    System.objects.select_for_update(no_key=True).get(pk=system.pk)
    if not Review.objects.put().filter(pk=item.review_id).exists():
        return hold_for(NEVER_PUT, system=system, parameters=policy.parameters, over=False, at=at)
    stop = too_much(parameters=policy.parameters, system=system, weight=weight, at=at)
    return None if stop is None else hold_for(stop, system=system, parameters=policy.parameters, over=True, at=at)


def too_much(*, parameters: Parameters, system: System, weight: int, at: datetime) -> str | None:
    """Why no more is let through; None where nothing is in the way."""
    closed = sole(Hold.objects.filter(system=system, closed_at=None, over_limit=True))
    if closed is not None:
        return closed.why
    since = at - timedelta(seconds=parameters.brake_seconds)
    let_through = Remediation.objects.filter(
        system=system, automatic=True, hold=None, released_at__gt=since, released_by_person=False
    )
    allowed = limit(system, parameters)
    if (let_through.aggregate(sum=Sum("weight"))["sum"] or 0) + weight <= allowed:
        return None
    within = clock.lasting(timedelta(seconds=parameters.brake_seconds))
    return f"More than {allowed} grants of {system.name} would have been suspended by policy within {within}."


def hold_for(why: str, *, system: System, parameters: Parameters, over: bool, at: datetime) -> Hold:
    """The system's open hold, which says every reason that it has; else a new one, which calls for a person."""
    hold = sole(Hold.objects.filter(system=system, closed_at=None))
    if hold is None:
        hold = Hold.objects.create(system=system, why=why, over_limit=over, opened_at=at)
    elif why not in hold.why:
        hold.why, hold.over_limit = f"{hold.why} {why}", hold.over_limit or over
        hold.save(update_fields=["why", "over_limit"])
    else:
        return hold
    ledger.record(
        act=ledger.Act.HOLD_OPENED,
        actor=ledger.Actor.step("brake"),
        subjects=[system, hold],
        body={"limit": limit(system, parameters)},
        commit={"why": why},
    )
    return hold


def close_with_last(hold: Hold, *, taken_back: Remediation, by: Person, at: datetime) -> None:
    """Somebody took back what waited in a hold: it closes when nothing is left in it."""
    System.objects.select_for_update(no_key=True).get(pk=hold.system_id)
    if Remediation.objects.filter(hold=hold, state=State.PLANNED).exists():
        return
    if not Hold.objects.filter(pk=hold.pk, closed_at=None).update(closed_at=at):
        return
    ledger.record(
        act=ledger.Act.HOLD_CANCELLED,
        actor=ledger.Actor.person(by),
        subjects=[hold.system, hold],
        body={"cancelled": [str(taken_back.pk)]},
    )


def release(*, hold: Hold, count: int, by: Person, at: datetime) -> int:
    """Let the oldest `count` waiting acts through; return how many there were. The hold closes when none is left."""
    may_handle(hold.system, by)
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
        Ask.objects.outdate(*(each.review for each in Remediation.objects.filter(pk__in=chosen)))
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
    may_handle(hold.system, by)
    if not reason.strip():
        raise Invalid("Say why these suspensions are cancelled: the reason goes into the evidence.")
    with transaction.atomic():
        locked = lock(hold)
        acts = Remediation.objects.filter(hold=locked, state=State.PLANNED)
        waiting = list(acts.select_related("grant", "credential", "account").order_by("pk"))
        for remediation in waiting:
            remediation.move(State.CANCELLED, trouble=f"Cancelled by {by.name}.")
        ledger.record_many(
            ledger.Fact(
                act=ledger.Act.REMEDIATION_CANCELLED,
                actor=ledger.Actor.person(by),
                subjects=[each, each.target],
                body={"because": "the hold was cancelled"},
            )
            for each in waiting
        )
        undecide(waiting, at=at, actor=ledger.Actor.person(by), why="the suspension was cancelled")
        Ask.objects.outdate(*(each.review for each in waiting))
        Hold.objects.filter(pk=locked.pk).update(closed_at=at)
        ledger.record(
            act=ledger.Act.HOLD_CANCELLED,
            actor=ledger.Actor.person(by),
            subjects=[locked.system, locked],
            body={"cancelled": [str(each.pk) for each in waiting]},
            commit={"reason": reason},
        )
    return len(waiting)


def undecide(waiting: list[Remediation], *, at: datetime, actor: ledger.Actor, why: str) -> None:
    """Nothing was done: what they aim at is undecided, agents are active, and what is suspected of it is open again."""
    grants = [each.grant_id for each in waiting if each.grant_id]
    credentials = [each.credential_id for each in waiting if each.credential_id]
    Grant.objects.filter(pk__in=grants).update(intended=Intended.UNDECIDED)
    Grant.objects.filter(pk__in=grants).doubt()
    Credential.objects.filter(pk__in=credentials).update(intended=Intended.UNDECIDED)
    items = [each.decision.item_id for each in waiting if each.account_id and each.decision]
    for agent in Agent.objects.filter(own_items__in=items).distinct():
        registering.set_lifecycle(agent, Lifecycle.ACTIVE, at=at, actor=actor)
    about = Q(grant__in=grants) | Q(credential__in=credentials) | Q(items__in=items)
    suspected = Finding.objects.filter(about).distinct()
    open_again = Finding.objects.filter(pk__in=suspected.values("pk"))
    findings.reopen(open_again, at=at, actor=actor, why=why)


def lock(hold: Hold) -> Hold:
    """The hold, locked with its system; raise Conflict where it is closed already."""
    System.objects.select_for_update(no_key=True).get(pk=hold.system_id)
    locked = Hold.objects.select_related("system").get(pk=hold.pk)
    if locked.closed_at is not None:
        raise Conflict("This hold is closed already.")
    return locked


def may_handle(system: System, by: Person) -> None:
    """Only who governs the system's unit, or owns the system; raise NotAllowed, naming them."""
    owns = system.owner_id == by.pk and access.present(by)
    if not (owns or access.may_govern(by, system.unit)):
        raise NotAllowed(f"Only {system.owner.name} or who governs {system.unit.name} can do this.")
