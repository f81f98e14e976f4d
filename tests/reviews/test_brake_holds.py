"""What a person does with what the brake holds."""

import re

import pytest

from governance import clock
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import Finding, Grant, Intended
from reviews import brake, lapsing, opening
from reviews.models import Ask, Hold, Item, Remediation
from reviews.models.remediation import State
from tests.factories import PersonFactory
from tests.reviews.scene import again, carried_out, entry, held, late, silence, told

pytestmark = pytest.mark.django_db


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


def test_what_went_outside_while_it_was_held_is_looked_for_again(scene):
    waits = silence(scene, 5)[4]
    Grant.objects.filter(pk=waits.grant_id).update(seen="absent")  # as syncing says of what is to be suspended
    brake.cancel(hold=Hold.objects.get(), by=scene.governor, reason="Asked too late.", at=clock.now())
    assert again(waits.grant).seen == "unknown"


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
