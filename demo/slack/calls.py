"""A call of the Web API: its arguments, and the ways to refuse it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """Slack's answer is no: its word, what else the body says, and how many seconds to wait (for a 429)."""

    def __init__(self, word: str, *, wait: float = 0.0, **more: Any) -> None:
        super().__init__(word)
        self.word, self.wait, self.more = word, wait, more


def faulty(word: str, faults: Sequence[str]) -> Refused:
    """Return a refusal that lists what is wrong."""
    return Refused(
        word, errors=list(faults), response_metadata={"messages": [f"[ERROR] {sentence}" for sentence in faults]}
    )


@dataclass(frozen=True, slots=True)
class Args:
    """The arguments of one call, as they came."""

    given: Json

    def text(self, name: str) -> str:
        """Return an argument that may be missing, as text."""
        value = self.given.get(name)
        return "" if value is None else str(value)

    def required(self, name: str) -> str:
        """Return an argument. Raises Refused where it is missing or empty."""
        value = self.text(name)
        if not value:
            raise faulty("invalid_arguments", [f"missing required field: {name}"])
        return value

    def flag(self, name: str) -> bool:
        """Return an argument that is true or false, as JSON or as a form says it."""
        return self.text(name).lower() in {"true", "1"}

    def whole(self, name: str, *, usual: int) -> int:
        """Return a whole number. Raises Refused."""
        value = self.text(name) or str(usual)
        if not value.isdecimal():
            raise Refused(f"invalid_{name}")
        return int(value)

    def moment(self, name: str, usual: float) -> float:
        """Return a time in seconds since the epoch. Raises Refused."""
        try:
            return float(self.text(name) or usual)
        except ValueError as error:
            raise Refused(f"invalid_ts_{name}") from error

    def content(self, name: str, *, word: str) -> Any:
        """Return an argument that is JSON, given as such or as a string; None where there is none. Raises Refused."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise Refused(word) from error
