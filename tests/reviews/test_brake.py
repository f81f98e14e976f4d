"""How much may happen by itself, and what a person does with the rest."""

import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance import clock
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import Account, Finding, Grant, Intended
from reviews import brake, lapsing, opening
from reviews.models import Ask, Hold, Item, Remediation, Review
from reviews.models.remediation import State
from tests.factories import AccountFactory, EntitlementFactory, GrantFactory, PersonFactory
from tests.reviews.factories import AskFactory
from tests.reviews.scene import again, carried_out, done, entry, late, put, told

pytestmark = pytest.mark.django_db


def silence(scene, number: int) -> list[Remediation]:
    """So many grants were asked about, and nobody answered."""
    grants = [scene.grant() for _ in range(number)]
    for grant in grants:
        scene.suspect(grant)
    opening.open_reviews()
    for item in Item.objects.open().filter(grant__in=grants).select_related("review"):
        if item.review.due_at > clock.now():
            late(item.review, days=15)
    lapsing.lapse_reviews()
    return list(Remediation.objects.filter(grant__in=grants).order_by("pk"))


def held(acts) -> int:
    return sum(act.hold_id is not None for act in acts)


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


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


# -- what an act weighs


def test_an_account_weighs_as_much_as_it_holds(scene):
    grants = [scene.grant() for _ in range(4)]
    GrantFactory(account=scene.account, closed_at=clock.now())
    assert brake.weight_of(scene.account) == 4
    assert brake.weight_of(grants[0]) == 1
    assert brake.weight_of(AccountFactory(system=scene.system)) == 1


def test_what_everyone_or_a_role_holds_weighs_as_many_accounts(scene):
    everyone, role = (AccountFactory(system=scene.system, kind=kind) for kind in ("everyone", "role"))
    members = EntitlementFactory(system=scene.system, confers=role)
    GrantFactory.create_batch(2, account=role)
    for _ in range(3):
        GrantFactory(account=AccountFactory(system=scene.system), entitlement=members)
    assert brake.weight_of(GrantFactory(account=role)) == 4, "the role and its three members"
    assert brake.weight_of(Grant.objects.filter(entitlement=members)[0]) == 3, "a membership is what it confers"
    assert brake.weight_of(GrantFactory(account=everyone)) == scene.system.accounts.count()


def nested(scene, depth: int) -> list[Account]:
    """Roles, each a member of the next."""
    roles: list[Account] = [AccountFactory(system=scene.system, kind="role") for _ in range(depth)]
    for member, role in pairwise(roles):
        GrantFactory(account=member, entitlement=EntitlementFactory(system=scene.system, confers=role))
    return roles


def test_memberships_of_members_count_however_deep(scene):
    first, *_, last = nested(scene, 4)
    GrantFactory.create_batch(20, account=last)
    membership = GrantFactory(account=scene.account, entitlement=EntitlementFactory(system=scene.system, confers=first))
    assert brake.weight_of(membership) == 23, "twenty, and the three memberships on the way"
    assert brake.weight_of(Grant.objects.filter(account=last)[0]) == 5, "four roles and the account"
    assert brake.weight_of(scene.account) == 24


def test_roles_that_are_members_of_each_other_end(scene):
    first, last = nested(scene, 2)
    GrantFactory(account=last, entitlement=EntitlementFactory(system=scene.system, confers=first))
    assert brake.weight_of(GrantFactory(account=first)) == 2


def test_one_act_that_weighs_more_than_the_limit_is_held(scene):
    GrantFactory.create_batch(4, account=scene.account)
    late(scene.asked_whose().review, days=15)
    lapsing.lapse_reviews()
    act = Remediation.objects.get()
    assert (act.act, act.weight) == ("disable", 4)
    assert act.hold is not None


def test_what_was_let_through_counts_by_its_weight(scene):
    earlier = silence(scene, 1)
    Remediation.objects.filter(pk=earlier[0].pk).update(weight=2)
    assert [act.hold is None for act in silence(scene, 2)] == [True, False]


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


# -- taken back


def test_a_hold_closes_with_the_last_that_waits_in_it(scene):
    acts = silence(scene, 5)
    hold = Hold.objects.get()
    scene.undo(acts[4].decision)
    assert again(hold).closed_at is None
    scene.undo(acts[3].decision)
    assert again(hold).closed_at is not None
    assert told(hold) == ["hold.opened", "hold.cancelled"]
    assert entry("hold.cancelled").actor_id == str(scene.owner.pk)


@pytest.mark.parametrize("verb", ["release", "cancel"])
def test_the_cards_of_what_was_held_are_rendered_again(scene, verb):
    act = silence(scene, 4)[3]
    copy = Ask.objects.filter(reviews=act.review).earliest("pk")
    Ask.objects.update(state="closed")
    hold, at = Hold.objects.get(), clock.now()
    if verb == "release":
        brake.release(hold=hold, count=1, by=scene.governor, at=at)
    else:
        brake.cancel(hold=hold, by=scene.governor, reason="Asked too late.", at=at)
    assert again(copy).state == "outdated"


def test_what_a_person_cancelled_cannot_be_taken_back_again(scene):
    acts = silence(scene, 4)
    brake.cancel(hold=Hold.objects.get(), by=scene.governor, reason="Asked too late.", at=clock.now())
    with pytest.raises(Conflict, match="nothing to take back"):
        scene.undo(acts[3].decision)
    assert again(acts[3].grant).intended == Intended.UNDECIDED


