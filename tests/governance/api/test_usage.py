"""The door for use: what it keeps, refuses by line and answers; and when use counts as observed by it."""

from datetime import timedelta

import pytest

from governance import clock, observing
from governance.models import Agent, Coverage, GrantDue, GrantUse, Promise, Run, UsageDay, UsageEvent, UsageIntake
from governance.observing import Cover
from tests.factories import AgentFactory, ClaimFactory, GrantFactory
from tests.governance.api.conftest import issued
from tests.governance.usage import DAY, WHOLE_DAY, event, import_events, use_of

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def at_hour(grant, hour, **said):
    """A use at this hour of the day."""
    return use_of(grant, at=(DAY + hour * HOUR).isoformat(), **said)


def covered(agent=None):
    """When use counts as observed, in hours of the day."""
    found = Coverage.objects.filter(agent=agent).order_by("starts_at").values_list("starts_at", "ends_at")
    return [((starts_at - DAY) / HOUR, round((ends_at - DAY) / HOUR, 6)) for starts_at, ends_at in found]


def test_what_is_acknowledged_is_stored_and_the_sweep_counts_it_once(sender, grant):
    events = [use_of(grant, run=f"r{number}") for number in range(3)]
    answer = sender.deliver(*events)
    assert {name: answer[name] for name in ("lines", "kept", "already_there", "refused", "unmatched")} == {
        "lines": 3, "kept": 3, "already_there": 0, "refused": 0, "unmatched": 0,
    }  # fmt: skip
    assert UsageEvent.objects.count() == 3
    assert not GrantUse.objects.exists()
    again = sender.deliver(*events, use_of(grant))
    assert (again["kept"], again["already_there"]) == (1, 3)
    assert observing.roll_up() == 2
    assert (GrantUse.objects.get().uses, UsageDay.objects.get().allowed) == (4, 4)


def test_a_file_and_the_door_know_each_others_events(sender, source, grant):
    one, two = use_of(grant), use_of(grant)
    import_events(source, one)
    assert sender.deliver(one, two)["already_there"] == 1
    assert import_events(source, two).events.already_there == 1
    assert GrantUse.objects.get().uses == 2


def test_bad_lines_are_refused_in_the_words_of_an_import_and_the_rest_is_kept(sender, source, grant, monkeypatch):
    monkeypatch.setattr(observing.receiving, "MOST_TOLD", 5)
    bad = [
        use_of(grant, at="2026-11-24T09:30:00"),
        use_of(grant, outcome="maybe"),
        use_of(grant, agent="nobody"),
        use_of(grant, event_id=""),
        use_of(grant, at=(clock.now() + HOUR).isoformat()),
        use_of(grant, at="2020-01-01T00:00:00Z"),
    ]
    answer = sender.deliver(*bad, use_of(grant), event(account="stranger", action="execute", resource="x"))
    assert (answer["refused"], answer["kept"], answer["unmatched"]) == (6, 2, 1)
    imported = import_events(source, *bad[:4])
    assert [(each["line"] + 1, each["reason"]) for each in answer["refused_lines"][:4]] == imported.events.shown
    assert "5 minutes in the future" in answer["refused_lines"][4]["reason"]


def test_the_same_key_with_other_content_is_refused(sender, grant):
    one = use_of(grant)
    sender.deliver(one)
    answer = sender.deliver(one | {"outcome": "denied"})
    assert (answer["refused"], answer["kept"]) == (1, 0)
    assert "taken by an event with other content" in answer["refused_lines"][0]["reason"]


def test_runs_come_between_events_and_other_kinds_are_refused(sender, source, grant):
    agent = AgentFactory(name="bot-agent")
    run = {"kind": "run", "run": "r1", "agent": agent.name, "started": DAY.isoformat()}
    answer = sender.deliver(
        use_of(grant, run="r1"), run, run | {"ended": "soon"}, use_of(grant, kind="walk"), {"kind": 1}
    )
    assert (answer["kept"], answer["runs"], answer["refused"]) == (2, 1, 3)
    assert [each["line"] for each in answer["refused_lines"]] == [3, 4, 5]
    assert Run.objects.get(source=source).agent == agent


