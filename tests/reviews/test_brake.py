"""How much may happen by itself, and what a person does with the rest."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import clock
from governance.models import Grant, Intended
from reviews import brake, lapsing
from reviews.models import Hold, Remediation, Review
from reviews.models.remediation import State
from tests.factories import GrantFactory
from tests.reviews.factories import AskFactory
from tests.reviews.scene import again, carried_out, done, entry, held, put, silence, told

pytestmark = pytest.mark.django_db


def test_three_go_through_and_the_rest_is_held(scene):
    acts = silence(scene, 5)
    assert [act.hold is None for act in acts] == [True, True, True, False, False]
    assert [act.released_at is None for act in acts] == [False, False, False, True, True]
    hold = Hold.objects.get()
    assert hold.why == "More than 3 grants of Airline would have been suspended by policy within 60 minutes."
    assert (entry("hold.opened").body, entry("hold.opened").actor_id) == ({"limit": 3}, "brake")
    assert told(acts[2]) == ["remediation.planned"]
    assert told(acts[3]) == ["remediation.held"]


def test_what_is_held_is_suspended_in_intent_and_not_carried_out(scene):
    acts = silence(scene, 4)
    assert carried_out(acts[3]).state == State.PLANNED
    assert again(acts[2]).state == State.SENT
    assert {each.intended for each in Grant.objects.all()} == {Intended.SUSPENDED}
    assert sum("revoke" in call for call in scene.target.calls) == 3


def test_in_a_large_system_it_is_a_share(make_scene):
    scene = make_scene(brake_percent=10)
    GrantFactory.create_batch(40, account=scene.account)
    GrantFactory.create_batch(60, account=scene.account, closed_at=clock.now())
    GrantFactory.create_batch(60)
    acts = silence(scene, 6)
    assert brake.limit(scene.system, scene.policy.parameters) == 4, "10 % of 46, rounded down"
    assert held(acts) == 2


@settings(max_examples=20)
@given(floor=st.integers(0, 5), percent=st.integers(0, 100), grants=st.integers(0, 4))
def test_the_limit_is_the_larger_of_floor_and_share(scene, floor, percent, grants):
    parameters = type(scene.policy.parameters)(brake_floor=floor, brake_percent=percent)
    there = Grant.objects.open().of_system(scene.system.pk)
    GrantFactory.create_batch(max(0, grants - there.count()), account=scene.account)
    assert brake.limit(scene.system, parameters) == max(floor, int(there.count() * percent / 100))


def test_what_was_let_through_long_ago_does_not_count(scene):
    earlier = silence(scene, 3)
    Remediation.objects.filter(pk__in=[act.pk for act in earlier]).update(released_at="2026-01-01T00:00Z")
    assert held(silence(scene, 3)) == 0


def test_what_was_let_through_just_now_counts(scene):
    silence(scene, 2)
    assert held(silence(scene, 2)) == 1


def test_what_is_done_already_counts_too(scene):
    for act in silence(scene, 3):
        assert done(act).state == State.VERIFIED
    assert held(silence(scene, 1)) == 1


def test_while_it_is_held_everything_is(scene):
    silence(scene, 4)
    Remediation.objects.update(released_at=None)
    assert held(silence(scene, 2)) == 2
    assert Hold.objects.count() == 1


def test_one_systems_brake_is_not_anothers(scene, make_scene):
    silence(scene, 4)
    item = scene.asked()
    put(item.review)
    asked = {"item": item, "policy": scene.policy, "weight": 1, "at": clock.now()}
    assert brake.admit(system=scene.system, **asked) is not None
    assert brake.admit(system=GrantFactory().account.system, **asked) is None


# -- what nobody was asked


def test_what_was_put_to_nobody_waits_for_a_person(scene):
    item = scene.asked()
    at = clock.now()
    Review.objects.filter(pk=item.review_id).update(due_at=at, escalate_at=at, remind_at=at)
    assert lapsing.lapse_reviews() == 1
    act = Remediation.objects.get()
    assert act.hold.why == brake.NEVER_PUT
    assert again(item.grant).intended == Intended.SUSPENDED
    assert carried_out(act).state == State.PLANNED
    assert scene.holds(item.grant)


def test_what_was_put_to_nobody_does_not_stop_what_was(scene):
    unput = scene.asked()
    at = clock.now()
    Review.objects.filter(pk=unput.review_id).update(due_at=at, escalate_at=at, remind_at=at)
    lapsing.lapse_reviews()
    acts = silence(scene, 4)
    assert [act.hold is None for act in acts] == [True, True, True, False]
    hold = Hold.objects.get()
    assert "could not be put to anybody" in hold.why
    assert hold.why.endswith("would have been suspended by policy within 60 minutes.")


def test_a_question_that_could_not_be_delivered_was_put_to_nobody(scene):
    item = scene.asked()
    AskFactory(person=scene.owner, review=item.review, state="failed")
    AskFactory(person=scene.owner, review=item.review, purpose="reminder", state="sent", sent_at=clock.now())
    assert not Review.objects.put().exists()
    AskFactory(person=scene.owner, review=item.review, state="closed", sent_at=clock.now())
    assert Review.objects.put().get() == item.review
