"""Runs into their table, also those in which nothing was used: without them "0 of N runs" could not be said."""

from collections.abc import Sequence

from django.db import connection, transaction

from governance.models import Source
from governance.observing.judging import ReportedRun
from governance.observing.naming import Names
from governance.observing.storing import Stored

TYPES = ["int8", "text", "int8", "timestamptz", "timestamptz", "text"]

STAGE = """
CREATE TEMPORARY TABLE run_batch (
    line bigint, native_id text, agent_id bigint, started_at timestamptz, ended_at timestamptz, outcome text
) ON COMMIT DROP
"""
COPY = "COPY run_batch FROM STDIN (FORMAT BINARY)"
UNSTAGE = "DROP TABLE run_batch"

# A run that was reported while it went on may be completed; nothing else about it changes.
KEEP = """
INSERT INTO governance_run AS kept (source_id, native_id, agent_id, started_at, ended_at, outcome)
SELECT DISTINCT ON (native_id) %s, native_id, agent_id, started_at, ended_at, outcome
FROM run_batch ORDER BY native_id, line
ON CONFLICT (source_id, native_id) DO UPDATE SET ended_at = EXCLUDED.ended_at, outcome = EXCLUDED.outcome
WHERE kept.ended_at IS NULL AND EXCLUDED.ended_at IS NOT NULL
  AND (kept.agent_id, kept.started_at) = (EXCLUDED.agent_id, EXCLUDED.started_at)
"""
DIFFERENT = """
SELECT batch.line FROM run_batch AS batch
    JOIN governance_run AS kept ON kept.source_id = %s AND kept.native_id = batch.native_id
WHERE (kept.agent_id, kept.started_at) IS DISTINCT FROM (batch.agent_id, batch.started_at)
   OR (batch.ended_at IS NOT NULL AND (kept.ended_at, kept.outcome) IS DISTINCT FROM (batch.ended_at, batch.outcome))
"""


def store_runs(runs: Sequence[ReportedRun], *, source: Source, names: Names) -> Stored:
    """Store one batch in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy(COPY) as copy:
            copy.set_types(TYPES)
            for each in runs:
                copy.write_row(
                    (
                        each.number,
                        each.native_id,
                        names.agent(each.agent),
                        each.started_at,
                        each.ended_at,
                        each.outcome,
                    )
                )
        cursor.execute(KEEP, [source.pk])
        kept = cursor.rowcount
        cursor.execute(DIFFERENT, [source.pk])
        different = frozenset(line for (line,) in cursor.fetchall())
        cursor.execute(UNSTAGE)
    return Stored(kept, len(runs) - kept - len(different), different)