def test_a_delivery_that_says_for_what_time_it_is_complete_covers_it_once_it_is_rolled_up(sender, grant):
    answer = sender.cover(WHOLE_DAY, use_of(grant), use_of(grant, at=(DAY - HOUR).isoformat()))
    assert (answer["kept"], answer["refused"]) == (1, 1)
    assert answer["observed"]["agents"] is None
    assert not Coverage.objects.exists()  # whoever sees the coverage must find the use
    observing.roll_up()
    assert covered() == [(0, 24)]
    assert not Promise.objects.exists()


def test_what_is_refused_of_its_time_lets_nothing_count_until_it_is_mended(sender, grant):
    bad = use_of(grant, outcome="maybe")
    answer = sender.cover(WHOLE_DAY, use_of(grant), bad, use_of(grant, at=(DAY - HOUR).isoformat()))
    assert (answer["kept"], answer["refused"], answer["observed"]) == (1, 2, None)
    assert answer["not_observed"].startswith(
        "1 refused may tell of the time of this body, so nothing counts as observed"
    )
    observing.roll_up()
    assert covered() == []
    assert sender.cover(WHOLE_DAY, bad | {"outcome": "denied"})["not_observed"] is None
    observing.roll_up()
    assert covered() == [(0, 24)]


def test_an_empty_delivery_says_that_nothing_was_used(sender, grant):
    GrantDue.objects.all().delete()
    sender.cover(WHOLE_DAY)
    assert not UsageIntake.objects.exists()
    observing.roll_up()
    assert covered() == [(0, 24)]
    assert GrantDue.objects.filter(grant=grant).exists()


def test_a_delivery_in_which_nothing_is_understood_covers_nobody(sender, grant):
    assert sender.cover(WHOLE_DAY, event(account="stranger", action="execute", resource="x"))["observed"] is None
    assert sender.cover(WHOLE_DAY, use_of(grant, outcome="maybe"))["observed"] is None
    observing.roll_up()
    assert covered() == []


def test_agents_own_word_covers_the_agents_that_it_names(sender, source, grant):
    source.provenance = "agent"
    source.save()
    named, ran, silent = (AgentFactory(name=name) for name in ("named", "ran", "silent"))
    run = {"kind": "run", "run": "r1", "agent": ran.name, "started": (DAY + HOUR).isoformat()}
    answer = sender.cover(WHOLE_DAY, use_of(grant, agent=named.name), run)
    assert answer["observed"]["agents"] == 2
    observing.roll_up()
    assert [covered(agent) for agent in (named, ran, silent)] == [[(0, 24)], [(0, 24)], []]
    assert set(Coverage.objects.values_list("reports_runs", flat=True)) == {True}


# -- a source that says nothing but delivers in its rhythm


@pytest.fixture
def steady(source):
    source.rhythm = timedelta(hours=2)
    source.save()
    return source


def test_without_a_rhythm_a_delivery_covers_nothing(sender, grant):
    assert sender.deliver(at_hour(grant, 1), at_hour(grant, 2))["observed"] is None
    observing.roll_up()
    assert covered() == []


def test_between_events_within_the_rhythm_use_was_observable_and_no_further(steady, sender, grant):
    sender.deliver(at_hour(grant, 1), at_hour(grant, 2))
    sender.deliver(at_hour(grant, 4))
    observing.roll_up()
    assert covered() == [(1, 4)]
    sender.deliver(at_hour(grant, 9), at_hour(grant, 7))  # silent for three hours: what lay between nobody knows
    sender.deliver(at_hour(grant, 12))
    observing.roll_up()
    assert covered() == [(1, 4), (7, 9), (12, 12)]
    sender.deliver(at_hour(grant, 5.5))  # what came late fills the gap
    observing.roll_up()
    assert covered() == [(1, 9), (12, 12)]


@pytest.mark.parametrize("kept", [[2.5], []])
def test_it_does_not_go_on_over_what_was_refused_until_that_is_mended(steady, sender, grant, kept):
    sender.deliver(at_hour(grant, 1), at_hour(grant, 2))
    answer = sender.deliver(*(at_hour(grant, hour) for hour in kept), use_of(grant, at="yesterday"))
    assert "1 refused" in answer["not_observed"]
    sender.deliver(at_hour(grant, 3), at_hour(grant, 4))
    observing.roll_up()
    assert covered() == [(1, 2), (3, 4)]
    sender.cover(Cover(DAY + 2 * HOUR, DAY + 3 * HOUR), at_hour(grant, 2.25))
    observing.roll_up()
    assert covered() == [(1, 4)]


