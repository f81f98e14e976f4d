"""
Events into their partitions: COPY into tables of the transaction, then INSERT by key and in its order.

Who did what is said by a few words again and again: those are copied once, beside the events.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from governance.models import Source, UsageIntake
from governance.observing.judging import INSTANT, Cover, Event, Use
from governance.observing.naming import Names

TABLES = {
    "usage_use": {
        "place": "int4",
        "native_account": "text",
        "given_account": "text",
        "agent_id": "int8",
        "action": "text",
        "resource": "text",
        "given_action": "text",
        "given_resource": "text",
    },
    "usage_batch": {
        "line": "int4",
        "at": "timestamptz",
        "event_id": "text",
        "place": "int4",
        "run": "text",
        "on_behalf_of": "text",
        "outcome": "text",
    },
}
UNSTAGE = "DROP TABLE usage_use, usage_batch"

# Of events with one key the first line is kept.
KEEP = """
INSERT INTO governance_usageevent
    (at, source_id, event_id, system_id, native_account, agent_id, action, resource, run, on_behalf_of, outcome,
     intake_id)
SELECT batch.at, %(source)s, batch.event_id, %(system)s, used.native_account, used.agent_id, used.action, used.resource,
    batch.run, batch.on_behalf_of, batch.outcome, %(intake)s
FROM usage_batch AS batch JOIN usage_use AS used USING (place)
ORDER BY batch.at, batch.event_id, batch.line
ON CONFLICT (at, source_id, event_id) DO NOTHING
"""

# Looked up one by one (LIMIT 1 keeps it so): a join would read every partition. An event that was stored before its
# account was known, or its tool mapped, is the same event.
DIFFERENT = """
SELECT batch.line FROM usage_batch AS batch JOIN usage_use AS used USING (place) CROSS JOIN LATERAL (
    SELECT * FROM governance_usageevent AS event
    WHERE event.at = batch.at AND event.source_id = %s AND event.event_id = batch.event_id LIMIT 1
) AS kept
WHERE kept.native_account NOT IN (used.native_account, used.given_account)
   OR (kept.action, kept.resource) NOT IN ((used.action, used.resource), (used.given_action, used.given_resource))
   OR (kept.agent_id, kept.run, kept.on_behalf_of, kept.outcome)
      IS DISTINCT FROM (used.agent_id, batch.run, batch.on_behalf_of, batch.outcome)
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """What all batches of one delivery have in common; without a cover of its own each spans its events alone."""

    source: Source
    cover: Cover | None
    received_at: datetime
    digest: str

    def cover_of(self, events: Sequence[Event]) -> Cover:
        """The interval in which all events of a batch lie."""
        if self.cover:
            return self.cover
        moments = [event.at for event in events]
        return Cover(min(moments), max(moments) + INSTANT)


@dataclass(frozen=True, slots=True)
class Stored:
    """
    What became of one batch; `different` are the numbers of the lines whose key is taken by other content.

    Of runs, `kept` are new or newly completed. `intake` is the key under which new events wait to be rolled up.
    """

    kept: int = 0
    already_there: int = 0
    different: frozenset[int] = frozenset()
    intake: int | None = None


def store(events: Sequence[Event], *, frame: Frame, names: Names, refused: int = 0) -> Stored:
    """
    Store one batch as one intake, in one transaction.

    `refused` counts the lines of the batch that were refused before. Every agent is known to `names`; an account may be
    unknown: its event is kept under the file's own word for it.
    """
    if not events:
        return Stored()
    cover = frame.cover_of(events)
    with transaction.atomic(), connection.cursor() as cursor:
        intake = UsageIntake.objects.create(
            source=frame.source,
            starts_at=cover.starts_at,
            ends_at=cover.ends_at,
            received_at=frame.received_at,
            digest=frame.digest,
        )
        stage(events, names)
        cursor.execute(KEEP, {"source": frame.source.pk, "system": frame.source.system_id, "intake": intake.pk})
        kept = cursor.rowcount
        different = find_different(frame.source) if kept < len(events) else frozenset()
        cursor.execute(UNSTAGE)
        intake.rows, intake.kept, intake.refused = len(events) + refused, kept, refused + len(different)
        intake.unmatched = sum(not names.known(e.use.account) for e in events if e.number not in different)
        close(intake)
    return Stored(kept, len(events) - kept - len(different), different, intake.pk)


def stage(events: Sequence[Event], names: Names) -> None:
    """Copy a batch into tables of the transaction."""
    places = {use: place for place, use in enumerate(dict.fromkeys([event.use for event in events]))}
    copy_in("usage_use", (as_row(place, use, names) for use, place in places.items()))
    copy_in(
        "usage_batch",
        ((e.number, e.at, e.event_id, places[e.use], e.run, e.on_behalf_of, e.outcome) for e in events),
    )


def copy_in(table: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Make a table of the transaction and fill it."""
    columns = TABLES[table]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({', '.join(map(' '.join, columns.items()))}) ON COMMIT DROP")
        with cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([*columns.values()])
            for row in rows:
                copy.write_row(row)


def as_row(place: int, use: Use, names: Names) -> tuple[object, ...]:
    """Shape a use as the staging table wants it."""
    return (
        place,
        names.account(use.account) or use.account if use.account else "",
        use.account,
        names.agent(use.agent) if use.agent else None,
        *use.deed,
        *use.given,
    )


def find_different(source: Source) -> frozenset[int]:
    """Name the lines of the batch whose key is taken by other content."""
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENT, [source.pk])
        return frozenset(line for (line,) in cursor.fetchall())


def close(intake: UsageIntake) -> None:
    """Note what came of an intake; one that brought nothing new leaves no trace."""
    if not intake.kept:
        intake.delete()
        return
    intake.save(update_fields=["rows", "kept", "refused", "unmatched"])
