"""
Lines of JSON that are plainly in order, read at once; every other line is judged word by word.

Whatever is taken here would have been taken there, as the same event. It is no second judge: a use passes that was
judged before, and the rest of a line when nothing about it needs a word.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from governance.errors import Invalid
from governance.observing.judging import EVENT_COLUMNS, LONGEST, OUTCOMES, Event, Rules, Untimely, Use, judge_event
from governance.observing.reading import LONGEST_LINE, OBJECTS, Form, Line, Raw, line_of
from governance.observing.refusing import Refused
from governance.observing.translating import told as translated


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


ESCAPE = b"\\"  # a line without one holds no character that is not seen in it
read = msgspec.json.Decoder(Said).decode


def judged(lines: Iterable[Raw], form: Form, rules: Rules) -> tuple[list[Event], list[Refused], int]:
    """Part the lines that can be stored, as events, from those that are refused; so many of these for their time."""
    found, refused, untimely = list[Event](), list[Refused](), 0
    skim = Skimmer(rules).skim if form == OBJECTS else None
    for number, raw in lines:
        event = skim(number, raw) if skim else None
        if event:
            found.append(event)
            continue
        try:
            found += [judge_event(line, rules) for line in told(number, raw, form)]
        except Invalid as error:
            refused.append((number, str(error)))
            untimely += isinstance(error, Untimely)
    return found, refused, untimely


def told(number: int, raw: bytes, form: Form) -> Iterable[Line]:
    """What one record tells of: of a system's log several events, or none."""
    return translated(form.log, number, raw) if form.log else [line_of(number, raw, form, EVENT_COLUMNS)]


class Skimmer:
    """Reads what is plainly in order by these rules."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.first, self.last = rules.timely.starts_at, rules.timely.ends_at

    def skim(self, number: int, raw: bytes) -> Event | None:
        """The event of this line; None where it has to be judged."""
        if not raw.isascii() or ESCAPE in raw or len(raw) > LONGEST_LINE:
            return None
        try:
            said = read(raw)
            at = datetime.fromisoformat(said.at)
        except (msgspec.MsgspecError, ValueError):
            return None
        use = self.use(said.account or "", said.agent or "", said.action, said.resource or "")
        run, on_behalf_of = said.run or "", said.on_behalf_of or ""
        if (
            use is not None
            and at.tzinfo is UTC
            and self.first <= at < self.last
            and said.outcome in OUTCOMES
            and said.event_id
            and plain("event_id", said.event_id)
            and (not run or plain("run", run))
            and (not on_behalf_of or plain("on_behalf_of", on_behalf_of))
        ):
            return Event(number, at, said.event_id, use, run, on_behalf_of, said.outcome)
        return None

    def use(self, account: str, agent: str, action: str, resource: str) -> Use | None:
        """The use of these words; None where they have to be judged."""
        known = self.rules.uses.get((account, agent, action, resource))
        if known is not None:
            return known
        words = {"account": account, "agent": agent, "action": action, "resource": resource}
        if action and (account or agent) and all(plain(name, word) for name, word in words.items()):
            return self.rules.use(account, agent, action, resource)
        return None


def plain(name: str, word: str) -> bool:
    """Whether a word of a line without escapes, all ASCII, has no blank at an end and is not too long."""
    return word.strip() == word and len(word) <= LONGEST[name]