@pytest.mark.parametrize("kept", [[3], []])
def test_it_does_not_go_on_over_what_a_clock_that_goes_fast_told(steady, sender, grant, kept):
    now = clock.now()
    heard, *more, ahead, later = (
        use_of(grant, at=(now + timedelta(minutes=minutes)).isoformat()) for minutes in (2, *kept, 9, 4)
    )
    sender.deliver(heard)
    run = {"kind": "run", "run": "r1", "agent": AgentFactory().name, "started": ahead["at"]}
    assert "2 refused may tell of the time" in sender.deliver(*more, ahead, run)["not_observed"]
    assert sender.cover(Cover(now - HOUR, now), ahead, run)["not_observed"] is None, "it is not of that time"
    sender.deliver(later)
    observing.roll_up()
    starts = Coverage.objects.order_by("starts_at").values_list("starts_at", flat=True)
    assert [each.isoformat() for each in starts] == [heard["at"], later["at"]]


def test_who_may_not_cover_holds_up_nobody(steady, sender, source, grant):
    sender.deliver(at_hour(grant, 1))
    assert issued(source, name="agent", scope="deliver").deliver(use_of(grant, at="yesterday"))["not_observed"] is None
    sender.deliver(at_hour(grant, 2))
    observing.roll_up()
    assert covered() == [(1, 2)]


def test_each_agent_goes_on_by_itself(steady, sender, grant):
    steady.provenance = "agent"
    steady.save()
    one, two = (AgentFactory(name=name) for name in ("one", "two"))
    sender.deliver(at_hour(grant, 1, agent=one.name), at_hour(grant, 1, agent=two.name), at_hour(grant, 1))
    sender.deliver(at_hour(grant, 2, agent=one.name))
    sender.deliver(at_hour(grant, 4, agent=one.name), at_hour(grant, 4, agent=two.name))
    observing.roll_up()
    assert (covered(one), covered(two), covered()) == ([(1, 4)], [(1, 1), (4, 4)], [])


def test_a_living_source_that_goes_on_makes_nothing_due(steady, sender, grant):
    now = clock.now()
    sender.deliver(use_of(grant, at=(now - HOUR).isoformat()))
    observing.roll_up()
    assert GrantDue.objects.filter(grant=grant).exists()  # nobody was looking before
    GrantDue.objects.all().delete()
    sender.deliver(use_of(grant, at=now.isoformat()))
    observing.roll_up()
    assert not GrantDue.objects.exists()
    assert Coverage.objects.count() == 1


def test_the_run_after_which_a_grant_is_unused_makes_it_due(steady, sender, grant, account):
    agent = ClaimFactory(account=account).agent
    unused, now = GrantFactory(account=account), clock.now()
    runs = [
        {"kind": "run", "run": f"r{hours}", "agent": agent.name, "started": (now - hours * HOUR).isoformat()}
        for hours in (5, 3.5, 2, 0.5)
    ]
    sender.deliver(*runs[:3], *(use_of(grant, at=run["started"]) for run in runs))
    observing.roll_up()
    GrantDue.objects.all().delete()
    sender.deliver(runs[3])
    observing.roll_up()
    assert list(GrantDue.objects.values_list("grant", flat=True)) == [unused.pk]


def test_a_sender_who_may_not_cover_covers_nothing(steady, source, grant):
    sender = issued(source, scope="deliver")
    assert sender.deliver(at_hour(grant, 1), at_hour(grant, 2))["observed"] is None
    assert sender.post(path="/api/v1/usage?from=2026-01-01&to=2026-01-02").status_code == 403
    observing.roll_up()
    assert covered() == []
    assert GrantUse.objects.get().uses == 2


def test_agents_are_told_apart_by_name_alone(sender):
    assert not Agent.objects.exists()
    answer = sender.deliver(event(agent="ghost", action="execute", resource="x"))
    assert "agent 'ghost' is unknown" in answer["refused_lines"][0]["reason"]
