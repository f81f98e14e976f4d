"""
Rolling up: what came in becomes daily sums and each grant's last use, source by source, once.

A source's row is the lock: two sweeps never sum the same intakes, and a killed one leaves everything as it was.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from psycopg.types.json import Jsonb

from governance import clock, due
from governance.ledger import Actor
from governance.models import Claim, Grant, Policy, Promise, Source, SyncRun, UsageDay, UsageIntake
from governance.observing import attributing
from governance.observing.covering import keep_promises
from governance.policy import rarity, use

logger = logging.getLogger(__name__)

AT_ONCE = 100  # intakes of one source in one transaction
RUN_REACH = timedelta(days=1)  # how far apart deliveries of one run may lie, to count it once
LATELY = timedelta(minutes=15)

THE_INTAKES = "event.at >= %(since)s AND event.at < %(until)s AND event.intake_id = ANY(%(intakes)s)"
UNATTRIBUTED = """ AND EXISTS (
        SELECT FROM governance_usageday AS day
        WHERE day.system_id = event.system_id AND NOT day.attributed AND day.allowed > 0
          AND day.native_account = event.native_account AND day.action = event.action AND day.resource = event.resource
          AND day.agent_id IS NOT DISTINCT FROM CASE WHEN event.native_account = '' THEN event.agent_id END
          AND day.day = (event.at AT TIME ZONE 'UTC')::date)"""
OF_INTAKES = attributing.fill(THE_INTAKES)
OF_UNATTRIBUTED_DAYS = attributing.fill(attributing.OF_SOURCE_BEFORE + UNATTRIBUTED)
EMPTY_BEFORE = (
    "CREATE TEMPORARY TABLE usage_before ON COMMIT DROP AS SELECT native_account, agent_id, action, resource, run, day "
    "FROM usage_new WHERE false"
)
DROPPED = "DROP TABLE usage_new, usage_before, usage_could, usage_attributed"


def roll_up(at: datetime | None = None) -> int:
    """Roll up every source with new intakes, then use whose grant became known lately; return the number of intakes."""
    at = at or clock.now()
    done, passed = 0, set[int]()
    while (source_id := next_source(passed)) is not None:
        try:
            done += roll_up_source(source_id, at=at, wait=False)
        except DatabaseError:
            logger.exception("use could not be rolled up", extra={"source": source_id})
        passed.add(source_id)
    attribute_late(at=at, sources=changed_lately(at))
    return done


def next_source(passed: Iterable[int]) -> int | None:
    """A source with new intakes, the one that has waited longest first; or one that only said that it listens."""
    for waiting in (UsageIntake.objects.filter(rolled_up_at=None), Promise.objects.ready()):
        found = waiting.exclude(source_id__in=passed).order_by("pk").values_list("source_id", flat=True).first()
        if found is not None:
            return found
    return None


def roll_up_source(source_id: int, *, at: datetime, wait: bool) -> int:
    """
    Roll up all that this source brought, and note what it promised; return how many intakes.

    Without `wait`, other hands go first.
    """
    done = 0
    while number := roll_up_some(source_id, at=at, wait=wait):
        done += number
    with transaction.atomic():
        if source := locked(source_id, wait=wait):
            keep_promises(source, at=at, actor=Actor.step("observing"))
    return done


def roll_up_some(source_id: int, *, at: datetime, wait: bool) -> int:
    """Roll up the next intakes of a source in one transaction."""
    with transaction.atomic():
        source = locked(source_id, wait=wait)
        if source is None:
            return 0
        waiting = UsageIntake.objects.filter(source=source, rolled_up_at=None).order_by("pk")
        intakes = list(waiting[:AT_ONCE])
        if intakes:
            add_up(source, intakes, at)
            UsageIntake.objects.filter(pk__in=[each.pk for each in intakes]).update(rolled_up_at=at)
    return len(intakes)


def locked(source_id: int, *, wait: bool) -> Source | None:
    """Take a source's row; None where somebody else has it and we don't wait."""
    return Source.objects.select_for_update(skip_locked=not wait, no_key=True).filter(pk=source_id).first()


def add_up(source: Source, intakes: list[UsageIntake], at: datetime) -> None:
    """Sum intakes into days and grants."""
    since = min(each.starts_at for each in intakes)
    until = max(each.ends_at for each in intakes)
    facts = facts_of(source)
    run(attributing.NEW)
    run(OF_INTAKES, facts | {"since": since, "until": until, "intakes": [each.pk for each in intakes]})
    look_at("usage_new")
    run(attributing.BEFORE, facts | {"since": since - RUN_REACH, "until": until + RUN_REACH})
    look_at("usage_before")
    attribute(facts)
    run(attributing.SUM_DAYS)
    finish(facts, at)


def facts_of(source: Source) -> dict[str, Any]:
    """What the statements ask about a source."""
    return {
        "source": source.pk,
        "system": source.system_id,
        "mapping": Jsonb(source.mapping),
        "by_system": source.sees_everybody,
    }


def attribute(facts: dict[str, Any]) -> None:
    """Find the grants that could have allowed what is in `usage_new`."""
    run(attributing.COULD, facts)
    look_at("usage_could")
    run(attributing.ATTRIBUTE)
    look_at("usage_attributed")


def look_at(table: str) -> None:
    """Let the planner count a temporary table: nothing else does, and it takes one for small."""
    run(f"ANALYZE {table}")


def finish(facts: dict[str, Any], at: datetime) -> None:
    """
    Write what the attributed use says about grants; some fall due by it.

    Those that are suspected, that are powerful and rarely used, and of which nothing was used lately.
    """
    run(attributing.SUM_GRANTS, facts)
    span = timedelta(seconds=Policy.parameters_at(at).over_scoped_seconds)
    with connection.cursor() as cursor:
        cursor.execute(attributing.SUM_ACTIONS, facts | {"lately": at - span})
        begun = [key for (key,) in cursor.fetchall()]
        cursor.execute(attributing.SUSPECTED, {"high": use.HIGH_RISK, "few": rarity.RUNS})
        suspected = [key for (key,) in cursor.fetchall()]
    due.pull(Grant.objects.filter(pk__in=[*begun, *suspected]), at)
    run(DROPPED)


def changed_lately(at: datetime) -> QuerySet[Source]:
    """Sources of systems that were read, or got a claim, a short while ago: use of before may have found its grant."""
    since = at - LATELY
    synced = SyncRun.objects.filter(system=OuterRef("system"), state=SyncRun.State.COMPLETE, ended_at__gte=since)
    claimed = Claim.objects.filter(account__system=OuterRef("system"), since__gte=since)
    changed = Source.objects.filter(Exists(synced))
    return changed | Source.objects.filter(Exists(claimed))


def attribute_late(*, at: datetime, sources: QuerySet[Source] | None = None) -> int:
    """
    Attribute the use that no grant was known for when it was rolled up; return for how many sources there was some.

    The sweep looks at systems that changed lately; the nightly one at all of them (`sources` left out).
    """
    everywhere = Source.objects.all() if sources is None else sources
    open_days = UsageDay.objects.filter(system=OuterRef("system"), attributed=False, allowed__gt=0)
    return sum(attribute_source(key, at) for key in everywhere.filter(Exists(open_days)).values_list("pk", flat=True))


def attribute_source(source_id: int, at: datetime) -> int:
    """Attribute late use of one source in one transaction; 0 where somebody else has it in hand."""
    with transaction.atomic():
        source = locked(source_id, wait=False)
        if source is None:
            return 0
        days = UsageDay.objects.filter(system=source.system_id, attributed=False, allowed__gt=0)
        bounds = days.values_list("day", flat=True).order_by("day")
        first, last = bounds.first(), bounds.last()
        if first is None or last is None:
            return 0
        facts = facts_of(source)
        run(attributing.NEW)
        run(OF_UNATTRIBUTED_DAYS, facts | {"since": first, "until": last + timedelta(days=1)})
        look_at("usage_new")
        run(EMPTY_BEFORE)
        attribute(facts)
        run(attributing.MARK_ATTRIBUTED, facts)
        finish(facts, at)
    return 1


def run(statement: str, parameters: dict[str, Any] | None = None) -> None:
    """Run one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
