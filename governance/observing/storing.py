"""Events into their partitions: COPY into a table of the transaction, then INSERT by key and in its order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from governance.models import Source, UsageIntake
from governance.observing.judging import Cover, Event
from governance.observing.naming import Names

TYPES = ["int8", "timestamptz", "text", "text", "text", "int8", "text", "text", "text", "text", "text", "text", "text"]

STAGE = """
CREATE TEMPORARY TABLE usage_batch (
    line bigint, at timestamptz, event_id text, native_account text, given_account text, agent_id bigint, action text,
    resource text, given_action text, given_resource text, run text, on_behalf_of text, outcome text
) ON COMMIT DROP
"""
COPY = "COPY usage_batch FROM STDIN (FORMAT BINARY)"
UNSTAGE = "DROP TABLE usage_batch"

KEEP = """
INSERT INTO governance_usageevent
    (at, source_id, event_id, system_id, native_account, agent_id, action, resource, run, on_behalf_of, outcome,
     intake_id)
SELECT DISTINCT ON (at, event_id)
    at, %(source)s, event_id, %(system)s, native_account, agent_id, action, resource, run, on_behalf_of, outcome,
    %(intake)s
FROM usage_batch ORDER BY at, event_id, line
ON CONFLICT (at, source_id, event_id) DO NOTHING
"""

# Looked up one by one (LIMIT 1 keeps it so): a join would read every partition. An event that was stored before its
# account was known, or its tool mapped, is the same event.
DIFFERENT = """
SELECT batch.line FROM usage_batch AS batch CROSS JOIN LATERAL (
    SELECT * FROM governance_usageevent AS event
    WHERE event.at = batch.at AND event.source_id = %s AND event.event_id = batch.event_id LIMIT 1
) AS kept
WHERE kept.native_account NOT IN (batch.native_account, batch.given_account)
   OR (kept.action, kept.resource) NOT IN ((batch.action, batch.resource), (batch.given_action, batch.given_resource))
   OR (kept.agent_id, kept.run, kept.on_behalf_of, kept.outcome)
      IS DISTINCT FROM (batch.agent_id, batch.run, batch.on_behalf_of, batch.outcome)
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """What all batches of one delivery have in common."""

    source: Source
    cover: Cover
    received_at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one batch; `different` are the numbers of the lines whose key is taken by other content."""

    kept: int
    already_there: int
    different: frozenset[int]


def store(events: Sequence[Event], *, frame: Frame, names: Names, refused: int = 0) -> Stored:
    """
    Store one batch as one intake, in one transaction.

    `refused` counts the lines of the batch that were refused before. Every agent is known to `names`; an account may be
    unknown: its event is kept under the file's own word for it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        intake = UsageIntake.objects.create(
            source=frame.source,
            starts_at=frame.cover.starts_at,
            ends_at=frame.cover.ends_at,
            received_at=frame.received_at,
            digest=frame.digest,
        )
        cursor.execute(STAGE)
        with cursor.copy(COPY) as copy:
            copy.set_types(TYPES)
            for event in events:
                copy.write_row(as_row(event, names))
        cursor.execute(KEEP, {"source": frame.source.pk, "system": frame.source.system_id, "intake": intake.pk})
        kept = cursor.rowcount
        different = find_different(frame.source) if kept < len(events) else frozenset()
        cursor.execute(UNSTAGE)
        intake.rows, intake.kept, intake.refused = len(events) + refused, kept, refused + len(different)
        intake.unmatched = sum(not names.known(e.account) for e in events if e.line.number not in different)
        close(intake)
    return Stored(kept, len(events) - kept - len(different), different)


def as_row(event: Event, names: Names) -> tuple[object, ...]:
    """Shape an event as the staging table wants it."""
    return (
        event.line.number,
        event.at,
        event.event_id,
        names.account(event.account) or event.account if event.account else "",
        event.account,
        names.agent(event.agent) if event.agent else None,
        event.action,
        event.resource,
        event.tool or event.action,
        "" if event.tool else event.resource,
        event.run,
        event.on_behalf_of,
        event.outcome,
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
