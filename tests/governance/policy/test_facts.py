"""What a decision is bound to: one expression, one fingerprint, and drift in a declared direction."""

from dataclasses import replace

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from governance import models
from governance.policy import facts
from governance.policy.terms import Terms
from tests import factories
from tests.governance.policy.worlds import AT, Cover, Story, at, build

SHOWN = {
    "holder": "support_agent",
    "holder_kind": "login",
    "entitlement": "EXECUTE on function air.refund()",
    "entitlement_type": "function",
    "system": "Bookings",
    "instance": "16401",
    "definition": "ab" * 32,
    "effect": "allow",
    "condition": "",
    "band": "medium",
    "use": "not_observable",
    "has_owner": True,
}


@pytest.fixture
def policy(db):
    stored = {"unused_runs": 3, "unused_run_seconds": 7 * 86400}
    return models.Policy.objects.create(number=1, stored=stored, in_force_from=at(-1000).at)


@pytest.mark.django_db
def test_they_are_what_a_person_decides_on(policy):
    idle = Story(held_since=-20, runs=(-3, -2, -1), risk=85)
    world = build([idle, replace(idle, last_use=-1), replace(idle, covers=(Cover(-40, -9, True),))])
    mine = [facts.of_grant(grant.pk, at=AT) for grant in world.grants]
    assert [each["use"] for each in mine] == ["unused", "used", "not_observable"]
    assert mine[0].keys() == SHOWN.keys()
    assert mine[0]["holder"], mine[0]["system"] == ("a0", "S 0")
    assert (mine[0]["band"], mine[0]["effect"], mine[0]["has_owner"]) == ("critical", "allow", False)


@pytest.mark.django_db
def test_a_grant_has_an_owner_while_somebody_able_answers_for_its_agent(policy):
    claim = factories.ClaimFactory()
    grant = factories.GrantFactory(account=claim.account)
    ownership = factories.OwnershipFactory(agent=claim.agent)
    assert facts.of_grant(grant.pk, at=AT)["has_owner"] is True
    models.Person.objects.filter(pk=ownership.person_id).update(employment="left")
    assert facts.of_grant(grant.pk, at=AT)["has_owner"] is False


@pytest.mark.django_db
def test_an_agent_has_facts_too(policy):
    claim = factories.ClaimFactory()
    factories.GrantFactory(account=claim.account, risk=65)
    found = facts.of_agent(claim.agent, AT)
    assert found == {
        "agent": claim.agent.name,
        "unit": claim.agent.unit.name,
        "lifecycle": "active",
        "autonomy": "unattended",
        "band": "high",
        "has_owner": False,
    }


@pytest.mark.django_db
def test_they_are_planned_once(policy):
    grants, before = build([Story(), Story()]).grants, kept()
    for grant in grants * 10:
        assert facts.of_grant(grant.pk, at=AT)["effect"] == "allow"
    assert kept() - before >= 10


def kept() -> int:
    """How often this connection has answered by a plan that PostgreSQL kept for facts."""
    asked = (
        "SELECT coalesce(sum(generic_plans), 0) FROM pg_prepared_statements WHERE statement LIKE '%JSON%holder_kind%'"
    )
    with connection.cursor() as cursor:
        return int(cursor.execute(asked).fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize("runs", [1, 3])
@pytest.mark.parametrize("later", [-12, 0, 5, 30])
def test_the_query_that_was_written_once_asks_what_the_expression_says(policy, runs, later):
    models.Policy.objects.update(stored={"unused_runs": runs, "unused_run_seconds": 5 * 86400})
    idle = Story(held_since=-20, runs=(-3, -2, -1), risk=85)
    world = build([idle, replace(idle, last_use=-9), replace(idle, covers=(Cover(-40, -9, True),)), Story()])
    terms = Terms.of(at(later).at)
    for grant in world.grants:
        [said] = facts.bound(models.Grant.objects.filter(pk=grant.pk), terms)
        assert facts.of_grant(grant.pk, at=terms.at) == said


@pytest.mark.django_db
def test_there_are_none_of_a_grant_that_is_not_there(policy):
    with pytest.raises(models.Grant.DoesNotExist, match="no grant 77"):
        facts.of_grant(77, at=AT)


def test_the_fingerprint_does_not_hang_on_the_order_of_keys():
    backwards = dict(reversed(SHOWN.items()))
    assert facts.fingerprint(backwards) == facts.fingerprint(SHOWN)
    assert len(facts.fingerprint(SHOWN)) == 64


@given(st.sampled_from(sorted(SHOWN)), st.text(max_size=5))
def test_any_other_fact_is_another_fingerprint(name, value):
    changed = {**SHOWN, name: value}
    assert (facts.fingerprint(changed) == facts.fingerprint(SHOWN)) is (SHOWN[name] == value)


@pytest.mark.parametrize(
    ("name", "value", "more"),
    [
        ("band", "high", True),
        ("band", "low", False),
        ("use", "unused", True),
        ("use", "used", False),
        ("has_owner", False, True),
        ("definition", "cd" * 32, True),
        ("instance", "16402", True),
        ("effect", "deny", True),
        ("condition", "only in March", True),
        ("holder", "somebody", True),
    ],
)
def test_a_fact_drifts_toward_more_or_less(name, value, more):
    found = facts.drift(SHOWN, {**SHOWN, name: value})
    assert (found.more, found.less) == (([name], []) if more else ([], [name]))


def test_nothing_drifts_while_nothing_moves():
    assert facts.drift(SHOWN, dict(SHOWN)) == facts.Drift([], [])


def test_a_fact_that_is_new_or_gone_asks_again():
    without = {name: value for name, value in SHOWN.items() if name != "band"}
    assert facts.drift(SHOWN, without).more == ["band"]
    assert facts.drift(without, SHOWN).more == ["band"]


def test_the_target_of_an_execution_is_part_of_the_facts():
    assert set(facts.TARGET) < SHOWN.keys()
