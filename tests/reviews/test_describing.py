"""What a card shows besides what a decision is bound to."""

import re
from datetime import timedelta

import pytest

from governance import clock, observing
from governance.errors import Drifted
from governance.models import Coverage, Grant, GrantUse, Ownership
from governance.observing.describing import LEFT_OUT, replayed
from reviews import asking, describing
from reviews.evidence import Line, card
from reviews.models import Item, Verdict
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ClaimFactory,
    ExposureFactory,
    GrantFactory,
    OwnershipFactory,
    PersonFactory,
    RunFactory,
    SourceFactory,
)
from tests.reviews.scene import again

pytestmark = pytest.mark.django_db

SCOPE, LAST = "Scope against use", "Last used"


@pytest.fixture
def seen(scene):
    """The system's log was read for the last ten days."""
    source = SourceFactory(system=scene.system, provenance="system")
    at = clock.now()
    return Coverage.objects.create(
        source=source, system=scene.system, starts_at=at - timedelta(days=10), ends_at=at + timedelta(hours=1)
    )


def shown(subject, agent=None):
    return describing.describe(subject, agent=agent, at=clock.now())


def use(grant):
    GrantUse.objects.create(grant=grant, last_used_at=clock.now() - timedelta(hours=2), uses=12)


# -- what could not be seen is not counted


def test_use_that_cannot_be_seen_is_said_so_and_not_counted(scene):
    told = scene.asked().facts_shown
    assert told["replay"].endswith("cannot be seen: no run is known from its time.")
    assert told["lines"][LAST] == "Not observable: no source reported use of the system."
    assert SCOPE not in told["lines"], "none of one would read as unused"


def test_what_no_source_can_show_is_not_counted_where_the_rest_is(scene, seen):
    scene.grant()
    told = shown(scene.grant(entitlement__action=""), scene.agent)
    assert told["lines"][LAST] == "Not observable: no source can show its use."
    assert told["replay"].endswith("cannot be seen: no source can show its use.")
    assert SCOPE not in told["lines"]


def test_the_scope_is_what_was_used_of_what_is_held(scene, seen):
    grant, _ = scene.grant(), scene.grant()
    use(grant)
    assert shown(grant, scene.agent)["lines"][SCOPE] == "Uses 1 of the 2 that it holds"
    scene.grant(entitlement__action="")
    assert shown(grant, scene.agent)["lines"][SCOPE] == "Uses 1 of the 2 that it holds; of 1 more it cannot be seen"


def test_what_a_log_may_leave_out_is_not_counted(scene, seen):
    grant, hidden = scene.grant(), scene.grant()
    hidden.entitlement.actions.update(shown="if_set")
    RunFactory(agent=scene.agent, source=seen.source, started_at=clock.now() - timedelta(hours=1))
    Coverage.objects.update(reports_runs=True)
    Grant.objects.update(held_since=clock.now() - timedelta(days=3))
    hidden.refresh_from_db()
    told = shown(hidden, scene.agent)
    assert told["lines"][LAST] == "Not observable: the system's log may leave its use out."
    assert told["replay"].endswith("cannot be seen: the system's log may leave its use out.")
    assert SCOPE not in told["lines"]
    assert shown(grant, scene.agent)["lines"][SCOPE] == "Uses 0 of the 1 that it holds; of 1 more it cannot be seen"
    seen.source.shows_all = True
    seen.source.save()
    told = shown(hidden, scene.agent)
    assert told["replay"] == "Removing this would have stopped 0 of the last 1 runs."
    assert shown(grant, scene.agent)["lines"][SCOPE] == "Uses 0 of the 2 that it holds"


def test_what_a_log_may_leave_out_and_did_not_counts_as_a_least_number(scene, seen):
    replay = observing.Replay(stopped=2, shared=0, of=9, examples=("r1", "r2"))
    assert replayed(replay, LEFT_OUT) == "Removing this would have stopped at least 2 of the last 9 runs (r1, r2)."


