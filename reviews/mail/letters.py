"""A letter in plain text and in HTML: both say the same."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

import rfc8785
from django.template.loader import render_to_string

from reviews.mail.plain import plain
from reviews.mail.rendering import Part, Question

SUBJECT = 200  # characters; the first sixty say what is to be decided
NOTHING_HERE = "Nothing is decided by opening this letter or a link in it: you log in, and answer there."
NO_REPLIES = "Nobody reads replies to this address."


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """
    What a person gets. Its words are harmless already: they come from `rendering`, or are ours.

    `lead` says why it comes, where the question does not say so itself; `more` counts the questions that wait beside
    those that stand here; `thread` is the Message-ID that it answers to, or "".
    """

    subject: str
    lead: str = ""
    questions: tuple[Question, ...]
    more: int = 0
    queue_url: str
    zone: ZoneInfo
    thread: str = ""

    @property
    def groups(self) -> list[tuple[str, list[Question]]]:
        """The questions by their agent; without its name where there is one question alone."""
        found = [(agent, list(each)) for agent, each in groupby(self.questions, key=lambda question: question.agent)]
        return found if len(self.questions) > 1 else [("", questions) for _, questions in found]

    @property
    def rest(self) -> str:
        """A sentence about those that do not stand here; "" where all do."""
        return f"{self.more} more {'wait' if self.more > 1 else 'waits'} for you." if self.more else ""

    @property
    def foot(self) -> str:
        """The small print of the whole letter."""
        return f"{NOTHING_HERE} {NO_REPLIES} Times are in {self.zone.key}."

    def text(self) -> str:
        """In plain text."""
        return "\n\n".join(paragraphs(self)) + "\n"

    def html(self) -> str:
        """In HTML: without pictures, and without anything that is loaded from elsewhere."""
        return render_to_string("mail/letter.html", {"letter": self})

    def shown(self) -> dict[str, str]:
        """What is kept of it, and hashed."""
        return {"subject": self.subject, "text": self.text(), "html": self.html()}


def digest(shown: dict[str, str]) -> str:
    """SHA-256 over the canonical JSON (RFC 8785) of what was shown, in hex."""
    return hashlib.sha256(rfc8785.dumps(shown)).hexdigest()


def subject(text: str) -> str:
    """One line, for a list of letters."""
    return plain(text, limit=SUBJECT)


def paragraphs(letter: Letter) -> Iterator[str]:
    """The plain text, paragraph by paragraph."""
    yield from filter(None, [letter.lead])
    for agent, questions in letter.groups:
        if agent:
            yield f"== {agent} =="
        for question in questions:
            yield question.question
            yield from lines(question.parts)
            yield f"{question.link}: {question.url}"
            yield question.small
    if letter.rest:
        yield letter.rest
    yield f"All that waits for you: {letter.queue_url}"
    yield f"-- \n{letter.foot}"


def lines(parts: tuple[Part, ...]) -> Iterator[str]:
    """Facts stand close together; all else is a paragraph of its own."""
    for fact, together in groupby(parts, key=lambda part: part.kind == "fact"):
        if fact:
            yield "\n".join(f"{part.label}: {part.text}" for part in together)
        else:
            yield from (f"* {part.text}" if part.kind == "title" else part.text for part in together)
