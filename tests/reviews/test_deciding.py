"""A person answers: whose answer counts, and that it comes neither too late nor to what has changed since."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from governance import clock
from governance.errors import Conflict, Drifted, NotAllowed
from governance.models import Band, Employment, Grant
from governance.policy import facts
from reviews import deciding, lapsing
from reviews.models import Answer, Ask, Decision, Item, Remediation, Verdict
from tests.reviews.factories import AskFactory
from tests.reviews.scene import VIA, again, entry, late, nothing_was_said, told

pytestmark = pytest.mark.django_db


# -- an answer


def test_an_answer_is_stored_as_it_was_given(scene, item):
    shown_at = clock.now() - timedelta(seconds=1200)
    via = replace(VIA, shown_hash="a" * 64, shown_at=shown_at, idempotency_key="click-1")
    given = scene.decide(item, Verdict.REVOKE, via=via, reason="  Nobody refunds by agent.  ")
    assert (given.person, given.assignment, given.verdict) == (scene.owner, item.review.assignments.get(), "revoke")
    assert (given.surface, given.assurance) == ("slack", "simulated")
    assert (given.shown_hash, given.reason) == ("a" * 64, "Nobody refunds by agent.")
    assert given.dwell_ms == (given.at - shown_at) // timedelta(milliseconds=1)


def test_it_is_told_by_whom_by_what_right_and_what_was_shown(scene, item):
    given = scene.decide(item, Verdict.REVOKE, via=replace(VIA, shown_hash="b" * 64), reason="Not needed.")
    told_of = entry("answer.recorded")
    assert (told_of.actor_kind, told_of.actor_id) == ("person", str(scene.owner.pk))
    assert told_of.authority == f"assignment:{given.assignment_id}"
    assert (told_of.surface, told_of.assurance) == ("slack", "simulated")
    assert told_of.body["shown"] == "b" * 64
    assert told_of.body["fingerprint"] == item.fingerprint
    assert set(told_of.commitments) == {"reason"}
    assert "Not needed" not in str(told_of.body)


def test_a_second_click_of_the_same_is_the_same_answer(scene, item):
    via = replace(VIA, idempotency_key="click-1")
    first = scene.decide(item, Verdict.REVOKE, via=via)
    assert scene.decide(item, Verdict.REVOKE, via=via) == first
    assert Answer.objects.count() == Decision.objects.count() == Remediation.objects.count() == 1


# -- who may


def test_a_key_that_came_with_another_answer_is_refused(scene, item):
    via = replace(VIA, idempotency_key="click-1")
    scene.decide(item, Verdict.KEEP, via=via)
    other = scene.asked()
    with pytest.raises(Conflict, match="used for another answer"):
        scene.decide(other, Verdict.KEEP, via=via)
    with pytest.raises(Conflict, match="used for another answer"):
        scene.decide(item, Verdict.KEEP, by=scene.deputy, via=via)
    assert again(other).state == "open"


def test_only_who_is_asked_can_decide(scene, item):
    with pytest.raises(NotAllowed, match=r"^Only Maria can decide this now\.$"):
        scene.decide(item, Verdict.REVOKE, by=scene.deputy)
    assert nothing_was_said()


@pytest.mark.parametrize("who", ["manager", "governor", "system_owner"])
def test_rank_is_no_authority(scene, item, who):
    with pytest.raises(NotAllowed):
        scene.decide(item, Verdict.REVOKE, by=getattr(scene, who))


def test_without_an_assignment_nobody_can(scene, item):
    item.review.assignments.update(until=timezone.now())
    with pytest.raises(NotAllowed, match="Nobody is asked this now"):
        scene.decide(item, Verdict.REVOKE)


@pytest.mark.parametrize(
    "how",
    [
        {"employment": Employment.LEFT},
        {"employment": Employment.AWAY, "away_until": timezone.now() + timedelta(days=9)},
        {"is_active": False},
    ],
)
def test_who_left_between_ask_and_click_cannot(scene, item, how):
    type(scene.owner).objects.filter(pk=scene.owner.pk).update(**how)
    with pytest.raises(NotAllowed, match="your answer cannot count"):
        scene.decide(item, Verdict.KEEP, by=again(scene.owner))
    assert nothing_was_said()


# -- too late


@pytest.mark.parametrize(("verdict", "word"), [(Verdict.KEEP, "kept"), (Verdict.REVOKE, "revoked")])
def test_it_refuses_a_second_answer_and_says_whose_was_first(scene, item, verdict, word):
    scene.decide(item, verdict)
    at = Decision.objects.get().at
    with pytest.raises(Conflict, match=f"^Already {word} by Maria at {at:%H:%M}"):
        scene.decide(item, Verdict.KEEP)
    assert Answer.objects.count() == 1


def test_when_it_was_is_said_by_the_clock_of_who_is_told(scene, item):
    scene.decide(item, Verdict.REVOKE)
    at = Decision.objects.get().at
    scene.deputy.time_zone = "Asia/Kathmandu"
    there = (at + timedelta(hours=5, minutes=45)).strftime("%H:%M on %-d %b %Y")
    said = deciding.ended(again(item), to=scene.deputy, at=at + timedelta(days=1))
    assert said == f"Already revoked by Maria at {there}."


def test_what_lapsed_says_so(scene, item):
    late(item.review, days=15)
    lapsing.lapse_reviews()
    with pytest.raises(Conflict, match=rf"Already suspended by policy {scene.policy.number} at"):
        scene.decide(item, Verdict.KEEP)


def test_what_was_withdrawn_says_so(scene, item):
    Item.objects.filter(pk=item.pk).update(state="withdrawn", closed_at=timezone.now())
    with pytest.raises(Conflict, match="withdrawn: there is nothing left to decide"):
        scene.decide(item, Verdict.KEEP)


# -- drift


def test_more_risk_asks_again(scene, item):
    ask = AskFactory(person=scene.owner, review=item.review, state=Ask.State.SENT)
    Grant.objects.filter(pk=item.grant_id).update(risk=65)
    with pytest.raises(Drifted, match=r"^This changed since it was shown to you: band\..*decide again"):
        scene.decide(item, Verdict.KEEP, fingerprint=item.fingerprint)
    assert nothing_was_said()
    assert again(item).facts["band"] == "high", "it is brought up to date"
    assert again(item).fingerprint == facts.fingerprint(again(item).facts) != item.fingerprint
    assert again(ask).state == Ask.State.OUTDATED
    drifted = entry("item.drifted")
    assert drifted.body == {"more": ["band"], "fingerprint": again(item).fingerprint}


def test_after_the_second_look_it_counts(scene, item):
    Grant.objects.filter(pk=item.grant_id).update(risk=65)
    with pytest.raises(Drifted):
        scene.decide(item, Verdict.REVOKE)
    fresh = again(item)
    assert scene.decide(fresh, Verdict.REVOKE, fingerprint=fresh.fingerprint).decision.facts["band"] == "high"


def test_what_was_read_before_the_change_is_stale(scene, item):
    Grant.objects.filter(pk=item.grant_id).update(risk=65)
    for _ in range(2):
        with pytest.raises(Drifted):
            scene.decide(item, Verdict.REVOKE, fingerprint=item.fingerprint)
    assert nothing_was_said()


@pytest.mark.parametrize("name", ["instance", "condition", "effect"])
def test_another_thing_than_was_shown_asks_again(scene, item, name):
    Grant.objects.filter(pk=item.grant_id).update(**{name: "deny" if name == "effect" else "another"})
    with pytest.raises(Drifted, match=f"shown to you: {name}"):
        scene.decide(item, Verdict.REVOKE)


def test_another_definition_asks_again(scene, item):
    type(item.grant.entitlement).objects.update(definition_digest="9" * 64)
    with pytest.raises(Drifted, match="shown to you: definition"):
        scene.decide(item, Verdict.KEEP)


def test_less_risk_is_noted_and_counts(scene, item):
    Grant.objects.filter(pk=item.grant_id).update(risk=10)
    given = scene.decide(item, Verdict.KEEP)
    assert given.decision.facts["band"] == "low"
    assert given.decision.keep_until - given.decision.at == timedelta(days=180), "the lease of what it is now"
    assert not told(item, "item").count("item.drifted")


def test_the_facts_of_other_subjects_stay(scene, item):
    other = Item(facts={"subject": "x", "band": Band.LOW})
    assert deciding.current_facts(other, at=clock.now()) == {"subject": "x", "band": Band.LOW}