def test_what_people_decide_is_never_held(scene):
    silence(scene, 4)
    act = scene.act()
    assert (act.hold, act.automatic) == (None, False)
    assert held(silence(scene, 1)) == 1


# -- release


def test_the_oldest_are_released(scene):
    acts = silence(scene, 6)
    hold = Hold.objects.get()
    assert brake.release(hold=hold, count=2, by=scene.governor, at=clock.now()) == 2
    assert [again(act).hold is None for act in acts] == [True] * 5 + [False]
    assert [again(act).released_by_person for act in acts] == [False] * 3 + [True] * 2 + [False]
    hold = again(hold)
    assert (hold.released_count, hold.released_by, hold.closed_at) == (2, scene.governor, None)
    assert entry("hold.released").body == {"released": [str(acts[3].pk), str(acts[4].pk)], "left": 1}
    assert carried_out(acts[4]).state == State.SENT
    assert again(acts[5]).state == State.PLANNED


def test_the_hold_closes_with_the_last(scene):
    silence(scene, 5)
    hold = Hold.objects.get()
    brake.release(hold=hold, count=1, by=scene.system_owner, at=clock.now())
    assert brake.release(hold=hold, count=7, by=scene.governor, at=clock.now()) == 1, "one was left"
    assert again(hold).released_count == 2
    assert again(hold).closed_at is not None
    with pytest.raises(Conflict, match="closed already"):
        brake.release(hold=hold, count=1, by=scene.governor, at=clock.now())


def test_what_a_person_released_does_not_fill_the_brake(scene):
    acts = silence(scene, 6)
    brake.release(hold=Hold.objects.get(), count=3, by=scene.governor, at=clock.now())
    Remediation.objects.filter(pk__in=[act.pk for act in acts[:3]]).update(released_at="2026-01-01T00:00Z")
    assert held(silence(scene, 3)) == 0


@pytest.mark.parametrize("count", [0, -1])
def test_at_least_one_is_released(scene, count):
    silence(scene, 6)
    with pytest.raises(Invalid, match="at least one"):
        brake.release(hold=Hold.objects.get(), count=count, by=scene.governor, at=clock.now())
    assert Remediation.objects.filter(hold=None).count() == 3


# -- cancel


def test_cancelling_ends_what_waits_and_asks_again(scene):
    acts = silence(scene, 5)
    hold = Hold.objects.get()
    assert brake.cancel(hold=hold, by=scene.governor, reason="A migration; asked for by hand.", at=clock.now()) == 2
    assert [again(act).state for act in acts] == ["planned"] * 3 + ["cancelled"] * 2
    assert again(acts[4]).trouble == "Cancelled by Ines."
    assert again(hold).closed_at is not None
    told_of = entry("hold.cancelled")
    assert told_of.body == {"cancelled": [str(acts[3].pk), str(acts[4].pk)]}
    assert set(told_of.commitments) == {"reason"}
    cancelled = [act.grant for act in acts[3:]]
    assert {again(grant).intended for grant in cancelled} == {Intended.UNDECIDED}
    assert {each.state for each in Finding.objects.filter(grant__in=cancelled)} == {"open"}
    opening.open_reviews()
    assert Item.objects.open().filter(grant__in=cancelled).count() == 2


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_cancelling_wants_a_reason(scene, reason):
    silence(scene, 4)
    with pytest.raises(Invalid, match="Say why"):
        brake.cancel(hold=Hold.objects.get(), by=scene.governor, reason=reason, at=clock.now())
    assert Hold.objects.get().closed_at is None


def test_a_cancelled_hold_is_closed(scene):
    silence(scene, 4)
    hold = Hold.objects.get()
    brake.cancel(hold=hold, by=scene.governor, reason="No.", at=clock.now())
    with pytest.raises(Conflict, match="closed already"):
        brake.cancel(hold=hold, by=scene.governor, reason="No.", at=clock.now())


@pytest.mark.parametrize("who", ["owner", "deputy", "manager", "stranger"])
def test_only_the_systems_owner_and_governance_may(scene, who):
    silence(scene, 4)
    hold, at = Hold.objects.get(), clock.now()
    by = PersonFactory() if who == "stranger" else getattr(scene, who)
    only = re.escape(f"Only Omar or who governs {scene.unit.name} can do this.")
    with pytest.raises(NotAllowed, match=only):
        brake.release(hold=hold, count=1, by=by, at=at)
    with pytest.raises(NotAllowed, match=only):
        brake.cancel(hold=hold, by=by, reason="Please.", at=at)
    assert again(hold).closed_at is None


def test_a_system_owner_who_has_left_may_not(scene):
    silence(scene, 4)
    scene.system_owner.employment = "left"
    scene.system_owner.save()
    with pytest.raises(NotAllowed):
        brake.release(hold=Hold.objects.get(), count=1, by=scene.system_owner, at=clock.now())


def test_cancelling_about_an_agent_makes_it_active_and_asks_again(make_scene):
    scene = make_scene(brake_floor=0, brake_percent=0)
    item = scene.asked_whose()
    late(item.review, days=15)
    lapsing.lapse_reviews()
    assert again(scene.agent).lifecycle == "suspended"
    brake.cancel(hold=Hold.objects.get(), by=scene.system_owner, reason="The agent is needed tonight.", at=clock.now())
    assert again(scene.agent).lifecycle == "active"
    assert Finding.objects.get(agent=scene.agent).state == "open"
    opening.open_reviews()
    assert Item.objects.open().filter(subject_agent=scene.agent).exists()