def test_whom_a_log_calls_otherwise_is_not_counted(scene, seen):
    grant = scene.grant()
    Grant.objects.update(native={"untraced": True})
    grant.refresh_from_db()
    told = shown(grant, scene.agent)
    assert told["lines"][LAST] == "Not observable: the system's log does not say that a use is this holder's."


def test_of_what_no_agent_is_known_to_use_no_runs_are_known(scene, seen):
    public = GrantFactory(account=AccountFactory(system=scene.system, name="PUBLIC", kind="everyone"))
    told = shown(public)
    assert told["replay"].endswith("cannot be seen: no agent's runs are known for it.")
    assert SCOPE not in told["lines"]


# -- it is looked up again


def test_what_is_shown_is_looked_up_again_before_it_is_put(scene, seen):
    item = scene.asked()
    assert item.facts_shown["lines"][LAST].startswith("Never.")
    use(item.grant)
    asking.ask_people()
    assert again(item).facts_shown["lines"][LAST].startswith(f"{clock.now() - timedelta(hours=2):%-d %b %Y}")
    assert again(item).facts_shown["at"] > item.facts_shown["at"]


@pytest.mark.parametrize(("hours", "tried"), [(23, 1), (25, 2)])
def test_what_was_looked_up_a_day_before_it_is_put_is_looked_up_again(scene, hours, tried):
    item = scene.asked()
    for each in asking.untried(item.review):
        asking.preview(each)
    Item.objects.update(previewed_at=clock.now() - timedelta(hours=hours))
    asking.ask_people()
    assert len(scene.target.calls) == tried


def test_what_was_put_before_anybody_saw_use_is_looked_up_again_once(scene):
    item = scene.asked()
    asking.ask_people()
    assert "ot observable" in again(item).facts_shown["lines"][LAST]
    at = clock.now()
    source = SourceFactory(system=scene.system, provenance="system")
    seen = {"source": source, "system": scene.system, "starts_at": at - timedelta(days=10), "ends_at": at}
    Coverage.objects.create(**seen, opened_at=at)
    for _ in range(2):
        asking.ask_people()
    assert again(item).facts_shown["lines"][LAST].startswith("Never.")
    assert len(scene.target.calls) == 2, "when it was put, and when use was seen"


def test_the_terms_that_are_told_of_a_risk_are_a_sum(scene):
    grant = scene.grant()
    ExposureFactory(account=grant.account, tainted=True, line="nobody")
    told = describing.risk(grant, at=clock.now())
    points = [int(re.search(r"\(([+-]?\d+)\)$", each)[1]) for each in told["because"]]
    assert len(points) == 4
    assert told["because"][-1].startswith("the rest (")
    assert sum(points) == told["score"]


def test_where_the_facts_moved_the_person_is_shown_what_is_so_now(scene, seen):
    item = scene.asked()
    use(item.grant)
    Grant.objects.filter(pk=item.grant_id).update(risk=90)
    with pytest.raises(Drifted):
        scene.decide(item, Verdict.KEEP, fingerprint=item.fingerprint)
    assert not again(item).facts_shown["lines"][LAST].startswith("Never.")


@pytest.mark.parametrize("suggests", [True, False])
def test_whether_it_comes_with_a_suggestion_is_settled_once(scene, suggests):
    item = scene.asked()
    item.facts_shown["suggest"] = suggests
    describing.look_up(item)
    assert again(item).facts_shown["suggest"] is suggests


def test_what_was_shown_with_an_answer_stays(scene):
    item = scene.asked()
    scene.decide(item, Verdict.REVOKE)
    before = again(item).facts_shown
    describing.look_up(item)
    assert again(item).facts_shown == before


@pytest.mark.parametrize(("hours", "dated"), [(23, False), (25, True)])
def test_a_card_that_is_older_than_a_day_says_from_when_it_is(scene, hours, dated):
    item = scene.asked()
    then = clock.now() - timedelta(hours=hours)
    Item.objects.update(facts_shown=item.facts_shown | {"at": then.isoformat()})
    assert card(item.review).items[0].replay.endswith(f". As of {then:%-d %b}.") is dated


