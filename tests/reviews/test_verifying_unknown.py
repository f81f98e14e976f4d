"""What a read does not show, or cannot tell."""

from datetime import timedelta

import pytest

from connectors.errors import Incomplete, Transient
from governance import clock
from governance.models import System
from reviews import verifying
from reviews.models import Remediation
from reviews.models.remediation import State
from tests.reviews.scene import again, carried_out, done, entry, looked_at, overdue_now, told
from tests.reviews.target import ReadOnly, door, everyone

pytestmark = pytest.mark.django_db


# -- not gone, not known


def test_what_is_still_there_is_sent_again(scene):
    scene.target.deaf = True
    act = looked_at(carried_out(scene.act()))
    assert (act.state, act.attempts) == (State.PLANNED, 1)
    assert act.trouble == "A fresh read still shows it as it was."
    assert act.next_at > clock.now()
    assert entry("remediation.failed").body == {"shown": "direct present, effective present", "attempt": 2}
    assert again(act.grant).closed_at is None
    scene.target.deaf = False
    overdue_now(act)
    assert done(act).state == State.VERIFIED


def test_what_a_system_pretends_for_long_is_a_persons(make_scene):
    scene = make_scene(stuck_attempts=1)
    scene.target.deaf = True
    act = done(scene.act())
    overdue_now(act)
    act = done(act)
    assert act.state == State.STUCK
    assert told(act)[-1] == "remediation.stuck"


@pytest.mark.parametrize("error", [Transient("restarting"), Incomplete("cannot see the schema")])
def test_what_could_not_be_read_is_unknown(scene, sent, error):
    scene.target.trouble = [error]
    assert verifying.verify_sent() == 1
    act = again(sent)
    assert (act.state, act.attempts) == (State.SENT, 1)
    assert act.trouble == f"{type(error).__name__}: {error}"
    assert act.next_at > clock.now()
    assert again(act.grant).seen == "present", "unknown is never absent"
    overdue_now(act)
    assert looked_at(act).state == State.VERIFIED


def test_a_read_that_cannot_tell_is_unknown(scene, sent):
    scene.target.blind = True
    act = looked_at(sent)
    assert (act.state, act.trouble) == (State.SENT, "Unsupported: The read could not tell.")
    assert act.tries.latest("number").outcome == "direct unknown, effective unknown"


@pytest.mark.parametrize("kind", ["grant", "account"])
def test_a_system_that_cannot_be_read_is_not_proven(scene, monkeypatch, kind):
    act = scene.act()
    if kind == "account":
        Remediation.objects.filter(pk=act.pk).update(act="disable", grant=None, account=scene.account)
    act = carried_out(act)
    monkeypatch.setattr(door, "behind", ReadOnly())
    act = looked_at(act)
    assert act.state == State.SENT
    assert "a person has to attest it" in act.trouble


# -- what stays unknown, and what is read again and again


def lives_on(scene) -> Remediation:
    """A removal after which everyone can still use it."""
    act = scene.act()
    scene.target.others = [everyone(act.grant.entitlement.native_id)]
    return done(act)


def test_what_was_sent_and_cannot_be_read_for_long_is_a_persons(make_scene):
    scene = make_scene(stuck_attempts=2)
    act = carried_out(scene.act())
    scene.target.blind = True
    for _ in range(2):
        assert looked_at(act).state == State.SENT
        overdue_now(act)
    act = looked_at(act)
    assert (act.state, act.trouble) == (State.STUCK, "Unsupported: The read could not tell.")
    told_last = entry("remediation.stuck")
    assert told_last.body == {"error": "Unsupported", "attempt": 5}
    assert act.tries.latest("number").response == {"error": "The read could not tell."}, "what a log can say of it"
    scene.target.blind = False
    overdue_now(act)
    assert done(act).state == State.VERIFIED, "it is still tried, slowly"


def test_the_same_read_again_is_not_written_down_again(scene):
    act = lives_on(scene)
    reads = act.tries.count()
    for _ in range(3):
        overdue_now(act)
        looked_at(act)
    assert act.tries.count() == reads
    scene.target.others = scene.target.others[:0]
    overdue_now(act)
    assert looked_at(act).state == State.VERIFIED
    assert act.tries.count() == reads + 1


def test_how_often_it_is_read_again_is_policys(make_scene):
    scene = make_scene(verify_seconds=60)
    act = lives_on(scene)
    assert timedelta(seconds=50) < act.next_at - clock.now() < timedelta(seconds=70)


def test_where_a_secret_of_ours_is_missing_it_is_a_persons_too(make_scene, settings):
    scene = make_scene(stuck_attempts=0)
    act = carried_out(scene.act())
    System.objects.filter(pk=scene.system.pk).update(config={"at": "env:NOT_SET_ANYWHERE"})
    act = looked_at(act)
    assert (act.state, act.trouble.split(":")[0]) == (State.STUCK, "ConfigInvalid")


def test_what_raises_again_and_again_is_a_persons(make_scene):
    scene = make_scene(stuck_attempts=1)
    act = carried_out(scene.act())
    scene.target.trouble = [RuntimeError("a fault of ours")] * 2
    assert looked_at(act).state == State.SENT
    overdue_now(act)
    act = looked_at(act)
    assert (act.state, act.trouble) == (State.STUCK, "RuntimeError: a fault of ours")
