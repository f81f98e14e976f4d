"""
What waits for governance, as a letter: the kinds and the words of its queue, and one link to it.

It says what the reader may end, as it stands when the letter is written. Where nothing waits there is no letter.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from governance import clock
from reviews.mail.letters import NO_REPLIES, subject
from reviews.mail.plain import plain
from reviews.models import Ask
from reviews.waiting import Matter, Reader, matters

IN_FULL = 20  # matters in one letter
TITLE, SENTENCE = 200, 500
NOTHING_HERE = "Nothing is ended by opening this letter or its link: you log in, and end it there."


@dataclass(frozen=True, slots=True)
class Said:
    """One matter as it stands in a letter."""

    label: str
    title: str
    since: str
    words: str
    then: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLetter:
    """What somebody gets who can end what waits. Its words are harmless already."""

    subject: str
    lead: str
    matters: tuple[Said, ...]
    more: int
    queue_url: str
    zone: ZoneInfo
    thread: str = ""

    @property
    def rest(self) -> str:
        """A sentence about those that do not stand here; "" where all do."""
        return f"{self.more} more {'wait' if self.more > 1 else 'waits'} in the queue." if self.more else ""

    @property
    def foot(self) -> str:
        """The small print."""
        return f"{NOTHING_HERE} {NO_REPLIES} Times are in {self.zone.key}."

    def text(self) -> str:
        """In plain text."""
        return "\n\n".join(filter(None, self.paragraphs())) + "\n"

    def paragraphs(self) -> Iterator[str]:
        """The plain text, paragraph by paragraph."""
        yield self.lead
        for each in self.matters:
            yield f"== {each.label} ==\n{each.title}\nsince {each.since}"
            yield each.words
            yield each.then
        yield self.rest
        yield f"Each can be ended in the queue: {self.queue_url}"
        yield f"-- \n{self.foot}"

    def html(self) -> str:
        """In HTML: without pictures, and without anything that is loaded from elsewhere."""
        return render_to_string("mail/waiting.html", {"letter": self})

    def shown(self) -> dict[str, str]:
        """What is kept of it, and hashed."""
        return {"subject": self.subject, "text": self.text(), "html": self.html()}


def letter(ask: Ask) -> QueueLetter | None:
    """What this person can end now; None where nothing does, or it was told already, or a later day's row tells it."""
    reader = Reader(ask.person, clock.now())
    later = Ask.objects.filter(person=ask.person_id, purpose=Ask.Purpose.WAITING, pk__gt=ask.pk)
    told = ask.external_id or later.exists()
    found = [] if told else [matter for matter in matters(reader) if reader.may_end(matter)]
    if not found:
        return None
    lead = f"{len(found)} {'thing needs' if len(found) == 1 else 'things need'} a person now: {kinds(found)}."
    return QueueLetter(
        subject=subject(lead.rstrip(".")),
        lead=lead,
        matters=tuple(said(matter, reader) for matter in found[:IN_FULL]),
        more=max(len(found) - IN_FULL, 0),
        queue_url=settings.BASE_URL + reverse("admin:queue"),
        zone=reader.zone,
    )


def kinds(found: list[Matter]) -> str:
    """How many of each kind, in the queue's order."""
    counted = Counter(matter.label for matter in found)
    return ", ".join(f"{number} {label[0].lower()}{label[1:]}" for label, number in counted.items())


def said(matter: Matter, reader: Reader) -> Said:
    """One matter, made harmless."""
    return Said(
        label=matter.label,
        title=plain(matter.title, limit=TITLE),
        since=reader.when(matter.since),
        words=plain(matter.words, limit=SENTENCE),
        then=plain(matter.then, limit=SENTENCE),
    )
