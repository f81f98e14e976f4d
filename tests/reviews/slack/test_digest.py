"""The routine questions of a day in one message."""

from dataclasses import replace
from datetime import timedelta

import pytest

from demo.cards.surfaces import rows_of
from demo.slack.blocks import message_faults
from governance import clock
from governance.models import Band
from reviews.models import Answer, Ask, Assignment, State
from reviews.slack import digest as digests
from tests.factories import AgentFactory, PersonFactory
from tests.reviews.factories import AssignmentFactory
from tests.reviews.slack.cards import NOW, card, copy, item, outcome
from tests.reviews.slack.clicking import buttons, choice, click, posted
from tests.reviews.slack.lint import problems, texts
from tests.reviews.slack.queue import another, digest, sweep


def cards(number, **more):
    """So many questions, each of an agent of its own, due one after the other."""
    asked = {"agent": "airline-support"} | more
    return [card(item(n), review_id=n, due_at=NOW + timedelta(days=n), **asked) for n in range(1, number + 1)]


def message(*given, theirs=None, severity=Band.MEDIUM):
    found = rows_of(*(replace(each, severity=severity) for each in given))
    mine = frozenset(row.card.review_id for row in found) if theirs is None else frozenset(theirs)
    shown = digests.message(found, copy(), theirs=mine)
    assert message_faults(shown.blocks) == []
    assert problems(shown.text, shown.blocks) == []
    return shown


def pressable(shown):
    return [each["action_id"] for block in shown.blocks if block["type"] == "actions" for each in block["elements"]]


def words(shown):
    return "\n".join(texts(shown.blocks))


def test_five_at_most_and_the_rest_is_counted():
    shown = message(*cards(12))
    assert pressable(shown).count("keep") == 5
    assert shown.blocks[0]["text"]["text"] == "Twelve routine questions for today"
    assert "7 more are in your queue, and on the Home tab of this app. The time you take is recorded." in words(shown)
    assert "Open queue (12)" in words(shown)


def test_it_is_grouped_by_agent():
    one, two = cards(1, agent="airline-support"), cards(1, agent="ops-briefing")
    shown = message(one[0], replace(two[0], review_id=7), *cards(2)[1:])
    heads = [block["text"]["text"] for block in shown.blocks if block["type"] == "section"]
    assert [head for head in heads if "\n" not in head] == ["*airline-support*", "*ops-briefing*"]
    assert "Two agents. None is urgent; the first is due Wed 25 Nov, 10:14." in words(shown)


def test_a_grant_of_no_agent_stands_under_its_system():
    assert "*PostgreSQL*" in words(message(*cards(1, agent="")))


def test_the_notification_names_what_it_is_about():
    assert message(*cards(2)).text == "Two routine questions for today: refund_payment, refund_payment."
    assert message(*cards(4)).text.endswith("refund_payment, refund_payment, refund_payment and more.")


def test_what_was_too_much_for_its_day_is_called_what_it_is():
    shown = message(*cards(2), severity=Band.HIGH)
    assert shown.blocks[0]["text"]["text"] == "Two questions for today"
    assert "One agent. Two questions of high risk; the first is due" in words(shown)


def test_a_question_about_several_shows_each_with_its_own_buttons():
    shown = message(card(item(1), item(2), item(3)))
    assert shown.blocks[0]["text"]["text"] == "Three routine questions for today"
    assert pressable(shown).count("keep") == 3


def test_what_is_decided_shows_its_outcome_and_its_undo():
    done = card(item(state=State.DECIDED, outcome=outcome()), state=State.DECIDED)
    shown = message(done, *cards(2)[1:])
    assert "Gone from PostgreSQL, proven by a fresh read." in words(shown)
    assert pressable(shown) == ["undo", "keep", "review", "more", "open_queue"]


def test_all_answered_is_said():
    done = card(item(state=State.DECIDED, outcome=outcome()), state=State.DECIDED)
    assert message(done).text.startswith("One routine question for today: all answered. Nothing of this waits for you")


def test_what_somebody_else_decides_now_is_not_asked_any_more():
    shown = message(*cards(2), theirs=[1])
    assert pressable(shown) == ["keep", "review", "more", "open_queue"]
    assert "Open queue (1)" in words(shown)


def test_a_long_day_fits_into_one_message():
    shown = message(*[replace(each, agent=f"agent {each.review_id}") for each in cards(40)])
    assert len(shown.blocks) <= 50


# -- as it is sent


@pytest.fixture
def day(question):
    """Seven routine questions, of two agents, in one message."""
    Ask.objects.all().delete()
    agents = [AgentFactory(name=name) for name in ("airline-support", "ops-briefing")]
    items = [another(question, agent=agents[n % 2]) for n in range(7)]
    return digest(question, *items), items


@pytest.mark.django_db
def test_a_row_is_decided_where_it_stands(day):
    scene, items = day
    assert posted(click(scene, "keep")).status_code == 200
    answer = Answer.objects.get()
    assert (answer.item.review, answer.verdict) == (items[0].review, "keep")
    assert answer.shown_hash == scene.ask.shown_hash
    sweep()
    now = Ask.objects.get(pk=scene.ask.pk)
    assert "Maria Okafor decided to keep it" in str(now.shown)
    assert now.state == "sent", "six of them wait"
    assert "undo" in buttons(now)


@pytest.mark.django_db
def test_who_does_not_know_says_so_where_it_stands(day):
    scene, items = day
    posted(choice(scene, "unsure"))
    answer = Answer.objects.get()
    assert (answer.item.review, answer.verdict) == (items[0].review, "unsure")
    sweep()
    assert "Open queue (6)" in str(Ask.objects.get(pk=scene.ask.pk).shown)


@pytest.mark.django_db
def test_what_was_given_to_somebody_else_leaves_it(day):
    scene, items = day
    Assignment.objects.filter(review=items[0].review).update(until=clock.now(), ended_because="silence")
    AssignmentFactory(review=items[0].review, person=PersonFactory(), since=clock.now())
    Ask.objects.outdate(items[0].review)
    sweep()
    assert "Open queue (6)" in str(Ask.objects.get(pk=scene.ask.pk).shown)


@pytest.mark.django_db
def test_it_is_closed_when_all_is_answered(question):
    Ask.objects.all().delete()
    scene = digest(question, another(question))
    posted(click(scene, "keep"))
    sweep()
    assert Ask.objects.get(pk=scene.ask.pk).state == "closed"
