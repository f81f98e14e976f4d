"""Say what a sync changed: entries in the ledger, findings, and due dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance import due, findings, ledger
from governance.findings import Suspicion, in_batches
from governance.ledger import Act, Actor, Fact, Subject
from governance.models import Band, Claim, Credential, Finding, Grant, Intended, SyncRun
from governance.syncing import moving
from governance.syncing.inventory import Redefined
from governance.syncing.moving import Begun, Moved

ACTOR = Actor.step("syncing")
UNASKED = [Finding.State.OPEN, Finding.State.ANSWERED]


@dataclass(frozen=True, slots=True)
class Change:
    """One fact about a grant that is no longer what it was."""

    grant: int
    unit: int
    risk: int
    asks: bool
    what: str
    before: str
    after: str


def tell_ended(run: SyncRun, at: datetime) -> int:
    """Tell of periods that ended, and clear what was suspected of them; return how many."""
    count = 0
    for batch in in_batches(moving.ended()):
        record(run, Act.GRANT_CLOSED, {key: {"because": why} for key, why in batch})
        for because in sorted({why for _, why in batch}):
            mine = Finding.objects.filter(grant__in=[key for key, why in batch if why == because])
            findings.clear(mine, at=at, actor=ACTOR, why=because)
        count += len(batch)
    return count


def tell_begun(run: SyncRun, at: datetime, *, first: bool) -> dict[str, int]:
    """Tell of periods that began; after a system's first sync, suspect each that allows something."""
    counts = {"appeared": 0, "returned": 0}
    for batch in in_batches(moving.begun()):
        new = [each for each in batch if each.returns_to is None]
        back = [each for each in batch if each.returns_to is not None]
        record(run, Act.GRANT_APPEARED, {each.grant: told_of(each) for each in new})
        record(run, Act.GRANT_RETURNED, {each.grant: told_of(each) for each in back})
        suspect("appeared", [] if first else [suspicion_of(each, at) for each in new if each.allows], at)
        suspect("returned", [suspicion_of(each, at) for each in back if each.allows], at)
        counts["appeared"] += len(new)
        counts["returned"] += len(back)
    return counts


def told_of(begun: Begun) -> dict[str, Any]:
    """Return what the ledger keeps of a new period."""
    told = {
        "account": str(begun.account),
        "origin": begun.origin,
        "instance": begun.instance,
        "held_since": ledger.stamp(begun.held_since),
        "basis": begun.basis,
        "risk": begun.risk,
    }
    if begun.lease_ends_at:
        told["lease_ends_at"] = ledger.stamp(begun.lease_ends_at)
    if begun.returns_to:
        told["returns_to"] = str(begun.returns_to)
    return told


def suspicion_of(begun: Begun, at: datetime) -> Suspicion:
    """Say why a new period is suspicious."""
    facts = {"seen_at": ledger.stamp(at), "origin": begun.origin}
    if begun.gone_since:
        facts["closed_at"] = ledger.stamp(begun.gone_since)
    return Suspicion(begun.grant, begun.unit, Band.of(begun.risk), facts)


def tell_again(run: SyncRun, moved: Iterable[Moved], at: datetime) -> int:
    """Tell of suspended grants that somebody gave back outside; return how many."""
    again = [each for each in moved if each.again]
    record(run, Act.GRANT_RETURNED, {each.grant: {"because": "given back outside"} for each in again})
    suspect("returned", [suspicion_again(each, at) for each in again], at)
    return len(again)


def suspicion_again(moved: Moved, at: datetime) -> Suspicion:
    """Say why a suspended grant that is there again is suspicious."""
    facts = {"seen_at": ledger.stamp(at)}
    if moved.was_seen_at:
        facts["closed_at"] = ledger.stamp(moved.was_seen_at)
    return Suspicion(moved.grant, moved.unit, Band.of(moved.risk), facts)


def tell_changed(run: SyncRun, moved: Iterable[Moved], redefined: list[Redefined], at: datetime) -> int:
    """Tell of grants that allow something else, or can newly be passed on; return how many. What waits is told anew."""
    changes: dict[int, list[Change]] = {}
    for each in [*by_themselves(moved), *by_definition(run, redefined, at)]:
        changes.setdefault(each.grant, []).append(each)
    record(run, Act.GRANT_CHANGED, {key: told_difference(each) for key, each in changes.items()})
    asked = [each for each in changes.values() if each[0].asks]
    older = Finding.objects.filter(grant__in=[each[0].grant for each in asked], check_name="changed")
    findings.clear(older.filter(state__in=UNASKED), at=at, actor=ACTOR, why="it has changed again")
    suspect("changed", [suspicion_of_change(each, at) for each in asked], at)
    return len(changes)


