"""
Lines of JSON that are plainly in order, read at once; every other line is judged word by word.

Whatever is taken here would have been taken there, as the same event. It is no second judge: a use passes that was
judged before, and the rest of a line when nothing about it needs a word.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from governance.errors import Invalid
from governance.observing.judging import EVENT_COLUMNS, LONGEST, OUTCOMES, Event, Rules, judge_event
from governance.observing.reading import LONGEST_LINE, OBJECTS, Form, Raw, line_of
from governance.observing.refusing import Refused

LONGEST_WORD = min(LONGEST["event_id"], LONGEST["run"], LONGEST["on_behalf_of"])


class Said(msgspec.Struct, gc=False):
    """What a line of JSON says, when it says all of it in texts."""

    at: str
    event_id: str
    action: str
    outcome: str
    account: str | None = None
    agent: str | None = None
    resource: str | None = None
    run: str | None = None
    on_behalf_of: str | None = None


read = msgspec.json.Decoder(Said).decode


def judged(lines: Iterable[Raw], form: Form, rules: Rules) -> tuple[list[Event], list[Refused]]:
    """Part the lines that can be stored, as events, from those that are refused."""
    found, refused = list[Event](), list[Refused]()
    skim = Skimmer(rules).skim if form == OBJECTS else None
    for number, raw in lines:
        event = skim(number, raw) if skim else None
        try:
            found.append(event or judge_event(line_of(number, raw, form, EVENT_COLUMNS), rules))
        except Invalid as error:
            refused.append((number, str(error)))
    return found, refused


class Skimmer:
    """Reads what is plainly in order by these rules."""

    def __init__(self, rules: Rules) -> None:
        self.uses = rules.uses
        self.first, self.last = rules.timely.starts_at, rules.timely.ends_at

    def skim(self, number: int, raw: bytes) -> Event | None:
        """The event of this line; None where it has to be judged."""
        try:
            said = read(raw)
            at = datetime.fromisoformat(said.at)
            use = self.uses[said.account or "", said.agent or "", said.action, said.resource or ""]
        except (msgspec.MsgspecError, ValueError, KeyError):
            return None
        run, on_behalf_of = said.run or "", said.on_behalf_of or ""
        if (
            at.tzinfo is UTC
            and self.first <= at < self.last
            and said.outcome in OUTCOMES
            and said.event_id
            and plain(said.event_id)
            and (not run or plain(run))
            and (not on_behalf_of or plain(on_behalf_of))
            and raw.isascii()  # of others, what is passed over may be no text
            and len(raw) <= LONGEST_LINE
        ):
            return Event(number, at, said.event_id, use, run, on_behalf_of, said.outcome)
        return None


def plain(word: str) -> bool:
    """Whether a word has nothing to be looked at: no blank at an end, no character beyond ASCII, not too long."""
    return len(word) <= LONGEST_WORD and word.isascii() and word.isprintable() and word == word.strip()
