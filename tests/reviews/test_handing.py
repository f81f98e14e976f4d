"""Handing a question to a colleague: offered, accepted or declined; until then it stays where it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from governance import clock
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import Band, Employment
from reviews import handing, postponing, questions
from reviews.evidence import card, history
from reviews.models import Ask, Handover, Review, Verdict, Workspace
from tests.factories import PersonFactory
from tests.reviews.factories import AskFactory, SlackIdentityFactory, WorkspaceFactory
from tests.reviews.scene import VIA, again, entry, told, whom

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(scene):
    return WorkspaceFactory().team_id


@pytest.fixture
def jon(scene, team):
    """A colleague who has nothing to do with it."""
    person = PersonFactory(name="Jon", unit=scene.unit)
    SlackIdentityFactory(person=person, issuer=team)
    return person


@pytest.fixture
def review(scene) -> Review:
    return scene.asked().review


def offered(scene, review, to, **more) -> Handover:
    return handing.offer(review=review, to=to, by=more.pop("by", scene.owner), via=VIA, **more)


def test_until_it_is_accepted_it_stays_where_it_is(scene, review, jon):
    made = offered(scene, review, jon, reason=" Jon runs the night job. ")
    assert (made.reason, made.ending, whom(review)) == ("Jon runs the night job.", "", "Maria")
    ask = Ask.objects.get()
    assert (ask.purpose, ask.person, ask.state) == (Ask.Purpose.OFFER, jon, Ask.State.PENDING)
    assert card(review).offer == "Offered to Jon, who has not answered yet."
    assert told(made) == ["handover.offered"]
    assert entry("handover.offered").subjects[2] == {"kind": "person", "id": str(jon.pk)}


def test_who_offers_can_still_decide_and_the_offer_is_overtaken(scene, review, jon):
    made = offered(scene, review, jon)
    scene.decide(review.items.get(), Verdict.REVOKE)
    assert again(made).ending == Handover.Ending.OVERTAKEN
    with pytest.raises(Conflict, match="nothing left to hand over"):
        handing.accept(handover=made, by=jon, via=VIA)


def test_who_accepts_is_asked_and_who_offered_is_not(scene, review, jon):
    made = offered(scene, review, jon)
    assignment = handing.accept(handover=made, by=jon, via=VIA)
    assert (assignment.person, assignment.rule) == (jon, "handed")
    assert assignment.why == "because you took it over from Maria."
    assert again(made).ending == Handover.Ending.ACCEPTED
    assert review.assignments.get(person=scene.owner).ended_because == "handed to Jon"
    assert entry("assignment.closed").body == {"because": "handed to"}, "names are no part of the ledger"
    assert Review.objects.unasked(clock.now()).get() == review, "Jon gets the question itself"
    with pytest.raises(NotAllowed, match="Only Jon"):
        scene.decide(review.items.get(), Verdict.REVOKE)
    assert scene.decide(review.items.get(), Verdict.REVOKE, jon).person == jon


def test_the_deadline_runs_on(scene, review, jon):
    before = again(review).due_at
    handing.accept(handover=offered(scene, review, jon), by=jon, via=VIA)
    assert again(review).due_at == before


def test_who_declines_leaves_it_where_it_is(scene, review, jon):
    made = offered(scene, review, jon)
    handing.decline(handover=made, by=jon, via=VIA)
    assert (again(made).ending, whom(review)) == (Handover.Ending.DECLINED, "Maria")
    assert told(made) == ["handover.offered", "handover.ended"]
    assert card(review).offer == "Jon declined to take it over."


def test_the_same_click_delivered_again_answers_an_offer_once(scene, review, jon):
    pressed = replace(VIA, idempotency_key="slack:3")
    made = offered(scene, review, jon)
    for _ in range(3):
        handing.decline(handover=made, by=jon, via=pressed)
    made = offered(scene, review, jon)
    taken = {handing.accept(handover=made, by=jon, via=pressed) for _ in range(3)}
    assert [each.person for each in taken] == [jon]
    with pytest.raises(Conflict, match="accepted already"):
        handing.accept(handover=made, by=jon, via=VIA)


def test_the_same_click_again_offers_nothing_anew_after_a_decline(scene, review, jon):
    pressed, later = replace(VIA, idempotency_key="slack:1"), replace(VIA, idempotency_key="slack:2")
    made = handing.offer(review=review, to=jon, by=scene.owner, via=pressed)
    handing.decline(handover=made, by=jon, via=VIA)
    assert handing.offer(review=review, to=jon, by=scene.owner, via=pressed) == made
    assert told(made) == ["handover.offered", "handover.ended"]
    assert handing.offer(review=review, to=jon, by=scene.owner, via=later) != made


def test_the_way_that_it_took_stays_visible(scene, review, jon):
    handing.accept(handover=offered(scene, review, jon, reason="It is his."), by=jon, via=VIA)
    said = [event.text for event in history(review)]
    assert "Maria offered it to Jon. It is his." in said
    assert "Jon accepted." in said
    assert "Maria is not asked any more: handed to Jon." in said
    assert any(text.startswith("Jon is asked") for text in said)


@pytest.mark.parametrize("verb", [handing.accept, handing.decline])
def test_an_offer_is_answered_once(scene, review, jon, verb):
    made = offered(scene, review, jon)
    handing.decline(handover=made, by=jon, via=VIA)
    with pytest.raises(Conflict, match="declined already"):
        verb(handover=made, by=jon, via=VIA)


@pytest.mark.parametrize("verb", [handing.accept, handing.decline])
def test_nobody_else_answers_an_offer(scene, review, jon, verb):
    made = offered(scene, review, jon)
    for other in (scene.owner, scene.governor):
        with pytest.raises(NotAllowed, match="Only the colleague"):
            verb(handover=made, by=other, via=VIA)
    assert (again(made).ending, whom(review)) == ("", "Maria")


def test_who_is_away_by_now_cannot_accept(scene, review, jon):
    made = offered(scene, review, jon)
    type(jon).objects.filter(pk=jon.pk).update(employment=Employment.LEFT)
    with pytest.raises(NotAllowed):
        handing.accept(handover=made, by=again(jon), via=VIA)


def test_a_second_offer_overtakes_the_first(scene, review, jon, team):
    lena = PersonFactory(name="Lena", unit=scene.unit)
    SlackIdentityFactory(person=lena, issuer=team)
    first, second = offered(scene, review, jon), offered(scene, review, lena)
    assert (again(first).ending, again(second).ending) == (Handover.Ending.OVERTAKEN, "")
    with pytest.raises(Conflict, match="overtaken already"):
        handing.accept(handover=first, by=jon, via=VIA)


def test_the_same_offer_twice_is_one(scene, review, jon):
    assert offered(scene, review, jon) == offered(scene, review, jon)
    assert Ask.objects.count() == 1


def test_it_changes_hands_so_often_and_no_more(scene, review, jon, team):
    people = [jon, *(PersonFactory(name=name, unit=scene.unit) for name in ("Lena", "Noor"))]
    for person in people[1:]:
        SlackIdentityFactory(person=person, issuer=team)
    giver = scene.owner
    for taker in people[:2]:
        handing.accept(handover=offered(scene, review, taker, by=giver), by=taker, via=VIA)
        giver = taker
    with pytest.raises(Conflict, match="changed hands 2 times already"):
        offered(scene, review, people[2], by=giver)


@pytest.mark.parametrize(
    ("to", "says"),
    [("owner", "asked already"), ("away", "is away or has left"), ("asked_before", "was asked this before")],
)
def test_whom_it_cannot_be_offered_to(scene, review, jon, to, says):
    away = PersonFactory(name="Ada", employment=Employment.LEFT)
    if to == "asked_before":
        questions.pass_on(review, because="silence", at=clock.now())
    by = scene.deputy if to == "asked_before" else scene.owner
    whom_to = {"owner": scene.owner, "away": away, "asked_before": scene.owner}[to]
    with pytest.raises(Invalid, match=says):
        offered(scene, review, whom_to, by=by)
    assert not Handover.objects.exists()


def test_whom_nothing_reaches_cannot_be_offered_anything(scene, review):
    lena = PersonFactory(name="Lena", unit=scene.unit)
    with pytest.raises(Invalid, match="Neither Slack nor e-mail reaches Lena"):
        offered(scene, review, lena)
    assert (card(review).offer, Ask.objects.count()) == ("", 0)


def test_only_who_is_asked_can_offer_it(scene, review, jon):
    with pytest.raises(NotAllowed, match="Only Maria"):
        offered(scene, review, jon, by=scene.deputy)


def paused(person):
    postponing.pause(person=person, days=7, via=VIA)


def test_an_offer_waits_for_the_end_of_a_pause(scene, review, jon):
    paused(jon)
    offered(scene, review, jon)
    assert handing.tell_colleagues() == 0
    assert not Ask.objects.exists()
    assert card(review).offer == "Offered to Jon, who has not answered yet."
    postponing.end_pause(person=jon, via=VIA)
    assert handing.tell_colleagues() == 1
    assert handing.tell_colleagues() == 0, "once"
    ask = Ask.objects.get()
    assert (ask.purpose, ask.person, list(ask.reviews.all())) == (Ask.Purpose.OFFER, jon, [review])


def test_an_offer_that_is_over_is_not_told_of_afterwards(scene, review, jon):
    paused(jon)
    offered(scene, review, jon)
    questions.pass_on(review, because="silence", at=clock.now())
    postponing.end_pause(person=jon, via=VIA)
    assert handing.tell_colleagues() == 0


def test_what_is_critical_is_offered_at_once(scene, review, jon):
    paused(jon)
    Review.objects.update(severity=Band.CRITICAL)
    offered(scene, review, jon)
    assert Ask.objects.get().person == jon


def test_so_is_what_soon_goes_to_somebody_else(scene, review, jon):
    paused(jon)
    soon = clock.now() + timedelta(hours=6)
    Review.objects.update(remind_at=soon, escalate_at=soon)
    offered(scene, review, jon)
    assert Ask.objects.get().person == jon


def test_who_cannot_be_reached_any_more_is_told_later(scene, review, jon, team):
    paused(jon)
    offered(scene, review, jon)
    postponing.end_pause(person=jon, via=VIA)
    Workspace.objects.update(state=Workspace.State.PAUSED)
    assert handing.tell_colleagues() == 0
    assert Ask.objects.get().state == Ask.State.FAILED
    Workspace.objects.update(state=Workspace.State.ACTIVE)
    assert handing.tell_colleagues() == 1
    assert Ask.objects.get().state == Ask.State.PENDING


def test_a_question_that_was_handed_over_stands_on_the_new_persons_page(scene, review, jon):
    made = offered(scene, review, jon)
    page = AskFactory(person=jon, purpose=Ask.Purpose.HOME, state=Ask.State.SENT, external_id="V1")
    handing.accept(handover=made, by=jon, via=VIA)
    assert again(page).state == Ask.State.OUTDATED


def test_a_question_that_passes_on_takes_its_offer_with_it(scene, review, jon):
    made = offered(scene, review, jon)
    questions.pass_on(review, because="silence", at=clock.now())
    assert again(made).ending == Handover.Ending.OVERTAKEN
    assert whom(review) == "Deniz"
