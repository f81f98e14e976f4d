"""
What has happened to a review, line by line, as a person reads it: who was asked, what they said, what was done.

Every line comes from rows and has a key by which it is known again: a surface that has said a key says it no more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db.models import Q

from reviews.evidence.acts import told
from reviews.evidence.cards import title
from reviews.evidence.outcomes import decision_text, stopped
from reviews.models import Answer, Assignment, Decision, Handover, Remediation, Review, Snooze, State, Undo

SHOWN = ("grant__account", "grant__entitlement", "credential", "account", "subject_agent")
AS = {
    "owner": "as the agent's owner",
    "deputy": "as a deputy for the agent",
    "owners_manager": "as the manager of the agent's owner",
    "last_owners_manager": "as the manager of the agent's last owner",
    "system_owner": "as the system's owner",
    "system_owners_manager": "as the manager of the system's owner",
    "governance": "for governance",
    "chosen": "chosen by governance",
    "hinted": "named by the system's remark",
    "named": "named by whoever was asked before",
}
ENDED = {
    Handover.Ending.ACCEPTED: "accepted",
    Handover.Ending.DECLINED: "declined",
    Handover.Ending.OVERTAKEN: "was overtaken by events",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: `text` is a sentence, never markup."""

    key: str
    at: datetime
    text: str


def history(review: Review) -> tuple[Event, ...]:
    """All of it, the oldest first; of one moment, causes before what they led to."""
    items = list(review.items.select_related(*SHOWN))
    names = {item.pk: f"{title(item.subject)}: " if len(items) > 1 else "" for item in items}
    ended = any(item.state != State.OPEN for item in items)  # of what is all open nothing was decided
    events = [event for part in (*WAITING, *(AFTERWARDS if ended else ())) for event in part(review, names)]
    return tuple(sorted(events, key=attrgetter("at")))


Names = dict[int, str]


def asked(review: Review, _names: Names) -> Iterator[Event]:
    """Who is asked, and who is not any more."""
    for each in Assignment.objects.filter(review=review).select_related("person").order_by("pk"):
        role = f", {AS[each.rule]}" if each.rule in AS else ""
        yield Event(f"assigned:{each.pk}", each.since, f"{each.person.name} is asked{role}.")
        if each.until and each.ended_because not in State.values:
            text = f"{each.person.name} is not asked any more: {each.ended_because}"
            yield Event(f"unassigned:{each.pk}", each.until, stopped(text))


def offered(review: Review, _names: Names) -> Iterator[Event]:
    """To which colleague it was offered, and what came of it."""
    for each in Handover.objects.filter(assignment__review=review).select_related("assignment__person", "to"):
        reason = f" {stopped(each.reason)}" if each.reason else ""
        text = f"{each.assignment.person.name} offered it to {each.to.name}.{reason}"
        yield Event(f"offered:{each.pk}", each.at, text)
        if each.ended_at:
            what = ENDED[Handover.Ending(each.ending)]
            who = "The offer" if each.ending == Handover.Ending.OVERTAKEN else each.to.name
            yield Event(f"offer-ended:{each.pk}", each.ended_at, f"{who} {what}.")


def snoozed(review: Review, _names: Names) -> Iterator[Event]:
    """Until when it was put off."""
    for each in Snooze.objects.filter(assignment__review=review).select_related("assignment__person"):
        text = f"{each.assignment.person.name} put it off until {each.until:%-d %b %H:%M} UTC; the deadline runs on."
        yield Event(f"snoozed:{each.pk}", each.at, text)


def called(review: Review, _names: Names) -> Iterator[Event]:
    """The reminder and the last call."""
    if review.reminded_at:
        yield Event("reminded", review.reminded_at, "A reminder was sent.")
    if review.last_called_at:
        yield Event("last-called", review.last_called_at, "The last reminder was sent.")


def answered(review: Review, names: Names) -> Iterator[Event]:
    """What was said without deciding."""
    undecided = Answer.objects.filter(item__review=review, decision=None)
    for each in undecided.select_related("person"):
        text = f"{names[each.item_id]}{each.person.name} answered “{each.get_verdict_display()}”."
        yield Event(f"answered:{each.pk}", each.at, with_reason(text, each.reason))


def decided(review: Review, names: Names) -> Iterator[Event]:
    """What was decided, by whom and why."""
    for each in Decision.objects.filter(item__review=review).select_related("answer__person", "policy"):
        text = f"{names[each.item_id]}{decision_text(each)}."
        yield Event(f"decided:{each.pk}", each.at, with_reason(text, each.answer.reason if each.answer else ""))


def undone(review: Review, names: Names) -> Iterator[Event]:
    """What was taken back."""
    for each in Undo.objects.filter(decision__item__review=review).select_related("by", "decision"):
        text = f"{names[each.decision.item_id]}{each.by.name} took the decision back."
        yield Event(f"undone:{each.pk}", each.at, with_reason(text, each.reason))


def acted(review: Review, names: Names) -> Iterator[Event]:
    """What the systems were told, and what a read has shown."""
    caused = Q(decision__item__review=review) | Q(undo__decision__item__review=review)
    acts = Remediation.objects.filter(caused).select_related("system", "decision", "undo__decision")
    for act in acts.order_by("pk"):
        decision = act.decision or (act.undo.decision if act.undo else None)
        name = names[decision.item_id] if decision else ""
        for entry, text in told(act):
            yield Event(f"entry:{entry.pk}", entry.at, f"{name}{text}")


def withdrawn(review: Review, names: Names) -> Iterator[Event]:
    """What lost its reason before anybody answered."""
    for item in review.items.filter(state=State.WITHDRAWN, closed_at__isnull=False):
        if item.closed_at:
            yield Event(f"withdrawn:{item.pk}", item.closed_at, f"{names[item.pk]}Nothing is left to decide.")


def with_reason(text: str, reason: str) -> str:
    """A sentence with the words of whoever answered."""
    return f"{text} Reason: {stopped(reason)}" if reason else text


# In the order of causes.
WAITING = (called, snoozed, answered, offered, asked)
AFTERWARDS = (decided, undone, acted, withdrawn)