# -- an agent that nobody answers for


def test_who_may_answer_for_an_agent_is_told_what_they_need_to_know(scene):
    scene.agent.purpose = "Answers passengers"
    scene.agent.save()
    scene.grant(entitlement__name="refund_payment", risk=65)
    source = SourceFactory(system=scene.system)
    RunFactory(agent=scene.agent, source=source)
    item = scene.asked_whose()
    (view,) = card(item.review).items
    assert view.lines == (
        Line("Is for", "Answers passengers"),
        Line("Belongs to", scene.unit.name),
        Line("Last owner", "Maria, whose manager is Tomas"),
        Line("Uses", "support in Airline"),
        Line("Riskiest grants", "refund_payment (high)"),
    )
    assert view.replay.startswith("It last ran on ")
    assert view.replay.endswith("1 run reported in the last 30 days.")


def test_what_is_not_known_of_an_agent_is_said(scene):
    Ownership.objects.all().delete()
    scene.agent.claims.all().delete()
    scene.agent.purpose = ""
    told = shown(scene.agent)
    assert told["replay"] == "Whether it still runs cannot be seen: no source reported a run of it."
    assert told["lines"] == {
        "Is for": "Not recorded",
        "Belongs to": scene.unit.name,
        "Last owner": "Nobody is recorded",
        "Uses": "No account that we know of",
        "Riskiest grants": "None that we know of",
    }


def test_three_are_named_and_the_rest_is_counted(scene):
    for number in range(5):
        scene.grant(entitlement__name=f"tool_{number}", risk=10 * number)
    for number in range(3):
        ClaimFactory(agent=scene.agent, account=AccountFactory(system=scene.system, name=f"more_{number}"))
    lines = shown(scene.agent)["lines"]
    assert lines["Riskiest grants"] == "tool_4 (medium), tool_3 (low), tool_2 (low) and 2 more"
    assert lines["Uses"] == "support in Airline, more_0 in Airline, more_1 in Airline and 1 more"


def test_the_last_owner_is_who_stopped_last(scene):
    Ownership.objects.filter(agent=scene.agent).update(until=clock.now() - timedelta(days=2))
    nadia = PersonFactory(name="Nadia", manager=None)
    OwnershipFactory(agent=scene.agent, person=nadia, until=clock.now() - timedelta(days=1))
    assert shown(scene.agent)["lines"]["Last owner"] == "Nadia"


def test_of_an_account_it_is_said_what_is_known_and_whose_it_could_be(scene):
    agent = AgentFactory(name="night-jobs")
    account = AccountFactory(system=scene.system, name="night_jobs", owner_hints=["runs at night"])
    GrantFactory(account=account, risk=65, entitlement__name="owner of schema tools")
    told = shown(account)
    assert told["lines"] == {
        "Is": "Log-in of Airline; may sign in",
        "Owner hint": "runs at night",
        "Last used": "Not observable: no log of Airline is read",
        "Riskiest grants": "owner of schema tools (high)",
        "Could be": "night-jobs (90 %): its name is the agent's",
    }
    assert told["could_be"] == [
        {"agent": agent.pk, "name": "night-jobs", "confidence": 90, "why": "its name is the agent's"}
    ]


def test_of_a_system_nothing_is_counted(scene):
    assert shown(scene.system) == {}


def test_who_stands_in_for_nobody_is_named_while_they_can(scene):
    Ownership.objects.filter(agent=scene.agent).update(until=clock.now())
    deputy = OwnershipFactory(agent=scene.agent, person=PersonFactory(name="Jon Bell"), role="deputy")
    assert shown(scene.agent)["lines"]["Stands in"] == "Jon Bell"
    type(deputy.person).objects.filter(pk=deputy.person_id).update(employment="left")
    assert "Stands in" not in shown(scene.agent)["lines"]
