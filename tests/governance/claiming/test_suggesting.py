"""Which agents suggest themselves for an account, on what basis, and how sure that is."""

from datetime import UTC, datetime

import pytest

from governance import claiming
from governance.models import ExternalIdentity, GrantUse
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ClaimFactory,
    GrantFactory,
    OwnershipFactory,
    PersonFactory,
    RunFactory,
    SystemFactory,
)

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 3, 9, tzinfo=UTC)


def suggested(account):
    """Name, confidence and basis."""
    return [(each.agent, each.confidence, each.words) for each in claiming.of_one(account).suggestions]


@pytest.fixture
def support():
    return AgentFactory(name="airline-support")


@pytest.mark.parametrize(
    ("name", "confidence", "why"),
    [
        ("airline_support", 90, "its name is the agent's"),
        ("svc-airline-support", 80, "its name is the agent's, but for common words"),
        ("airline_support_eu_1", 50, "its name has the agent's in it"),
    ],
)
def test_an_agent_of_the_same_name(support, name, confidence, why):
    assert suggested(AccountFactory(name=name)) == [("airline-support", confidence, why)]


@pytest.mark.parametrize("name", ["airline", "support_airways", "postgres", "svc"])
def test_other_names_suggest_nobody(support, name):
    AgentFactory(name="app")  # a common word alone is no name
    AgentFactory(name="ops-eu")
    assert suggested(AccountFactory(name=name)) == []


def test_a_short_word_within_another_name_says_nothing():
    AgentFactory(name="eu")
    assert suggested(AccountFactory(name="backup_eu")) == []


def test_what_an_agent_is_called_elsewhere_is_a_name_too(support):
    ExternalIdentity.objects.create(scheme="oidc", issuer="idp", value="asup-7", agent=support)
    assert suggested(AccountFactory(name="asup_7")) == [("airline-support", 90, "its name is the agent's")]


def test_an_agent_that_is_retired_suggests_itself_no_more(support):
    support.lifecycle = "retired"
    support.save()
    assert suggested(AccountFactory(name="airline_support")) == []


def test_an_agent_that_uses_such_a_log_in_elsewhere(support):
    ClaimFactory(agent=support, account=AccountFactory(name="ASUP", system__name="Loyalty"))
    ended = AccountFactory(name="asup", system__name="Cargo")
    ClaimFactory(agent=AgentFactory(), account=ended, until=MORNING.replace(year=2030))
    assert suggested(AccountFactory(name="asup")) == [("airline-support", 60, "the agent uses ASUP in Loyalty")]


def test_an_agent_that_the_remark_names(support):
    account = AccountFactory(owner_hints=["log-in of Airline Support, do not drop"])
    assert suggested(account) == [("airline-support", 70, "the system's remark on it names the agent")]


def test_the_agents_of_somebody_whom_the_remark_names(support):
    rosa = PersonFactory(name="Rosa Reyes")
    OwnershipFactory(agent=support, person=rosa)
    OwnershipFactory(agent=AgentFactory(), person=rosa, role="sponsor")
    why = "the system's remark on it names Rosa Reyes, who answers for the agent"
    assert suggested(AccountFactory(owner_hints=["Rosa Reyes"])) == [("airline-support", 40, why)]


def test_an_agent_whose_run_used_what_it_holds(support):
    grant = GrantFactory(entitlement__name="refund")
    run = RunFactory(agent=support, source__system=grant.account.system)
    GrantUse.objects.create(grant=grant, last_used_at=MORNING, last_run=run.native_id)
    why = "a run of the agent used refund with it on 3 Nov 2026"
    assert suggested(grant.account) == [("airline-support", 85, why)]


def test_a_run_of_the_same_name_in_another_system_says_nothing(support):
    grant = GrantFactory()
    run = RunFactory(agent=support, source__system=SystemFactory())
    GrantUse.objects.create(grant=grant, last_used_at=MORNING, last_run=run.native_id)
    assert suggested(grant.account) == []


def test_several_reasons_are_surer_than_one(support):
    OwnershipFactory(agent=support, person=PersonFactory(name="Rosa Reyes"))
    AgentFactory(name="airline")
    found = suggested(AccountFactory(name="svc_airline_support", owner_hints=["Rosa Reyes"]))
    assert [(name, confidence) for name, confidence, _ in found] == [("airline-support", 88), ("airline", 50)]
    assert found[0][2].startswith("its name is the agent's, but for common words; the system's remark")
