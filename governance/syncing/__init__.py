"""
Read a system, and take over what it shows.

    reading     page by page, with checkpoints, into the staging table
    staging     what a staged record looks like
    inventory   accounts, entitlements and their actions
    credentials what accounts prove themselves with, where the connector lists it
    comparing   the read against the open grants
    moving      periods of holding end, go on, or begin
    telling     the ledger, findings, due dates
    publishing  all of that in one transaction

Only a run in which every stream was read to its end is taken over; an incomplete one marks nothing absent, and one that
has shrunk beyond the guard is held until a person accepts or discards it.
"""

from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Coalesce, Now

from connectors.base import Reader
from connectors.errors import ConnectorError
from governance import access, clock, hinting, ledger
from governance.connecting import connected
from governance.errors import Conflict, NotAllowed
from governance.ledger import Act, Actor
from governance.models import Parameters, Person, Policy, SyncRun, System
from governance.models.claiming import give_back
from governance.sweeping import sweep
from governance.syncing import reading, staging
from governance.syncing.publishing import Shrunken, publish
from governance.syncing.telling import ACTOR

State = SyncRun.State
TASK = "governance.tasks.sync_systems"


def sync_due() -> int:
    """Read every system that is due; return how many reads came to an end, good or bad."""
    return sweep(System.objects.claim_due, sync)


def sync(system: System, *, connector: Reader | None = None, at: datetime | None = None) -> SyncRun:
    """
    Read a system and take over what it shows; go on where a killed worker stopped.

    A run that waits for a person is returned as it is. What waiting cannot cure ends the run as *failed*, with its
    trouble. Raises ConnectorError where trying later may help: the run then keeps its place.
    """
    at = at or clock.now()
    parameters = Policy.objects.in_force(at).parameters
    reading.hold_on(system)
    run = reading.in_hand(system, at) or SyncRun.objects.create(system=system, started_at=at, config=system.config)
    if run.state == State.HELD:
        rest(system, parameters)
        return run
    try:
        with nullcontext(connector) if connector else connected(system) as reader:
            reading.introduce(run, system, reader)
            reading.read_all(run, system, reader)
        take_over(run, system, at, parameters)
    except ConnectorError as error:
        if error.retryable:
            raise
        fail(run, system, at, error)
        return run
    rest(system, parameters)
    return run


def ask(*, system: System, by: Person) -> None:
    """Have a system read soon; a read that goes on already goes on. Raises NotAllowed."""
    if not access.may_steer(by, system):
        raise NotAllowed(f"The owner of {system.name}, or who governs {system.unit.name}, can have it read.")
    System.objects.filter(pk=system.pk).update(next_at=Now())
    hinting.hint(TASK)


def take_over(run: SyncRun, system: System, at: datetime, parameters: Parameters) -> None:
    """Publish what was read, or hold it for a person where too much is missing."""
    try:
        with transaction.atomic():
            reading.lock(run)
            complete(run, system, at, publish(run, system, at, parameters, guarded=True))
    except Shrunken as shrunken:
        hold(run, system, shrunken)


def complete(run: SyncRun, system: System, at: datetime, counts: dict[str, int], **changes: Any) -> None:
    """Close a run that was taken over, in the same transaction."""
    digest = staging.digest_of(run)
    reading.end(run, State.COMPLETE, at, counts=counts, digest=digest, **changes)
    System.objects.filter(pk=system.pk).update(first_synced_at=Coalesce("first_synced_at", at), synced_at=at)
    system.refresh_from_db(fields=["first_synced_at", "synced_at"])
    ledger.record(
        act=Act.SYNC_COMPLETED,
        actor=ACTOR,
        subjects=[system, run],
        body={"counts": counts, "digest": digest, "read": extent(run)},
    )


def extent(run: SyncRun) -> dict[str, Any]:
    """Say how much was read of each stream, and what was left out by rule."""
    told = ("pages", "rows", "left_out")
    return {name: {key: stream[key] for key in told} for name, stream in run.streams.items()}


def hold(run: SyncRun, system: System, shrunken: Shrunken) -> None:
    """Keep what was read until a person has looked."""
    with transaction.atomic():
        digest = staging.digest_of(run)
        fallen = {what: {"missing": each.missing, "present": each.present} for what, each in shrunken.fallen.items()}
        changes = {"counts": fallen, "digest": digest, "trouble": f"Missing: {shrunken}."}
        if not SyncRun.objects.filter(pk=run.pk, state=run.state).update(state=State.HELD, **changes):
            raise Conflict("This sync has been ended meanwhile.")
        ledger.record(act=Act.SYNC_HELD, actor=ACTOR, subjects=[system, run], body={"fallen": fallen, "digest": digest})
    run.refresh_from_db()


def fail(run: SyncRun, system: System, at: datetime, error: ConnectorError) -> None:
    """End a run that waiting cannot cure; the next one begins anew, later each time."""
    reading.end(run, State.FAILED, at, trouble=f"{type(error).__name__}: {error}")
    give_back(system, error, attempts=system.attempts)


def rest(system: System, parameters: Parameters) -> None:
    """Give the lease back until the next sync is due: soon, where the configuration was changed meanwhile."""
    mine = System.objects.filter(pk=system.pk, fence=system.fence)
    mine.filter(config=system.config).update(next_at=Now() + timedelta(seconds=parameters.sync_seconds))
    mine.update(leased_until=None, attempts=0, trouble="")


def accept(run: SyncRun, by: Person, *, at: datetime | None = None) -> SyncRun:
    """
    Take a held read over, although much is missing from it.

    Raises NotAllowed, and Conflict where it is not held, or the system is reached otherwise by now.
    """
    at = at or clock.now()
    with transaction.atomic():
        held, system = held_for(run, by)
        reading.require_same_place(held)
        counts = publish(held, system, at, Policy.objects.in_force(at).parameters, guarded=False)
        complete(held, system, at, counts, accepted_by=by)
        ledger.record(act=Act.SYNC_ACCEPTED, actor=Actor.person(by), subjects=[system, held])
    return held


def discard(run: SyncRun, by: Person, *, at: datetime | None = None) -> SyncRun:
    """Throw a held read away: nothing of it is taken over. Raises as accept does."""
    at = at or clock.now()
    with transaction.atomic():
        held, system = held_for(run, by)
        reading.end(held, State.DISCARDED, at)
        ledger.record(act=Act.SYNC_DISCARDED, actor=Actor.person(by), subjects=[system, held])
    return held


def held_for(run: SyncRun, by: Person) -> tuple[SyncRun, System]:
    """Lock a held run for somebody who may decide about it: the system's owner, or who governs its unit."""
    held = SyncRun.objects.select_for_update(of=("self",)).select_related("system__unit").get(pk=run.pk)
    system = held.system
    if not access.may_steer(by, system):
        raise NotAllowed(f"The owner of {system.name}, or who governs {system.unit.name}, decides about this sync.")
    if held.state != State.HELD:
        raise Conflict("This sync is not held: somebody was faster, or it never was.")
    return held, system
