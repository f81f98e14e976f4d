"""Checking: what is raised, cleared and reopened, what the ledger says of it, and when it looks again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from governance import checking, due, models
from governance.checking import judging
from governance.models import Entry, Finding, Grant, GrantDue
from governance.policy.terms import Terms
from tests import factories
from tests.governance.policy.worlds import AT, PARAMETERS, UNIT, Story, at, build, when

DAY = timedelta(days=1)
# A function that its holder has executed in none of three runs: score 45, medium.
IDLE = Story(held_since=-20, runs=(-3, -2, -1), risk=45)
QUIET = replace(IDLE, last_use=-1)


@pytest.fixture
def policy(db):
    return enact()


def enact():
    return models.Policy.objects.create(number=1, stored=PARAMETERS.as_json(), in_force_from=at(-1000).at)


def make_due(grants, moment=AT):
    due.pull(Grant.objects.filter(pk__in=[grant.pk for grant in grants]), moment)


def standing(**about):
    return Finding.objects.uncleared().filter(**about)


def acts():
    return list(Entry.objects.order_by("id").values_list("act", flat=True))


@pytest.mark.django_db
def test_it_raises_a_finding_about_what_is_due_and_suspicious(policy):
    idle, quiet, undue = build([IDLE, QUIET, IDLE]).grants
    make_due([idle, quiet])
    assert checking.check_due(AT) == 1
    finding = standing().get()
    assert (finding.check_name, finding.grant, finding.unit) == ("never_used", idle, idle.unit)
    assert (finding.state, finding.severity, finding.raised_at) == ("open", "medium", AT)
    assert finding.facts["runs"] == 3
    assert not standing(grant=undue).exists()


@pytest.mark.django_db
def test_a_finding_and_its_entry_are_made_together(policy):
    make_due(build([IDLE]).grants)
    checking.check_due(AT)
    finding, entry = standing().get(), Entry.objects.get()
    assert entry.act == "finding.raised"
    assert (entry.actor_kind, entry.actor_id) == ("step", "checking")
    assert entry.body == {"check": "never_used", "severity": "medium"}
    assert entry.subjects == [
        {"kind": "finding", "id": str(finding.pk)},
        {"kind": "grant", "id": str(finding.grant_id)},
    ]


@pytest.mark.django_db
def test_a_thousand_findings_have_an_entry_each(policy, monkeypatch):
    monkeypatch.setattr("governance.checking.statements.ENTRIES_AT_ONCE", 7)
    world = build([replace(IDLE, lease_ends=0)] * 20)
    make_due(world.grants)
    assert checking.check_due(AT) == 40
    told = {entry.subjects[0]["id"] for entry in Entry.objects.filter(act="finding.raised")}
    assert told == {str(key) for key in standing().values_list("pk", flat=True)}
    assert len(told) == 40


@pytest.mark.django_db
def test_what_is_known_is_not_raised_again(policy):
    grants = build([IDLE]).grants
    for _ in range(2):
        make_due(grants)
        checking.check_due(AT)
    assert standing().count() == 1
    assert acts() == ["finding.raised"]


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["open", "taken", "answered"])
def test_a_use_clears_it_in_whatever_state(policy, state):
    grants = build([IDLE]).grants
    make_due(grants)
    checking.check_due(AT)
    Finding.objects.update(state=state, quiet_until=AT + 9 * DAY)
    models.GrantUse.objects.create(grant=grants[0], last_used_at=AT, uses=1)
    make_due(grants)
    assert checking.check_due(AT) == 1
    finding = Finding.objects.get()
    assert (finding.state, finding.cleared_at) == ("cleared", AT)
    assert acts() == ["finding.raised", "finding.cleared"]


@pytest.mark.django_db
def test_it_leaves_what_people_want_gone_to_verifying(policy):
    grants = build([IDLE]).grants
    make_due(grants)
    checking.check_due(AT)
    Finding.objects.update(state="taken")
    Grant.objects.update(intended="gone", seen="absent")
    make_due(grants)
    checking.check_due(AT)
    assert Finding.objects.get().state == "taken"
    assert not GrantDue.objects.exists()


@pytest.mark.django_db
def test_what_could_not_be_read_clears_nothing(policy):
    grants = build([IDLE]).grants
    make_due(grants)
    checking.check_due(AT)
    Grant.objects.update(seen="unknown")
    make_due(grants)
    checking.check_due(AT)
    assert Finding.objects.get().state == "open"


@pytest.mark.django_db
def test_it_leaves_the_findings_of_steps_alone(policy):
    grants = build([replace(QUIET, appeared=True)]).grants
    make_due(grants)
    checking.check_due(AT)
    assert standing().get().check_name == "appeared"


@pytest.mark.django_db
def test_an_answer_is_quiet_until_its_time_and_then_reopens_with_fresh_facts(policy):
    world = build([replace(IDLE, intended="held")])
    make_due(world.grants)
    checking.check_due(AT)
    Finding.objects.update(state="answered", quiet_until=AT + UNIT, facts={})
    make_due(world.grants)
    checking.check_due(AT)
    assert Finding.objects.get().state == "answered"
    assert GrantDue.objects.get().at == AT + UNIT
    assert checking.check_due(AT + UNIT) == 1
    finding = Finding.objects.get()
    assert (finding.state, finding.quiet_until, finding.facts["runs"]) == ("open", None, 3)
    assert acts() == ["finding.raised", "finding.reopened"]


@pytest.mark.django_db
def test_a_due_date_moves_to_the_first_moment_that_matters(policy):
    ripens = replace(IDLE, held_since=-10, runs=(-3, -2, -1))
    lease = replace(QUIET, lease_ends=30, risk=45)
    both = build([ripens, lease])
    make_due(both.grants)
    assert checking.check_due(AT) == 0
    moments = [GrantDue.objects.get(grant=grant).at for grant in both.grants]
    assert moments == [when(4), when(2)]


@pytest.mark.django_db
def test_a_grant_that_time_alone_cannot_make_suspicious_has_no_due_date(policy):
    grants = build([replace(IDLE, covers=(), lease_ends=0, tracked=False)]).grants
    make_due(grants)
    checking.check_due(AT)
    assert standing().get().check_name == "lease_due"
    assert not GrantDue.objects.exists()


@pytest.mark.django_db
def test_a_score_is_written_where_it_changed(policy):
    make_due(build([IDLE, replace(IDLE, risk=3)]).grants)
    checking.check_due(AT)
    assert set(Grant.objects.values_list("risk", flat=True)) == {49}  # 45 for what it allows, and it is unused
    assert standing(severity="medium").count() == 2


@pytest.mark.django_db
def test_batches_are_worked_through_until_none_is_due(policy, monkeypatch):
    monkeypatch.setattr(checking, "DUE_AT_ONCE", 3)
    make_due(build([IDLE] * 8).grants)
    assert checking.check_due(AT) == 8


@pytest.mark.django_db
def test_agents_are_judged_whole(policy):
    agent = factories.AgentFactory()
    assert checking.check_agents(AT) == 1
    finding = standing(agent=agent).get()
    assert (finding.check_name, finding.unit) == ("ownerless", agent.unit)
    assert Entry.objects.get().subjects[1] == {"kind": "agent", "id": str(agent.pk)}
    assert checking.check_agents(AT) == 0
    factories.OwnershipFactory(agent=agent)
    assert checking.check_agents(AT) == 1
    assert Finding.objects.get().state == "cleared"


def test_two_sweeps_at_once_do_the_work_once(committed, monkeypatch):
    monkeypatch.setattr(checking, "DUE_AT_ONCE", 5)
    enact()
    world = build([IDLE] * 40)
    make_due(world.grants)

    def sweep(_):
        try:
            return checking.check_due(AT)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(sweep, range(4)))
    assert done == 40
    assert standing().count() == 40
    assert Entry.objects.filter(act="finding.raised").count() == 40


def test_a_date_that_is_pulled_while_a_sweep_looks_stays_pulled(committed):
    enact()
    [grant] = build([IDLE]).grants
    make_due([grant])

    def pull():
        try:
            make_due([grant], AT - DAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            checking.batches.take_due(AT, 10)
            pulling = pool.submit(pull)
            terms = Terms.of(AT)
            judging.judge_batch(terms)
            checking.dates.move(terms)
        pulling.result()
    assert GrantDue.objects.get().at == AT - DAY


@pytest.mark.django_db
def test_accounts_are_judged_whole(policy):
    account = factories.GrantFactory(risk=65).account
    assert checking.check_accounts(AT) == 1
    finding = standing(account=account).get()
    assert (finding.check_name, finding.unit, finding.severity) == ("unclaimed", account.system.unit, "high")
    assert Entry.objects.get().subjects[1] == {"kind": "account", "id": str(account.pk)}
    assert checking.check_accounts(AT) == 0
    factories.ClaimFactory(account=account)
    assert checking.check_accounts(AT) == 1
    assert Finding.objects.get().state == "cleared"


@pytest.mark.django_db
def test_nothing_is_cleared_where_it_is_not_known_yet_what_is_our_own(policy):
    account = factories.GrantFactory(risk=65).account
    key = factories.CredentialFactory(account=account, created_at=AT - 400 * DAY, read_at=AT)
    assert (checking.check_accounts(AT), checking.check_credentials(AT)) == (1, 1)
    models.System.objects.update(ours=[])
    factories.ClaimFactory(account=account)
    models.Credential.objects.update(active=False)
    assert (checking.check_accounts(AT), checking.check_credentials(AT)) == (0, 0)
    models.System.objects.update(ours=["role:10"])
    assert (checking.check_accounts(AT), checking.check_credentials(AT)) == (1, 1)
    assert not standing(account=account).exists()
    assert not standing(credential=key).exists()


@pytest.mark.django_db
def test_what_is_asked_about_stands_also_when_it_holds_little(policy):
    finding = factories.FindingFactory(
        check_name="unclaimed", grant=None, account=factories.AccountFactory(), state="taken"
    )
    checking.check_accounts(AT)
    finding.refresh_from_db()
    assert finding.state == "taken"
    models.Account.objects.update(enabled=False)
    checking.check_accounts(AT)
    finding.refresh_from_db()
    assert finding.state == "cleared"
