"""
Read a system page by page.

A page's rows and the cursor after it are committed together: whoever comes after a killed worker goes on there.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from connectors.advising import Adviser
from connectors.base import Page, Reader, Record
from connectors.errors import AuthFailed, Incomplete, SchemaDrift
from governance import connecting
from governance.errors import Conflict
from governance.models import SyncRun, System
from governance.models.claiming import LEASE
from governance.syncing import credentials
from governance.syncing.staging import STREAMS, stage

PAGE_ROWS = 1000
FRESH = timedelta(days=1)  # a reading that began earlier, or elsewhere, is thrown away: it would mix two worlds
ELSEWHERE = "The system's configuration was changed after this read began."
State = SyncRun.State


def in_hand(system: System, at: datetime) -> SyncRun | None:
    """Return the run to go on with: one that waits for a person, or a fresh one that was broken off."""
    run = SyncRun.objects.filter(system=system, state__in=[State.READING, State.HELD]).first()
    if run is None:
        return None
    if run.config != system.config:
        trouble = ELSEWHERE
    elif run.state == State.READING and run.started_at <= at - FRESH:
        trouble = "It was broken off more than a day ago."
    else:
        return run
    end(run, State.FAILED, at, trouble=trouble)
    return None


def introduce(run: SyncRun, system: System, connector: Reader) -> None:
    """
    Try the credential, also where a run that was broken off goes on, and keep what it may do.

    Raises AuthFailed where it may not even read, Incomplete where what it reads may be old, or is not one read.
    """
    check = connector.check()
    if check.lagging:
        raise Incomplete("this server is a copy, and what it shows may be old: connect the one that takes the changes")
    if not check.ok:
        raise AuthFailed("the connector may not read this system")
    if run.connector_version and (run.identity, run.connector_version) != (check.identity, connector.spec.version):
        raise Incomplete("the read was broken off, and goes on as somebody else or with another connector")
    with transaction.atomic():
        connecting.learn(system, check)
        run.identity, run.connector_version = check.identity, connector.spec.version
        run.save(update_fields=["identity", "connector_version"])


def read_all(run: SyncRun, system: System, connector: Reader) -> None:
    """Read every stream to its end. Raises Incomplete where the system says that it did not show everything."""
    for stream in (*STREAMS, *([credentials.STREAM] if credentials.listed(system) else [])):
        while not progress(run, stream)["complete"]:
            cursor = progress(run, stream)["cursor"]
            page = connector.read(stream, cursor, PAGE_ROWS)
            if not page.complete:
                raise Incomplete(f"the system did not show all of its {stream}")
            if page.next is not None and page.next == cursor:
                raise SchemaDrift(f"the cursor of {stream} does not move on")
            keep(run, system, stream, page, connector if isinstance(connector, Adviser) else None)


def lock(run: SyncRun) -> None:
    """Let nobody else end this run meanwhile. Raises Conflict where somebody has, or the system is elsewhere by now."""
    require_same_place(run)
    if not SyncRun.objects.select_for_update().filter(pk=run.pk, state=run.state).exists():
        raise Conflict("This sync has been ended meanwhile; read it again.")


def require_same_place(run: SyncRun) -> None:
    """Raise Conflict where the system's configuration is not the one that this run was read by."""
    if not System.objects.filter(pk=run.system_id, config=run.config).exists():
        raise Conflict(f"{ELSEWHERE} The next read tells.")


def progress(run: SyncRun, stream: str) -> dict[str, Any]:
    """Return how far a stream has been read."""
    nothing: dict[str, Any] = {"cursor": None, "pages": 0, "rows": 0, "complete": False, "left_out": {}}
    return {**nothing, **run.streams.get(stream, {})}


def keep(run: SyncRun, system: System, stream: str, page: Page[Record], adviser: Adviser | None = None) -> None:
    """Commit a page and the cursor after it, and hold the lease on. Raises Conflict where another worker went on."""
    before = progress(run, stream)
    with transaction.atomic():
        hold_on(system)
        stored = SyncRun.objects.select_for_update().get(pk=run.pk)
        if stored.state != State.READING or progress(stored, stream) != before:
            raise Conflict("Another worker reads this system.")
        stage(run, stream, page.items, adviser)
        run.streams = {**stored.streams, stream: further(before, page)}
        run.save(update_fields=["streams"])


def further(before: dict[str, Any], page: Page[Record]) -> dict[str, Any]:
    """Add a page to what was read of a stream."""
    return {
        "cursor": page.next,
        "pages": before["pages"] + 1,
        "rows": before["rows"] + len(page.items),
        "complete": page.next is None,
        "left_out": dict(Counter(before["left_out"]) + Counter(page.left_out)),
    }


def hold_on(system: System) -> None:
    """Lease the system for longer. Raises Conflict where somebody else has claimed it since."""
    if not System.objects.filter(pk=system.pk, fence=system.fence).update(leased_until=Now() + LEASE):
        raise Conflict("Another worker has claimed this system.")


def end(run: SyncRun, state: State, at: datetime, **changes: Any) -> None:
    """Close a run that is in hand and delete what it staged. Raises Conflict where it was closed meanwhile."""
    with transaction.atomic():
        mine = SyncRun.objects.filter(pk=run.pk, state=run.state)
        if not mine.update(state=state, ended_at=at, **changes):
            raise Conflict("This sync has been ended meanwhile; read it again.")
        run.staged.all().delete()
    run.refresh_from_db()