def by_themselves(moved: Iterable[Moved]) -> Iterable[Change]:
    """Yield the effects and conditions that changed, and the right to pass it on where that came."""
    for each in moved:
        asks = each.effect == Grant.Effect.ALLOW and each.intended != Intended.GONE
        pairs = {"effect": (each.was_effect, each.effect), "condition": (each.was_condition, each.condition)}
        for what, (before, after) in pairs.items():
            if before != after:
                yield Change(each.grant, each.unit, each.risk, asks, what, before, after)
        if each.grantable and not each.was_grantable:  # that it went is nothing to ask about
            yield Change(each.grant, each.unit, each.risk, asks, "the right to pass it on", "no", "yes")


def by_definition(run: SyncRun, redefined: list[Redefined], at: datetime) -> Iterable[Change]:
    """Yield the open grants of entitlements that no longer do the same."""
    digests = {each.entitlement: each for each in redefined}
    held = Grant.objects.of_system(run.system_id).held().filter(entitlement__in=digests, opened_at__lt=at)
    for grant in held.exclude(intended=Intended.GONE).iterator(chunk_size=moving.ROWS):
        known = digests[grant.entitlement_id]
        yield Change(grant.pk, grant.unit_id, grant.risk, True, "definition", known.before, known.after)


def difference(changes: Iterable[Change]) -> dict[str, Any]:
    """Say what changed, from what, to what."""
    return {
        "changed": [each.what for each in changes],
        "before": {each.what: each.before for each in changes},
        "after": {each.what: each.after for each in changes},
    }


def told_difference(changes: list[Change]) -> dict[str, Any]:
    """Return what the ledger keeps of it: a condition is the system's free text, and stays with the finding."""
    said = difference([each for each in changes if each.what != "condition"])
    return said | {"changed": [each.what for each in changes]}


def suspicion_of_change(changes: list[Change], at: datetime) -> Suspicion:
    """Say why a changed grant is suspicious."""
    one = changes[0]
    return Suspicion(one.grant, one.unit, Band.of(one.risk), {"seen_at": ledger.stamp(at), **difference(changes)})


def tell_enabled(run: SyncRun, credentials: list[int], at: datetime) -> None:
    """Suspect what was shut as somebody decided and can be used again: nobody here opened it. Clear what is over."""
    shut = Finding.objects.filter(check_name="enabled_again", credential__active=False)
    here = shut.filter(credential__account__system=run.system_id)
    findings.clear(here, at=at, actor=ACTOR, why="it is disabled again")
    opened = Credential.objects.filter(pk__in=credentials).select_related("account__system").order_by("pk")
    facts = {"seen_at": ledger.stamp(at)}
    suspicions = [Suspicion(each.pk, each.account.system.unit_id, Band.HIGH, facts) for each in opened]
    findings.raise_many(suspicions, check_name="enabled_again", kind="credential", at=at, actor=ACTOR)


def suspect(check_name: str, suspicions: list[Suspicion], at: datetime) -> None:
    """Raise what only syncing can see."""
    findings.raise_for_grants(check_name, suspicions, at=at, actor=ACTOR)


def record(run: SyncRun, act: Act, told: Mapping[int, Mapping[str, Any]]) -> None:
    """Enter one act about many grants."""
    read = Subject.of(run)
    for batch in in_batches(told.items()):
        ledger.record_many(
            Fact(act=act, actor=ACTOR, subjects=[Subject("grant", str(key)), read], body=body) for key, body in batch
        )


def pull_due(run: SyncRun, touched: Iterable[int], entitlements: Iterable[int], at: datetime) -> None:
    """
    Let checks look at what is new or changed, and at whatever else the same agents hold; what ended counts for these.

    In one statement, which locks in the order of keys: syncs of systems that share agents wait in turn. Before any
    finding moves, as everywhere.
    """
    grants = Grant.objects.of_system(run.system_id)
    new = grants.filter(opened_at=at)
    agents = Claim.objects.filter(until=None, account__in=new.values("account")).values("agent")
    theirs = Claim.objects.filter(until=None, agent__in=agents).values("account")
    others = (
        grants.filter(pk__in=list(touched)),
        grants.filter(entitlement__in=list(entitlements)),
        Grant.objects.filter(account__in=theirs),
    )
    due.pull(new.union(*others), at)
    due.mark(grants.filter(closed_at=at))
