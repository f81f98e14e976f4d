"""What happened to a grant, in words on paper, and the bucket that one finds by reading them."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

from governance.models import Grant


@dataclass
class Paper:
    """What happened to one grant, in words, with the number of the step."""

    grant: Grant
    said: list[tuple[int, str]] = field(default_factory=list)

    def has(self, *words: str) -> bool:
        return any(word in words for _, word in self.said)

    def last(self, *words: str) -> str:
        """The newest of these words; "" where none was said."""
        return next((word for _, word in reversed(self.said) if word in words), "")

    @property
    def open(self) -> bool:
        return not self.has("closed")

    @property
    def waits(self) -> bool:
        return self.last("asked", "keep", "revoke", "suspend", "withdrawn") == "asked"


@dataclass(frozen=True)
class OnPaper:
    """What one knows about a grant after having read what was said about it, word by word."""

    opened: bool = False
    closed: int | None = None
    waits: bool = False
    asked: float = -1  # the last step at which it was asked about
    verdict: str = ""
    ended: str = ""  # how the verdict ended
    spoken: int = -1  # when the verdict was given, or ended
    held: bool = False
    begun: bool = False
    told: bool = False  # before it closed
    given_back: bool = False
    returning: bool = False  # it was taken back after it had been told, and is not there again
    suspected: bool = False

    def read(self, step: int, word: str) -> "OnPaper":
        nothing = {"ended": "", "begun": False, "told": False, "given_back": False, "returning": False}
        fresh = {"verdict": word, "waits": False, "asked": step, "spoken": step, "held": word == "suspend", **nothing}
        ending = {"ended": word, "spoken": step, "held": False, "returning": word == "undone" and self.begun}
        means: dict[str, dict[str, Any]] = {
            "opened": {"opened": True},
            "suspected": {"suspected": True},
            "cleared": {"suspected": False},
            "asked": {"waits": True, "asked": math.inf},
            "withdrawn": {"waits": False, "asked": step},
            **dict.fromkeys(SAID, fresh),
            **dict.fromkeys(("undone", "cancelled"), ending),
            "released": {"held": False},
            "told": {"begun": True, "told": self.told or self.closed is None},
            "given back": {"given_back": self.given_back or self.closed is None},
            "there again": {"returning": False, "spoken": step},
            "stays taken": {"returning": False, "ended": "", "given_back": False},
            "closed": {"closed": step},
        }
        return replace(self, **means[word])

    @property
    def removal(self) -> bool:
        return self.verdict in {"revoke", "suspend"}

    def end(self) -> str:
        """Ours, where the system was told and it was not given back; or where the removal was not ended nor held."""
        stands = not (self.ended or self.held)
        if not self.removal or self.given_back or not (self.told or stands):
            return "removed_outside"
        if self.returning:
            return "carried_over"
        return "kept" if self.ended == "undone" else SAID[self.verdict]

    def standing(self, since: float) -> str:
        """What was said of a grant that is there; "" where nothing is left of it."""
        if self.waits or self.held or self.returning:
            return "carried_over"
        if self.removal and not self.ended:
            return SAID[self.verdict]
        if not self.verdict or self.spoken < since:
            return ""
        if not self.ended or (self.ended == "undone" and self.removal):
            return "kept"
        return "carried_over" if self.suspected else ""


SAID = {"keep": "kept", "revoke": "revoked", "suspend": "suspended"}


def oracle(paper: Paper, since: float, until: float) -> str | None:
    """The bucket, as one would find it on paper; None where the grant was not held in the period."""
    known = OnPaper()
    for step, word in paper.said:
        known = known.read(step, word) if step < until else known
    if not known.opened or (known.closed is not None and known.closed < since):
        return None
    if known.closed is not None:
        return known.end()
    return known.standing(since) or ("withdrawn" if known.asked >= since else "not_asked")
