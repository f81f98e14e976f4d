"""What waits for me, and what I decided last."""

import pytest
from django.urls import reverse

from reviews import opening
from reviews.models import Item, Review, Verdict
from tests.factories import AgentFactory
from tests.reviews.scene import done, late, only_act

pytestmark = pytest.mark.django_db
QUEUE = reverse("web:queue")


def test_an_empty_queue_says_what_happens_next(maria):
    text = maria.get(QUEUE).text
    assert "Nothing to review, Maria." in text
    assert "You are asked when something needs your answer." in text
    assert "None yet." in text


def test_the_next_deadline_comes_first_and_agents_stay_together(maria, scene):
    first, second, third = (scene.asked().review for _ in range(3))
    Review.objects.update(question="Later?")
    late(third, hours=2)
    Review.objects.filter(pk=third.pk).update(question="Sooner?")
    other = AgentFactory(name="ops-briefing")
    second.items.update(agent=other)
    html = maria.get(QUEUE).html
    assert "Three questions wait for your answer. The first is due" in html
    places = [
        html.index(f"{words}")
        for words in (">airline-support<", f"{third} ", f"{first} ", ">ops-briefing<", f"{second} ")
    ]
    assert places == sorted(places)


def test_each_that_is_decided_by_itself_is_a_question(maria, scene):
    for _ in range(3):
        scene.suspect(scene.grant())
    opening.open_reviews()
    text = maria.get(QUEUE).text
    assert "Three questions wait for your answer. The first is due" in text
    assert "3 to decide." in text
    scene.decide(Item.objects.earliest("pk"), Verdict.REVOKE)
    text = maria.get(QUEUE).text
    assert "Two questions wait for your answer." in text
    assert "2 of 3 to decide." in text


def test_only_what_i_am_asked_stands_there(maria, scene, read, item):
    assert item.review.question in maria.get(QUEUE).text
    assert item.review.question not in read(scene.deputy).get(QUEUE).text
    scene.decide(item, Verdict.UNSURE)
    assert item.review.question not in maria.get(QUEUE).text
    assert item.review.question in read(scene.deputy).get(QUEUE).text


def test_decision_and_execution_stand_apart(maria, scene):
    act = only_act(scene.decided(Verdict.REVOKE))
    text = maria.get(QUEUE).text
    assert "Revoke Revoking" in text
    done(act)
    assert "Revoke Verified" in maria.get(QUEUE).text


def test_the_last_twenty_of_them(maria, scene):
    for _ in range(21):
        scene.decided(Verdict.REVOKE)
    assert maria.get(QUEUE).text.count("Revoking") == 20


def test_hostile_names_are_text_and_turn_nothing_round(maria, scene, item):
    name = "<script>alert(1)</script>\u202eecila\u202c\u200b" + "x" * 100
    scene.agent.name = name
    scene.agent.save()
    Review.objects.update(question=f"Does {name} still need it?")
    for address in (QUEUE, reverse("web:record", args=[item.review_id])):
        html = maria.get(address).html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;ecilax" in html
        assert "<script" not in html
