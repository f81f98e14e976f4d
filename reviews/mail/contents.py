"""
Contents: what an ask has still to say by e-mail, by its purpose.

A letter can't be rendered again. What was said once is said; questions that were added since go into a further letter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from reviews import evidence
from reviews.evidence import links
from reviews.hours import zone_of
from reviews.mail import rendering, waiting
from reviews.mail.letters import Letter, subject
from reviews.mail.plain import plain
from reviews.mail.rendering import Question
from reviews.mail.waiting import QueueLetter
from reviews.models import Ask, Assignment, Handover, Review
from reviews.outbox import EMAIL

IN_FULL = 5  # cards in one letter
OF_A_SUBJECT, REASON = 120, 500


@dataclass(frozen=True, slots=True)
class Content:
    """A letter, and the reviews that it tells of: those that stand in it, and those that it counts."""

    letter: Letter | QueueLetter
    reviews: list[Review]


def content(ask: Ask) -> Content | None:
    """What is still to be said; None where nothing is."""
    if ask.purpose == Ask.Purpose.WAITING:
        told = waiting.letter(ask)
        return Content(told, []) if told else None
    reviews = list(untold(ask).select_related("policy").order_by("due_at", "pk"))
    return Content(WRITERS[ask.purpose](ask, reviews), reviews) if reviews else None


def untold(ask: Ask) -> QuerySet[Review]:
    """What it has not told of yet, and what is still to be told."""
    waiting = offered(ask) if ask.purpose == Ask.Purpose.OFFER else asked(ask)
    return waiting.filter(asks=ask).exclude(pk__in=ask.shown.get("told", []))


def asked(ask: Ask) -> QuerySet[Review]:
    """Open questions that are this person's since before the ask: who is asked anew gets the letter of that time."""
    theirs = Assignment.objects.filter(person=ask.person_id, until=None, since__lte=ask.made_at)
    return Review.objects.open().filter(pk__in=theirs.values("review"))


def offered(ask: Ask) -> QuerySet[Review]:
    """Open questions that a colleague would like to hand to this person."""
    standing = Assignment.objects.filter(until=None, handovers__in=offers(ask))
    return Review.objects.open().filter(pk__in=standing.values("review"))


def offers(ask: Ask) -> QuerySet[Handover]:
    """Offers to this person that wait for an answer."""
    return Handover.objects.filter(to=ask.person_id, ending=Handover.Ending.OPEN)


def question(ask: Ask, reviews: Sequence[Review]) -> Letter:
    """One question alone."""
    [first, *_] = found = questions(ask, reviews)
    return letter(ask, reviews, found, heading=about(first))


def digest(ask: Ask, reviews: Sequence[Review]) -> Letter:
    """The routine questions of a day."""
    found = questions(ask, reviews)
    if len(reviews) == 1:
        return letter(ask, reviews, found, heading=about(found[0]))
    heading = f"{len(reviews)} access reviews wait for you, the first due {first_due(ask, reviews)}"
    return letter(ask, reviews, found, heading=heading, lead=f"{heading}.")


def reminder(ask: Ask, reviews: Sequence[Review]) -> Letter:
    """Once more, under the letter that asked, where there is one."""
    found, before = questions(ask, reviews), asked_before(ask, reviews)
    what = found[0].question if len(reviews) == 1 else f"{len(reviews)} access reviews wait for your answer."
    lead = f"Reminder: {what} Due {first_due(ask, reviews)}."
    heading = f"Re: {before.shown['subject']}" if before else lead
    return letter(ask, reviews, found, heading=heading, lead=lead, thread=before.external_id if before else "")


def offer(ask: Ask, reviews: Sequence[Review]) -> Letter:
    """A colleague would like to hand a question over."""
    made = offers(ask).filter(assignment__review=reviews[0]).select_related("assignment__person").latest("pk")
    [found, *_] = questions(ask, reviews, offered=True)
    giver = plain(made.assignment.person.name, limit=OF_A_SUBJECT)
    reason = f" “{plain(made.reason, limit=REASON)}”" if made.reason else ""
    lead = f"{giver} asks you to take {found.reference} over.{reason} Until you accept, it stays with {giver}."
    heading = f"Take this over from {giver}? {about(found)}"
    return letter(ask, reviews, [found], heading=heading, lead=lead)


WRITERS: dict[str, Callable[[Ask, Sequence[Review]], Letter]] = {
    Ask.Purpose.QUESTION: question,
    Ask.Purpose.DIGEST: digest,
    Ask.Purpose.REMINDER: reminder,
    Ask.Purpose.OFFER: offer,
}


def questions(ask: Ask, reviews: Sequence[Review], *, offered: bool = False) -> list[Question]:
    """As many of the cards as one letter has room for, those of an agent together."""
    zone, shown = zone_of(ask.person), []
    for review in reviews[:IN_FULL]:
        url = links.record_url(review, to=ask.person)
        shown.append(rendering.question(evidence.card(review), url=url, zone=zone, offered=offered))
    agents = [each.agent for each in shown]
    return sorted(shown, key=lambda each: agents.index(each.agent))


def letter(
    ask: Ask, reviews: Sequence[Review], found: Sequence[Question], *, heading: str, lead: str = "", thread: str = ""
) -> Letter:
    """Put it together."""
    return Letter(
        subject=subject(heading),
        lead=lead,
        questions=tuple(found),
        more=len(reviews) - len(found),
        queue_url=settings.BASE_URL + reverse("web:queue"),
        zone=zone_of(ask.person),
        thread=thread or ask.external_id,
    )


def about(question: Question) -> str:
    """A question in a list of letters."""
    return f"{plain(question.question, limit=OF_A_SUBJECT)} ({question.reference}, due {question.due})"


def first_due(ask: Ask, reviews: Sequence[Review]) -> str:
    """When the first of them is due."""
    return rendering.when(reviews[0].due_at, zone=zone_of(ask.person))


def asked_before(ask: Ask, reviews: Sequence[Review]) -> Ask | None:
    """The letter that put these questions to this person."""
    mine = Ask.objects.filter(person=ask.person_id, surface=EMAIL, purpose__in=Ask.QUESTIONS, reviews__in=reviews)
    return mine.exclude(external_id="").order_by("-pk").first()
