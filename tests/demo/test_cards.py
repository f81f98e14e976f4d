"""`make cards`: everything that can be shown keeps Slack's limits, whatever strangers have written."""

import json
import subprocess
import sys
from collections import Counter
from functools import cache

import pytest

from demo.cards.examples import HOSTILE
from demo.slack.blocks import message_faults, view_faults
from tests.reviews.slack.lint import home_problems, modal_problems, problems, texts

PRESSED = (
    *("keep_because", "undo", "accept", "decline", "review", "browser", "several", "open_queue", "link"),
    *("claim", "disclaim", "disable"),
)


@cache
def printed():
    """What the command prints, without a database and without settings."""
    ran = subprocess.run([sys.executable, "-m", "demo.cards"], capture_output=True, text=True, check=True, env={})
    return [json.loads(line) for line in ran.stdout.splitlines()]


def wrong(kind, payload):
    """What Slack's validator and our own lint say of one line."""
    match kind:
        case "message":
            shown = payload.get("blocks", [])
            return [*message_faults(shown), *problems(payload["text"], shown)]
        case "modal":
            return [*view_faults(payload, kinds=("modal",)), *modal_problems(payload)]
        case "home":
            return [*view_faults(payload, kinds=("home",)), *home_problems(payload)]
    pytest.fail(f"{kind} is no kind of surface")


def test_there_is_enough_of_everything():
    kinds = Counter(line["kind"] for line in printed())
    assert len(HOSTILE) >= 40
    assert kinds["message"] > 40
    assert kinds["modal"] > 40
    assert kinds["home"] > 40


def test_every_surface_passes_the_validator_and_the_lint():
    found = [(line["kind"], wrong(**line)) for line in printed()]
    faults = Counter(fault for _, each in found for fault in each)
    assert faults == Counter()


def test_every_button_and_form_of_the_app_is_among_them():
    shown = " ".join(json.dumps(line["payload"]) for line in printed()[:90])
    for name in (*PRESSED, "keep", "reduce", "revoke", "more", "mine", "theirs", "retire"):
        assert f'"action_id": "{name}"' in shown, name
    for name in ("keep_because", "reduce", "decide", "theirs", "hand", "several", "claim", "disclaim"):
        assert f'"callback_id": "{name}"' in shown, name


def test_nothing_speaks_to_slack_in_a_strangers_words():
    said = [text for line in printed() for text in texts(line["payload"])]
    assert not [text for text in said if "<!channel" in text or "<@" in text or "<http" in text or "\u202e" in text]
