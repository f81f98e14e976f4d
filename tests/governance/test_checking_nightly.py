"""The full check: what it tells on, and that it comes to its end in as many goes as it takes, passing nobody over."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import OperationalError, connection, transaction

from governance import checking, models
from governance.checking import dates, judging, nightly, scores
from governance.models import Account, Coverage, Entry, FullCheck, Grant, GrantDue, Heartbeat, Source, System
from governance.policy import preparing
from governance.policy.terms import Terms
from tests.factories import FindingFactory
from tests.governance.meanwhile import alone, somebody_waits
from tests.governance.policy.worlds import AT, PARAMETERS, UNIT, at, build, when
from tests.governance.test_checking import DAY, IDLE, QUIET, acts, enact, make_due, policy, standing

__all__ = ["policy"]


@pytest.fixture
def small(monkeypatch):
    """A go ends after one batch of two grants."""
    monkeypatch.setattr(nightly, "GRANTS_AT_ONCE", 2)
    monkeypatch.setattr(nightly, "GO_SECONDS", 0)


def suspected() -> set[int]:
    return set(standing(check_name="never_used").values_list("grant", flat=True))


def in_one_system(stories) -> list[Grant]:
    """The stories' grants, all in the first one's system."""
    grants = build(stories).grants
    system = grants[0].account.system
    for number, grant in enumerate(grants):
        Account.objects.filter(grants=grant).update(system=system, native_id=number)
        Source.objects.filter(system=grant.entitlement.system).update(system=system)
        Coverage.objects.filter(system=grant.entitlement.system).update(system=system)
    return grants


def missed_facts() -> tuple[int, list[str], list[int]]:
    facts = standing(check_name="missed").get().facts
    return facts["grants"], facts["checks"], facts["examples"]


@pytest.mark.django_db
def test_it_tells_on_a_due_date_that_was_wrong(policy, monkeypatch):
    monkeypatch.setattr(nightly, "GRANTS_AT_ONCE", 2)
    world = build([IDLE, IDLE, replace(IDLE, held_since=-10)])
    make_due(world.grants[:1])
    checking.check_all(AT)
    assert standing(check_name="never_used").count() == 2
    missed = standing(check_name="missed").get()
    assert missed.system == world.grants[1].account.system
    assert missed.facts == {
        "grants": 1,
        "checks": ["never_used"],
        "examples": [world.grants[1].pk],
    }
    assert acts().count("finding.missed") == 1
    assert GrantDue.objects.get(grant=world.grants[2]).at == when(4)


@pytest.mark.django_db
def test_it_is_silent_when_nothing_was_missed(policy):
    world = build([IDLE, QUIET, replace(QUIET, lease_ends=30)])
    make_due(world.grants)
    checking.check_due(AT)
    assert checking.check_all(AT) == 0
    assert checking.check_all(AT + UNIT) == 0
    assert not standing(check_name="missed").exists()


@pytest.mark.django_db
def test_it_never_makes_a_due_date_later(policy):
    grants = build([QUIET]).grants
    make_due(grants, AT - DAY)
    checking.check_all(AT)
    assert GrantDue.objects.get().at == AT - DAY


@pytest.mark.django_db
def test_a_score_that_fell_makes_the_lease_ask_earlier_and_the_date_follows(policy):
    [grant] = build([replace(QUIET, risk=80, lease_ends=40)]).grants
    checking.check_all(AT)
    grant.refresh_from_db()
    assert (grant.risk, GrantDue.objects.get().at) == (41, when(12)), "the window of medium, not of critical"


@pytest.mark.django_db
def test_it_ends_after_several_goes_and_passes_nobody_over(policy, small):
    world = build([IDLE] * 5)
    assert checking.check_all(AT) == 2
    assert FullCheck.objects.get().last_grant == world.grants[1].pk
    assert suspected() == {grant.pk for grant in world.grants[:2]}
    assert not Heartbeat.objects.exists(), "its end is its beat"
    assert [checking.go_on_checking(AT) for _ in range(3)] == [2, 1, 0]
    assert suspected() == {grant.pk for grant in world.grants}
    check = FullCheck.objects.get()
    assert (check.ended_at, check.moved) == (AT, 5)
    assert Heartbeat.objects.get(name="check_all").did == 5
    assert set(check.missed.all()) == set(System.objects.all())


@pytest.mark.django_db
def test_of_one_account_a_batch_may_hold_some_and_the_next_the_rest(policy, small):
    grants = in_one_system([IDLE] * 3)
    Grant.objects.update(account=grants[0].account)
    assert [checking.check_all(AT), checking.go_on_checking(AT)] == [2, 1]
    assert suspected() == {grant.pk for grant in grants}


@pytest.mark.django_db
def test_it_goes_on_over_grants_of_which_none_is_open(policy, small):
    grants = build([IDLE] * 3).grants
    Grant.objects.filter(pk__in=[grant.pk for grant in grants[:2]]).update(closed_at=AT)
    assert [checking.check_all(AT), checking.go_on_checking(AT)] == [0, 1]
    assert suspected() == {grants[2].pk}


@pytest.mark.django_db
def test_of_what_came_after_it_was_prepared_nothing_is_said_and_it_stays_due(policy):
    before, after = build([IDLE] * 2).grants
    make_due([after])
    terms = replace(Terms.of(AT), between=(0, after.pk))
    with transaction.atomic():
        prepared = preparing.prepare(terms, Grant.objects.filter(pk=before.pk))
        scores.refresh(prepared)
        dates.pull(prepared)
        judging.judge_batch(prepared)
    assert suspected() == {before.pk}
    assert GrantDue.objects.get(grant=after).at <= AT


@pytest.mark.django_db
def test_a_go_that_leaves_something_wakes_the_next(policy, small, django_capture_on_commit_callbacks):
    build([IDLE] * 2)
    with django_capture_on_commit_callbacks() as hints:
        checking.check_all(AT)
    assert [each.args for each in hints] == [("governance.tasks.go_on_checking",)]
    with django_capture_on_commit_callbacks() as hints:
        checking.go_on_checking(AT)
    assert hints == [], "it has ended"


@pytest.mark.django_db
def test_the_next_night_goes_on_with_what_is_in_hand_and_the_one_after_begins_at_the_first(policy, small):
    world = build([IDLE] * 3)
    checking.check_all(AT)
    checking.check_all(AT + DAY)
    assert FullCheck.objects.get().last_grant == world.grants[2].pk
    checking.check_all(AT + DAY)
    checking.check_all(AT + 2 * DAY)
    before, now = FullCheck.objects.order_by("pk")
    assert (before.ended_at, now.started_at) == (AT + DAY, AT + 2 * DAY)
    assert now.last_grant == world.grants[1].pk


@pytest.mark.django_db
def test_nothing_goes_on_where_nothing_was_begun(policy):
    build([IDLE])
    assert checking.go_on_checking(AT) == 0
    assert not FullCheck.objects.exists()


@pytest.mark.django_db
def test_the_next_check_that_misses_nothing_clears_the_miss(policy):
    build([IDLE])
    checking.check_all(AT)
    missed = standing(check_name="missed").get()
    checking.check_all(AT + DAY)
    missed.refresh_from_db()
    assert (missed.state, missed.cleared_at) == ("cleared", AT + DAY)
    entry = Entry.objects.filter(act="finding.cleared").get()
    assert entry.body["why"] == "the next full check missed nothing there"
    assert (entry.actor_id, entry.subjects[1]["kind"]) == ("checking", "system")


@pytest.mark.django_db
def test_what_all_batches_of_one_check_missed_in_a_system_is_counted_together(policy, small):
    grants = in_one_system([IDLE, replace(QUIET, lease_ends=None), IDLE])
    checking.check_all(AT)
    assert missed_facts() == (2, ["lease_due", "never_used"], [grants[0].pk, grants[1].pk])
    checking.go_on_checking(AT)
    assert missed_facts() == (3, ["lease_due", "never_used"], [grant.pk for grant in grants])
    assert acts().count("finding.raised") == 4, "one of them is of the miss"
    entries = Entry.objects.filter(act="finding.missed").order_by("id")
    assert [entry.body["grants"] for entry in entries] == [2, 1], "each entry is about its batch"


@pytest.mark.django_db
def test_what_a_later_check_missed_stands_in_the_place_of_what_an_earlier_one_did(policy):
    grants = in_one_system([IDLE, IDLE, QUIET])
    checking.check_all(AT)
    assert missed_facts() == (2, ["never_used"], [grants[0].pk, grants[1].pk])
    Grant.objects.filter(pk=grants[2].pk).update(lease_ends_at=None)
    checking.check_all(AT + UNIT)
    assert missed_facts() == (1, ["lease_due"], [grants[2].pk])
    assert acts().count("finding.missed") == 2


@pytest.mark.django_db
def test_a_few_examples_are_enough(policy, small, monkeypatch):
    monkeypatch.setattr(nightly, "EXAMPLES", 3)
    grants = in_one_system([IDLE] * 4)
    checking.check_all(AT)
    checking.go_on_checking(AT)
    assert missed_facts() == (4, ["never_used"], [grant.pk for grant in grants[:3]])


@pytest.mark.django_db
def test_a_miss_stands_while_the_check_has_not_ended_and_where_it_missed_again(policy, small):
    again, over, clean = build([IDLE, QUIET, QUIET]).grants
    for grant in (again, over):
        FindingFactory(check_name="missed", grant=None, system=grant.account.system, unit=grant.unit, raised_at=AT)
    checking.check_all(AT + UNIT)
    assert standing(check_name="missed").count() == 2
    checking.go_on_checking(AT + UNIT)
    checking.go_on_checking(AT + UNIT)
    assert standing(check_name="missed").get().system == again.account.system
    assert not clean.account.system.findings.exists()


@pytest.mark.django_db
def test_what_becomes_due_while_a_batch_is_judged_was_not_missed(db):
    models.Policy.objects.create(number=1, stored=PARAMETERS.as_json(), in_force_from=at(-1000).at)
    [grant] = build([replace(QUIET, lease_ends=None)]).grants
    make_due([grant], AT + UNIT)
    check, raised = FullCheck.objects.create(started_at=AT), {"lease_due": [grant.pk]}
    nightly.tell_missed(check, raised, AT, due_by=AT + UNIT)
    assert not check.missed.exists()
    nightly.tell_missed(check, raised, AT, due_by=AT)
    assert list(check.missed.all()) == [grant.account.system]


def test_a_killed_worker_loses_its_batch_and_nothing_else(committed, monkeypatch):
    monkeypatch.setattr(nightly, "GRANTS_AT_ONCE", 2)
    enact()
    grants = build([IDLE] * 5).grants

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            FindingFactory(check_name="never_used", grant=grants[3])  # the second batch waits for this to be settled
            checking_now = pool.submit(alone, lambda: checking.check_all(AT))
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [somebody_waits()])
            transaction.set_rollback(True)
        with pytest.raises(OperationalError):
            checking_now.result()
    assert FullCheck.objects.get().last_grant == grants[1].pk
    assert suspected() == {grant.pk for grant in grants[:2]}
    assert checking.go_on_checking(AT) == 3
    assert suspected() == {grant.pk for grant in grants}
    assert FullCheck.objects.get().ended_at == AT


def test_while_one_works_at_it_another_ends_at_once(committed):
    enact()
    build([IDLE])
    check = FullCheck.objects.create(started_at=AT)

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        FullCheck.objects.select_for_update().get(pk=check.pk)
        assert pool.submit(alone, lambda: checking.go_on_checking(AT)).result(timeout=20) == 0
    assert not Grant.objects.filter(findings__isnull=False).exists()
    assert checking.go_on_checking(AT) == 1
