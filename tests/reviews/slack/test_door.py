"""Who may come in."""

import logging
import time

import pytest

from reviews.models import Answer
from tests.reviews.slack.clicking import PATH, click, posted

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another"},
        {"off": -301},
        {"off": 400},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=ü"},
        {"X-Slack-Request-Timestamp": "soon"},
    ],
    ids=["wrong secret", "old", "of the future", "none", "not ASCII", "no number"],
)
def test_it_turns_away_what_slack_did_not_sign_just_now(question, wrong, caplog, django_assert_num_queries):
    question.delivered()
    payload = click(question, "revoke")
    if "off" in wrong:
        wrong = {"at": time.time() + wrong["off"]}  # from now, not from when the tests were collected
    with caplog.at_level(logging.DEBUG), django_assert_num_queries(0):
        response = posted(payload, **wrong)
    assert response.status_code == 401
    assert not Answer.objects.exists()
    assert payload["actions"][0]["value"] not in caplog.text
    assert question.user not in caplog.text


def test_it_does_not_read_bytes_that_nobody_signed(question, client):
    headers = {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=00"}
    response = client.post(PATH, data=b"\xff\xfe", content_type="text/plain", headers=headers)
    assert response.status_code == 401


def test_without_a_secret_there_is_no_door(question, settings):
    question.delivered()
    settings.SLACK_SIGNING_SECRET = ""
    assert posted(click(question, "keep"), secret="x").status_code == 404


def test_it_takes_posts_alone(question, client):
    assert client.get(PATH).status_code == 405


def test_a_button_that_we_never_made_does_nothing(question, caplog):
    question.delivered()
    payload = click(question, "keep")
    payload["actions"][0]["action_id"] = "approve_everything"
    assert posted(payload).status_code == 404
    assert payload["actions"][0]["value"] not in caplog.text
    assert not Answer.objects.exists()
