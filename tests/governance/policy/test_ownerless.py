"""Ownerless against its plain oracle: the model's own `accountable`."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import models
from governance.policy.checks import reason, suggestion
from governance.policy.checks.ownerless import Ownerless
from governance.policy.subjects import agents
from tests import factories
from tests.governance.policy.test_checks import rolled_back
from tests.governance.policy.worlds import AT, TERMS

pytestmark = pytest.mark.django_db

CHECK = Ownerless()
HOUR = timedelta(hours=1)
PEOPLE: list[dict[str, Any]] = [
    {"employment": "active"},
    {"employment": "active", "is_active": False},
    {"employment": "left"},
    {"employment": "away", "away_until": AT},  # back in this very moment
    {"employment": "away", "away_until": AT + HOUR},
]
lines = st.lists(
    st.tuples(
        st.sampled_from(range(len(PEOPLE))),
        st.sampled_from(["owner", "deputy", "sponsor"]),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda each: each[1],
)


@settings(max_examples=10)
@given(st.lists(st.tuples(lines, st.sampled_from(models.agent.Lifecycle.values)), max_size=20))
def test_it_speaks_about_agents_that_nobody_owns_or_nobody_able_answers_for(told):
    with rolled_back():
        people = [factories.PersonFactory(**each) for each in PEOPLE]
        made = [factories.AgentFactory(lifecycle=lifecycle) for _, lifecycle in told]
        for agent, (line, _) in zip(made, told, strict=True):
            for person, role, closed in line:
                factories.OwnershipFactory(agent=agent, person=people[person], role=role, until=AT if closed else None)
        spoken = set(CHECK.suspects(agents(), TERMS).values_list("pk", flat=True))
        owned = {agent.pk for agent in made if any(each.role == "owner" for each in agent.line())}
        answered = {agent.pk for agent in made if agent.accountable(AT)}
        expected = {agent.pk for agent in made if agent.lifecycle != "retired"} - (owned & answered)
    assert spoken == expected


def facts_of(agent):
    rows = CHECK.suspects(agents(), TERMS).filter(pk=agent.pk)
    return rows.values_list(CHECK.facts(TERMS), flat=True).get()


def test_it_says_that_there_never_was_anybody():
    facts = facts_of(factories.AgentFactory())
    assert reason("ownerless", facts) == "Nobody has ever owned this agent."
    assert str(suggestion("ownerless", facts)).endswith(" Basis: nobody has ever owned it.")


@pytest.mark.parametrize(
    ("person", "until", "nobody", "words"),
    [
        ({"employment": "left"}, None, "Nobody who can act answers for", "Ana Ruiz has left."),
        ({"employment": "away", "away_until": AT + HOUR}, None, "Nobody who can act answers for", "Ana Ruiz is away."),
        ({"is_active": False}, None, "Nobody who can act answers for", "Ana Ruiz may not sign in any more."),
        ({}, AT, "Nobody owns", "Ana Ruiz owned it until 24 Nov 2026."),
    ],
)
def test_it_says_what_became_of_the_last_owner(person, until, nobody, words):
    ana = factories.PersonFactory(name="Ana Ruiz", **person)
    owned = factories.OwnershipFactory(person=ana, until=until)
    earlier = AT - 2 * HOUR
    factories.OwnershipFactory(agent=owned.agent, since=earlier - HOUR, until=earlier)
    facts = facts_of(owned.agent)
    assert reason("ownerless", facts) == f"{nobody} this agent: {words}"
    assert str(suggestion("ownerless", facts)).endswith(f", or retire it. Basis: {words}")


def test_it_is_as_severe_as_the_riskiest_thing_held_and_at_least_medium():
    agents_ = [factories.AgentFactory() for _ in range(2)]
    for risk in (20, 85):
        grant = factories.GrantFactory(risk=risk)
        factories.ClaimFactory(agent=agents_[0], account=grant.account)
    found = dict(CHECK.suspects(agents(), TERMS).values_list("pk", CHECK.severity(TERMS)))
    assert [found[agent.pk] for agent in agents_] == ["critical", "medium"]
