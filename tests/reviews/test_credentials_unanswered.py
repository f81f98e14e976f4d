"""Credentials that nobody answers for: silence disables and never removes, and what is over is asked no more."""

from datetime import timedelta

import pytest

from governance import checking, clock
from governance.models import Credential, Finding, Lease
from governance.policy import facts
from reviews import lapsing, opening, removing, withdrawing
from reviews.models import Decision, Item, Remediation, Verdict
from tests.factories import FindingFactory
from tests.reviews.keys import a_key, ask
from tests.reviews.scene import again, done, held, late, only_act, words


@pytest.fixture
def key(scene) -> Credential:
    """An old access key of the agent's account, that the system lets be used."""
    return a_key(scene)


# -- silence


def test_silence_disables_and_never_removes(scene, key):
    asked = ask(key)
    late(asked.review, days=40)
    lapsing.lapse_reviews()
    decision = Decision.objects.get(item=asked)
    act = done(only_act(decision))
    assert (decision.verdict, act.act, act.automatic, act.state) == ("suspend", "disable", True, "verified")
    assert (act.removes_at, again(key).intended) == (None, "suspended")
    Remediation.objects.update(verified_at=clock.now() - timedelta(days=400))
    assert removing.remove_shut() == 0


def test_a_credential_weighs_what_its_account_holds(scene, key):
    for _ in range(4):
        scene.grant()
    late(ask(key).review, days=40)
    lapsing.lapse_reviews()
    [act] = Remediation.objects.all()
    assert (act.weight, held([act])) == (4, 1)


def test_silence_about_one_agent_takes_nothing_from_another_that_keeps_it(scene, key):
    other = scene.another_agent()
    checking.check_credentials()
    opening.open_reviews()
    mine, theirs = (Item.objects.get(credential=key, agent=agent) for agent in (scene.agent, other))
    scene.decide(theirs, Verdict.KEEP, other.accountable(clock.now()), reason=words(theirs))
    late(mine.review, days=40)
    lapsing.lapse_reviews()
    assert again(mine).state == "withdrawn"
    assert not Remediation.objects.exists()


def test_a_keep_from_before_the_question_does_not_answer_it(scene, key):
    other = scene.another_agent()
    checking.check_credentials()
    opening.open_reviews()
    for item in Item.objects.open():
        scene.decide(item, Verdict.KEEP, item.review.assignment.person, reason=words(item))
    Decision.objects.update(at=clock.now() - timedelta(days=60))
    FindingFactory(check_name="unused_credential", grant=None, credential=key, unit=scene.unit, facts={})
    opening.open_reviews()
    for item in Item.objects.open().filter(agent__in=[scene.agent, other]):
        late(item.review, days=40)
    assert lapsing.lapse_reviews() == 2
    assert again(key).intended == "suspended"


def test_the_first_day_of_a_system_shuts_no_key(scene, key):
    at, grant = clock.now(), scene.grant(risk=85)
    lent = {"starts_at": at - timedelta(days=1), "ends_at": at + timedelta(days=9)}
    Lease.objects.create(grant=grant, entitlement=grant.entitlement, basis="first_seen", **lent)
    review = ask(key).review
    assert (review.severity, review.due_at - review.opened_at > timedelta(days=8)) == ("critical", True)


# -- without an answer


def test_what_was_shut_outside_is_not_asked_any_more(scene, key):
    asked = ask(key)
    Credential.objects.update(active=False)
    checking.check_credentials()
    withdrawing.withdraw_items()
    assert again(asked).state == "withdrawn"


def test_what_is_gone_is_not_asked_any_more(scene, key):
    asked = ask(key)
    Credential.objects.update(seen="absent")
    withdrawing.withdraw_items()
    assert (again(asked).state, Finding.objects.filter(state="cleared").count()) == ("withdrawn", 2)


def test_facts_move_toward_less_where_it_is_shut(key):
    before = facts.of_credential(key)
    Credential.objects.update(active=False)
    assert facts.drift(before, facts.of_credential(key)).less == ["active"]
