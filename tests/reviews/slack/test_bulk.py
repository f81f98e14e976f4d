"""Several at once, from a person's own page."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from demo.slack.blocks import view_faults
from governance.models import Entry
from reviews import deciding
from reviews.deciding import Said
from reviews.models import Answer, Ask, Decision, Preference, Verdict
from reviews.slack import forms
from reviews.slack import page as pages
from reviews.slack.waiting import AGENT, named
from tests.factories import AgentFactory
from tests.reviews.scene import VIA, entry
from tests.reviews.slack.clicking import on_home, posted, seen, settle, submission
from tests.reviews.slack.lint import Json, modal_problems
from tests.reviews.slack.queue import another, page, sweep, whose

pytestmark = pytest.mark.django_db


@pytest.fixture
def agents():
    return [AgentFactory(name=name) for name in ("airline-support", "night-audit", "pricing")]


@pytest.fixture
def scene(question, agents):
    """Maria is asked about two grants of one agent and one of another, and whose an agent is."""
    Ask.objects.all().delete()
    question.item.agent = agents[0]
    question.item.save()
    another(question, agent=agents[0])
    another(question, agent=agents[1])
    whose(question)
    return question


def opened(scene, peer):
    """The form that the button opens."""
    home = page(scene)
    posted(on_home(home, pages.SEVERAL, home.ask))
    settle()
    view = peer.told("views.open")[-1]["view"]
    assert view_faults(view, kinds=("modal",)) == []
    assert modal_problems(view) == []
    return view


def ticked(view: Json) -> dict[str, Any]:
    """Every box of it, by its block."""
    boxes = {each["block_id"]: each["element"] for each in view["blocks"] if each["type"] == "input"}
    return {name: {"type": "checkboxes", "selected_options": list(box["options"])} for name, box in boxes.items()}


def titles(view):
    return [[each["text"]["text"] for each in box["selected_options"]] for box in ticked(view).values()]


def test_grants_can_be_ticked_by_agent_and_nothing_is(scene, peer):
    view = opened(scene, peer)
    assert [each["label"]["text"] for each in view["blocks"] if each["type"] == "input"] == [
        "airline-support",
        "night-audit",
    ]
    assert [len(each) for each in titles(view)] == [2, 1]
    assert "initial_options" not in str(view)


def test_what_is_ticked_is_revoked_and_nothing_else(scene, peer):
    view = opened(scene, peer)
    boxes = ticked(view)
    boxes[f"{forms.TICKED}1"]["selected_options"].clear()
    assert posted(submission(scene, view, **boxes)).content == b""
    assert set(Answer.objects.values_list("verdict", flat=True)) == {"revoke"}
    assert Decision.objects.filter(item__agent__name="airline-support").count() == 2
    assert Decision.objects.count() == 2
    body = entry("answer.recorded").body
    assert body["shown"] == Ask.objects.get(purpose="home").shown_hash
    assert body["form"] == seen(view)
    sweep()
    assert "Two questions need you" in str(Ask.objects.get(purpose="home").shown)


def test_what_the_page_has_no_room_for_is_shown_by_the_form_and_hashed_with_it(scene, peer, agents):
    another(scene, agent=agents[0], items=20)
    another(scene, agent=agents[0], items=20)
    last = another(scene, agent=agents[1], due_at=timezone.now() + timedelta(days=30))
    view = opened(scene, peer)
    assert last.grant.entitlement.name not in str(Ask.objects.get(purpose="home").shown)
    boxes = ticked(view)
    boxes[f"{forms.TICKED}0"]["selected_options"].clear()
    assert posted(submission(scene, view, **boxes)).content == b""
    assert last in [answer.item for answer in Answer.objects.all()]
    assert entry("answer.recorded").body["form"] == seen(view)


def test_the_same_form_twice_is_one_answer_each(scene, peer):
    view = opened(scene, peer)
    payload = submission(scene, view, **ticked(view))
    assert {posted(payload).content for _ in range(3)} == {b""}
    assert Answer.objects.count() == Decision.objects.count() == 3
    assert not Entry.objects.filter(act="answer.refused").exists()


def test_what_could_not_be_is_named_and_the_rest_is_done(scene, peer):
    view = opened(scene, peer)
    deciding.decide(item=scene.item, said=Said(verdict=Verdict.REVOKE), by=scene.person, via=VIA)
    said = posted(submission(scene, view, **ticked(view))).json()
    assert said["response_action"] == "update"
    assert "2 revoked. 1 not: Already revoked by Maria Okafor at" in str(said["view"])
    assert Decision.objects.count() == 3
    assert Entry.objects.filter(act="answer.refused").count() == 1


def test_nothing_ticked_stays_open_and_says_so(scene, peer):
    view = opened(scene, peer)
    none: Json = {name: {"type": "checkboxes", "selected_options": []} for name in ticked(view)}
    said = posted(submission(scene, view, **none)).json()
    assert said == {
        "response_action": "errors",
        "errors": {f"{forms.TICKED}0": "Tick what should be revoked, or cancel."},
    }


def test_a_form_that_was_made_up_changes_nothing(scene, peer):
    view = opened(scene, peer)
    said = posted(submission(scene, {**view, "private_metadata": "cs1.made-up"}, **ticked(view))).json()
    assert "not one of ours" in str(said["view"])
    assert not Answer.objects.exists()


def test_ten_of_each_of_two_agents_and_the_rest_is_counted(scene, peer, agents):
    another(scene, agent=agents[0], items=12)
    another(scene, agent=agents[2])
    view = opened(scene, peer)
    assert [len(each) for each in titles(view)] == [10, 1]
    assert "5 more can be revoked one by one, or after these." in str(view)


def test_it_lists_what_the_page_shows(scene, peer):
    Preference.objects.create(person=scene.person, filters={AGENT: named("airline-support")})
    assert [len(each) for each in titles(opened(scene, peer))] == [2]
