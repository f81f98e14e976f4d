"""A source that falls silent: one finding about it, use that is not observable, and nothing that becomes unused."""

from datetime import timedelta

import pytest

from governance import checking, clock, due, observing
from governance.ledger import Act
from governance.models import Coverage, Entry, Finding, Grant, Source, System
from governance.policy import use
from governance.policy.checks import reason
from governance.policy.terms import Terms
from tests.factories import ClaimFactory, RunFactory, SourceFactory
from tests.governance.usage import event, import_events

pytestmark = pytest.mark.django_db

DAYS = timedelta(days=1)


def covered(source, first, last, **more):
    """Use was seen from so many days ago until so many days ago."""
    now = clock.now()
    return Coverage.objects.create(
        source=source, system=source.system, starts_at=now - first * DAYS, ends_at=now - last * DAYS, **more
    )


def standing():
    return list(Finding.objects.uncleared().filter(check_name="silent").order_by("source"))


def test_each_silent_source_has_one_finding_until_it_speaks_again(source):
    second = SourceFactory(system=source.system, rhythm=2 * DAYS)
    for each, last in ((source, 3), (second, 3)):
        covered(each, 30, last)
    assert observing.notice_silence() == 2
    assert observing.notice_silence() == 0, "once, however often somebody looks"
    first, other = standing()
    assert (first.source, first.system, other.source) == (source, source.system, second)
    assert first.facts["source"] == source.name
    assert other.facts["rhythm"] == "2 days"
    assert Entry.objects.about(kind="source", key=source.pk).filter(act=Act.FINDING_RAISED).count() == 1
    Coverage.objects.filter(source=source).update(ends_at=clock.now())
    assert observing.notice_silence() == 1
    assert standing() == [other]
    Source.objects.update(rhythm=7 * DAYS)
    assert observing.notice_silence() == 1
    Source.objects.update(rhythm=None)
    assert observing.notice_silence() == 1, "it is silent anew, and that is another finding"
    System.objects.update(active=False)
    assert observing.notice_silence() == 1
    assert standing() == []


def test_a_source_that_never_spoke_is_silent_once_its_rhythm_has_passed(source):
    Source.objects.update(since=clock.now() - 2 * DAYS)
    assert observing.notice_silence() == 0, "nobody said that anything comes"
    Source.objects.update(rhythm=3 * DAYS)
    assert observing.notice_silence() == 0
    Source.objects.update(rhythm=DAYS)
    assert (observing.notice_silence(), observing.notice_silence()) == (1, 0)
    (finding,) = standing()
    assert "heard_until" not in finding.facts
    assert reason("silent", finding.facts).startswith(
        f"{source.name} has told of no use yet, and should at least every"
    )
    covered(source, 1, 0)
    assert observing.notice_silence() == 1
    assert standing() == []


def unused(grant):
    """What checks say of a grant's use: at once, and in the night."""
    due.pull(Grant.objects.all(), clock.now())
    checking.check_due()
    checking.check_all()
    named = Finding.objects.uncleared().filter(grant=grant, check_name__in=("never_used", "unused"))
    return [each.check_name for each in named]


def class_of(grant):
    idle = Grant.objects.filter(pk=grant.pk).alias(idle_since=use.idle_since())
    return idle.annotate(shown=use.class_of(Terms.of())).values_list("shown", flat=True).get()


def test_nothing_becomes_unused_by_silence(source, grant):
    agent = ClaimFactory(account=grant.account).agent
    seen = covered(source, 30, 2, reports_runs=True)
    for day in (7, 6, 5):  # enough runs for the policy, all of them while the source was heard
        RunFactory(agent=agent, source=source, started_at=clock.now() - day * DAYS)
    assert unused(grant) == []
    assert class_of(grant) == use.NOT_OBSERVABLE
    seen.ends_at = clock.now()
    seen.save()
    assert unused(grant) == ["never_used"], "the same where it goes on"


def test_the_last_run_that_was_missing_makes_due_also_where_every_event_beside_it_is_refused(source, grant):
    agent = ClaimFactory(account=grant.account).agent
    covered(source, 30, 0, reports_runs=True)
    for day in (7, 6):
        RunFactory(agent=agent, source=source, started_at=clock.now() - day * DAYS)
    assert unused(grant) == []
    run = {"run": "third", "agent": agent.name, "started": event()["at"]}
    assert import_events(source, event(account="bot", outcome="?"), runs=[run]).runs.kept == 1
    checking.check_due()
    assert Finding.objects.uncleared().filter(grant=grant, check_name="never_used").exists()


def test_a_gap_counts_for_nothing_when_the_source_speaks_again(source, grant):
    ClaimFactory(account=grant.account)
    long_ago = clock.now() - 200 * DAYS
    Grant.objects.filter(pk=grant.pk).update(held_since=long_ago, opened_at=long_ago)
    grant.refresh_from_db()
    covered(source, 150, 149)
    covered(source, 1, 0)
    assert unused(grant) == []
    assert "Use was observable on 2 of 200 days" in observing.describe_use(grant=grant, agent=None).lines["Last used"]
