"""
Rolling up: what came in becomes daily sums and each grant's last use, source by source, once.

The rows of a system's sources are the lock, for they share its days: two sweeps never sum the same intakes, and a
killed one leaves everything as it was.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, Max, Min, OuterRef, QuerySet
from psycopg.types.json import Jsonb

from governance import clock, due
from governance.ledger import Actor
from governance.models import Claim, Grant, Policy, Promise, Source, SyncRun, System, UsageDay, UsageIntake
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
    attribute_late(at=at, systems=changed_lately(at))
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
    """Take a source's row, and those of its system's others; None where somebody else has one and we don't wait."""
    system = Source.objects.filter(pk=source_id).values("system")
    found = taken(Source.objects.filter(system__in=system), wait=wait)
    return next((each for each in found if each.pk == source_id), None)


def taken(sources: QuerySet[Source], *, wait: bool) -> list[Source]:
    """Take the rows of all these, in one order; none where somebody else has one and we don't wait."""
    found = list(sources.select_for_update(skip_locked=not wait, no_key=True).order_by("pk"))
    return found if wait or len(found) == sources.count() else []


def add_up(source: Source, intakes: list[UsageIntake], at: datetime) -> None:
    """Sum intakes into days and grants."""
    look_through(source, intakes)
    if ask(attributing.LATE, facts_of(source)):
        run(DROPPED)
        attribute_system(list(Source.objects.filter(system=source.system_id)), at)
        look_through(source, intakes)
    run(attributing.SUM_DAYS)
    finish(facts_of(source), at)


def look_through(source: Source, intakes: list[UsageIntake]) -> None:
    """Find what the events of some intakes are, and whose grants they speak for."""
    since = min(each.starts_at for each in intakes)
    until = max(each.ends_at for each in intakes)
    facts = facts_of(source)
    run(attributing.NEW)
    run(OF_INTAKES, facts | {"since": since, "until": until, "intakes": [each.pk for each in intakes]})
    look_at("usage_new")
    run(attributing.BEFORE, facts | {"since": since - RUN_REACH, "until": until + RUN_REACH})
    look_at("usage_before")
    attribute(facts)


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


def changed_lately(at: datetime) -> QuerySet[System]:
    """Systems that were read, or got a claim, a short while ago: use of before may have found its grant."""
    since = at - LATELY
    synced = SyncRun.objects.filter(system=OuterRef("pk"), state=SyncRun.State.COMPLETE, ended_at__gte=since)
    claimed = Claim.objects.filter(account__system=OuterRef("pk"), since__gte=since)
    return System.objects.filter(Exists(synced)) | System.objects.filter(Exists(claimed))


def attribute_late(*, at: datetime, systems: QuerySet[System] | None = None) -> int:
    """
    Attribute the use that no grant was known for when it was rolled up; return for how many systems there was some.

    The sweep looks at systems that changed lately; the nightly one at all of them (`systems` left out). One that
    somebody else has in hand is passed over.
    """
    everywhere = System.objects.all() if systems is None else systems
    open_days = UsageDay.objects.filter(system=OuterRef("pk"), attributed=False, allowed__gt=0)
    number = 0
    for key in everywhere.filter(Exists(open_days)).values_list("pk", flat=True):
        with transaction.atomic():
            sources = taken(Source.objects.filter(system=key), wait=False)
            attribute_system(sources, at)
        number += bool(sources)
    return number


def attribute_system(sources: Sequence[Source], at: datetime) -> None:
    """Attribute late use of all sources of a system, whose rows the caller holds; only then is a day marked."""
    days = UsageDay.objects.filter(system__sources__in=sources, attributed=False, allowed__gt=0)
    span = days.aggregate(first=Min("day"), last=Max("day"))
    if span["first"] is None:
        return
    run(attributing.FOUND)
    for source in sources:
        facts = facts_of(source)
        run(attributing.NEW)
        run(OF_UNATTRIBUTED_DAYS, facts | {"since": span["first"], "until": span["last"] + timedelta(days=1)})
        look_at("usage_new")
        run(EMPTY_BEFORE)
        attribute(facts)
        run(attributing.KEEP_FOUND)
        finish(facts, at)
    run(attributing.MARK_ATTRIBUTED, facts_of(sources[0]))
    run("DROP TABLE usage_found")


def run(statement: str, parameters: dict[str, Any] | None = None) -> None:
    """Run one statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def ask(statement: str, parameters: dict[str, Any]) -> bool:
    """Ask a question that is answered by yes or no."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return bool(cursor.fetchone()[0])
