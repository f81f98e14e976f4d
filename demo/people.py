"""
How the demo's people answer: they press the buttons that the simulated Slack shows them.

Every answer goes through it as the signed HTTP post that Slack would send; nothing here calls a verb of the product.
"""

import json
from collections.abc import Callable
from itertools import pairwise

from httpx import HTTPError

from demo import company
from demo.slack.client import Json, Simulation, Unwilling

OK = 200
UNSENT = (Unwilling, HTTPError)  # the simulated Slack would not, or did not answer
Wait = Callable[[Callable[[], object], str], None]


class NotAsWritten(Exception):
    """The story cannot go on; the argument says what came instead."""


class People:
    """All of the airline's, by the first part of their e-mail addresses."""

    def __init__(self, slack: Simulation, wait: Wait) -> None:
        self.slack, self.wait = slack, wait

    def click(self, who: str, action: str, *about: str) -> None:
        """Press the button with this action whose label has these words; confirm what is asked. Raises NotAsWritten."""
        user, what = company.PEOPLE[who][1], f"{action} about {' '.join(about)}"
        self.wait(lambda: self.button(user, action, about), f"a button {what} for {who}")
        ts, block_id = self.button(user, action, about) or ("", "")
        self.answered(lambda: self.slack.click(user, ts, action, block_id=block_id, confirm=True), f"{who}'s {what}")

    def keep(self, who: str, about: str, *, reason: str) -> None:
        """Keep, with a reason, as policy asks at this risk. Raises NotAsWritten."""
        user = company.PEOPLE[who][1]
        self.click(who, "keep_because", about)
        self.wait(lambda: self.slack.modal(user), f"the form for {who}'s reason")
        form = self.slack.modal(user) or {}
        said = {"task": {"task": "current"}, "reason": {"reason": reason}}
        self.answered(lambda: self.slack.submit(user, form["id"], said), f"{who}'s reason")

    def answered(self, send: Callable[[], Json], what: str) -> None:
        """Send it. Raises NotAsWritten where the product did not take it, or Slack would not have sent it."""
        try:
            answer = send()
        except UNSENT as refused:
            raise NotAsWritten(f"{what} could not be sent: {refused}") from refused
        if answer["status"] != OK:
            raise NotAsWritten(f"{what} was answered with {answer}")

    def button(self, user: str, action: str, about: tuple[str, ...]) -> tuple[str, str] | None:
        """
        The newest message with such a button, and the block in which it stands.

        One that names it itself goes before one above which it is named: what keeps access alive is named there too.
        """
        messages = self.slack.messages(user)
        return button_of(messages, action, about, above=False) or button_of(messages, action, about, above=True)


def button_of(messages: list[Json], action: str, about: tuple[str, ...], *, above: bool) -> tuple[str, str] | None:
    """The newest message with a button that is labelled so; or, where `above` counts, that stands below these words."""
    for message in reversed(messages):
        for before, block in pairwise(message["blocks"]):
            said = json.dumps(before, ensure_ascii=False) if above else ""
            if any(fits(element, action, about, said) for element in block.get("elements", [])):
                return message["ts"], block["block_id"]
    return None


def fits(element: Json, action: str, about: tuple[str, ...], above: str) -> bool:
    """Whether this is the button: its label, or the lines above it, name what it is about."""
    label = element.get("accessibility_label", "")
    return element.get("action_id") == action and all(word in label or word in above for word in about)
