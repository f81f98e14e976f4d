"""When one click keeps something, and when policy wants words."""

import pytest

from governance.errors import Invalid
from reviews import evidence
from reviews.models import Answer, Verdict
from reviews.models.decision import Task
from tests.reviews.scene import HIGH, MEDIUM, used

SEEN = {"use": "used"}


def put(scene, *, facts=None, **more):
    """An item whose facts say that it was used."""
    item = scene.asked(**more)
    item.facts |= SEEN if facts is None else facts
    return item


@pytest.mark.parametrize(
    ("risk", "facts", "because"),
    [
        (MEDIUM, SEEN, ()),
        (HIGH, SEEN, ("its risk is high",)),
        (MEDIUM, {"use": "unused"}, ("no recent use has been seen",)),
        (MEDIUM, {"use": "not_observable"}, ("its use cannot be observed",)),
        (HIGH, {"use": "unused"}, ("its risk is high", "no recent use has been seen")),
    ],
)
def test_words_are_wanted_where_risk_is_high_or_use_was_not_seen(scene, risk, facts, because):
    item = put(scene, facts=facts, risk=risk)
    assert evidence.keeping(item, by=scene.owner).because == because


def answered(scene, verdict, reason=""):
    item = scene.asked()
    said = {"surface": "slack", "assurance": "simulated", "at": item.review.opened_at}
    remains = {"remains": {"text": "read"}} if verdict == "reduce" else {}
    assignment = item.review.assignments.get()
    return Answer.objects.create(
        item=item, assignment=assignment, person=scene.owner, verdict=verdict, reason=reason, **remains, **said
    )


@pytest.mark.parametrize(
    ("before", "streak"),
    [
        ([], 0),
        ([("keep", ""), ("keep", "")], 2),
        ([("keep", ""), ("keep", ""), ("revoke", "")], 0),
        ([("keep", ""), ("keep", "It is needed on Fridays.")], 0),
        ([("keep", ""), ("keep", "."), ("keep", ""), ("keep", ".")], 4),
        ([("keep", "ok"), ("keep", "needed")], 2),
        ([("keep", "It is needed on Fridays."), ("keep", "it is needed on fridays")], 1),
        ([("keep", "It is needed on Fridays."), ("keep", ""), ("keep", "It is needed, on Fridays")], 2),
        ([("revoke", "It is needed on Fridays."), ("keep", "It is needed on Fridays.")], 0),
        ([("revoke", ""), ("keep", "")], 1),
        ([("keep", ""), ("unsure", ""), ("keep", "")], 1),
    ],
)
def test_the_third_keep_in_a_row_without_a_new_reason_needs_one(scene, before, streak):
    for verdict, reason in before:
        answered(scene, verdict, reason)
    item = put(scene)
    assert evidence.streak(scene.owner, length=15) == streak
    assert evidence.keeping(item, by=scene.owner).needs_reason == (streak >= 2)
    assert not evidence.keeping(item, by=scene.deputy).needs_reason, "somebody else's streak"


def test_one_dot_is_taken_and_does_not_end_the_streak(scene):
    for reason in ("", "."):
        assert scene.decide(used(scene.asked()), Verdict.KEEP, reason=reason).reason == reason
    with pytest.raises(Invalid, match="0 of at least 15 characters"):
        scene.decide(used(scene.asked()), Verdict.KEEP, reason=".")
    given = scene.decide(used(scene.asked()), Verdict.KEEP, reason="Refunds are paid every Friday.")
    assert given.streak == 2
    assert not evidence.keeping(used(scene.asked()), by=scene.owner).needs_reason


def test_what_is_stored_with_an_answer(scene):
    answered(scene, "keep")
    item = scene.asked()
    given = scene.decide(item, Verdict.KEEP, reason="Refunds are paid every Friday.", task=Task.CURRENT, days=30)
    assert (given.streak, given.looked, given.task, given.days) == (1, False, "current", 30)
    assert (given.decision.keep_until - given.decision.at).days == 30


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("needed", "6 of at least 15 characters"),
        ("   needed         ", "6 of at least 15 characters"),
        ("", "0 of at least 15 characters"),
    ],
)
def test_too_few_words_are_refused_with_their_number(scene, reason, says):
    with pytest.raises(Invalid, match=says):
        scene.decide(scene.asked(risk=HIGH), Verdict.KEEP, reason=reason)


@pytest.mark.parametrize("again", ["It is needed on Fridays.", "it is needed  ON fridays", "It is needed, on Fridays!"])
def test_the_words_of_one_of_the_last_three_keeps_are_refused(scene, again):
    answered(scene, "keep", "It is needed on Fridays.")
    for number in range(2):
        answered(scene, "keep", f"Something else, number {number}.")
    with pytest.raises(Invalid, match="one of your last 3 reasons"):
        scene.decide(scene.asked(risk=HIGH), Verdict.KEEP, reason=again)
    answered(scene, "keep", "Something else, number 3.")
    assert scene.decide(scene.asked(risk=HIGH), Verdict.KEEP, reason=again).reason == again, "the fourth before"


def test_short_and_repeated_words_push_no_reason_out_of_the_last_three(scene):
    answered(scene, "keep", "It is needed on Fridays.")
    for reason in ("ok", ".", "Refunds are paid by night.", "Refunds are paid by night.", "Refunds are paid by night!"):
        answered(scene, "keep", reason)
    with pytest.raises(Invalid, match="one of your last 3 reasons"):
        scene.decide(scene.asked(risk=HIGH), Verdict.KEEP, reason="It is needed on Fridays.")


@pytest.mark.parametrize(("days", "allowed"), [(1, True), (90, True), (91, False), (0, False), (36500, False)])
def test_nothing_is_kept_longer_than_policy_allows(scene, days, allowed):
    item = scene.asked(risk=HIGH)
    if allowed:
        decision = scene.decide(item, Verdict.KEEP, days=days).decision
        assert (decision.keep_until - decision.at).days == days
    else:
        with pytest.raises(Invalid, match="policy allows 1 to 90") as refusal:
            scene.decide(item, Verdict.KEEP, days=days)
        assert refusal.value.field == "days"


def test_what_can_be_chosen_is_the_policys_and_less(scene):
    assert evidence.keeping(scene.asked(risk=HIGH), by=None).days == (90, 60, 30)


def test_what_can_be_chosen_never_exceeds_policy(make_scene):
    lasting = {"low": 86400 * 45, "medium": 86400 * 45, "high": 3600, "critical": 3600}
    short = make_scene(lease_seconds=lasting)
    assert evidence.keeping(short.asked(risk=MEDIUM), by=None).days == (45, 30)
    assert evidence.keeping(short.asked(risk=HIGH), by=None).days == (1,)


def test_revoking_never_needs_words(scene):
    for _ in range(3):
        answered(scene, "keep")
    assert scene.decide(scene.asked(risk=HIGH), Verdict.REVOKE).reason == ""
