"""Stories of grants on paper, as rows: when each was held, asked about, decided, taken away and given back."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from governance.models import Grant
from reviews.models import Act, Answer, Decision, Hold, Item, Remediation, Undo
from reviews.models.remediation import State
from reviews.reports import population
from reviews.reports.population import Period
from tests.factories import FindingFactory, GrantFactory, PersonFactory
from tests.reviews.factories import AssignmentFactory, ItemFactory, ReviewFactory

START, END = 10, 20  # the period, in days
ZERO = datetime(2026, 3, 1, tzinfo=UTC)


def at(day: int) -> datetime:
    return ZERO + timedelta(days=day)


@dataclass(frozen=True)
class Acted:
    """What became of a removal. Days; the brake held it from the decision on if `held`."""

    held: bool = False
    released: int | None = None
    told: int | None = None
    cancelled: int | None = None


@dataclass(frozen=True)
class Asked:
    """One question about a grant: when, and how it ended. `undone` is a day."""

    opened: int
    closed: int | None = None
    verdict: str = ""  # none: withdrawn
    undone: int | None = None
    acted: Acted | None = None


@dataclass(frozen=True)
class Held:
    """One grant's story."""

    opened: int = 0
    closed: int | None = None
    asked: tuple[Asked, ...] = field(default=())
    cleared: int | None = None  # when the last suspicion went


def moment(day: int | None) -> datetime | None:
    return None if day is None else at(day)


def build(story: Held) -> Grant:
    """The story as rows."""
    grant: Grant = GrantFactory(held_since=at(story.opened), closed_at=moment(story.closed))
    for question in story.asked:
        ask(grant, question)
    state = "taken" if story.cleared is None else "cleared"
    FindingFactory(grant=grant, raised_at=at(0), cleared_at=moment(story.cleared), state=state)
    return grant


def ask(grant: Grant, question: Asked) -> None:
    """One question; each is about another agent, so that several can be open."""
    states = {"": "withdrawn", "suspend": "lapsed"}
    closed = {} if question.closed is None else {"closed_at": at(question.closed)}
    state = "open" if question.closed is None else states.get(question.verdict, "decided")
    review = ReviewFactory(opened_at=at(question.opened), state=state, **closed)
    item = ItemFactory(review=review, grant=grant, finding=False, state=state, **closed)
    if question.closed is not None and question.verdict:
        decide(item, question)


def decide(item: Item, question: Asked) -> Decision:
    """How a question ended."""
    day = at(question.closed or 0)
    by = {"policy": item.review.policy} if question.verdict == "suspend" else {"answer": answer(item, question)}
    until = {"keep_until": day + timedelta(days=90)} if question.verdict == "keep" else {}
    decision = Decision.objects.create(
        item=item, verdict=question.verdict, undo_until=day, facts={}, at=day, **by, **until
    )
    if question.acted:
        act(decision, question.acted)
    if question.undone is not None:
        said = {"surface": "slack", "assurance": "simulated", "at": at(question.undone)}
        Undo.objects.create(decision=decision, by=PersonFactory(), **said)
    return decision


def act(decision: Decision, acted: Acted) -> Remediation:
    """The removal, in the state in which it is now. What the brake holds lies in its hold until it is released."""
    grant = decision.item.grant
    assert grant is not None
    ended = State.CANCELLED if acted.cancelled else State.PLANNED
    held = acted.held and acted.released is None
    made: Remediation = Remediation.objects.create(
        act=Act.SUSPEND if decision.verdict == "suspend" else Act.REMOVE,
        grant=grant,
        system=grant.account.system,
        decision=decision,
        state=State.VERIFIED if acted.told and not acted.cancelled else ended,
        hold=Hold.objects.create(system=grant.account.system, opened_at=decision.at, closed_at=moment(acted.cancelled))
        if held
        else None,
        planned_at=decision.at,
        released_at=moment(acted.released) if acted.held else decision.at,
        sent_at=moment(acted.told),
    )
    return made


def restore(grant: Grant, *, sent: int | None) -> Remediation:
    """What gives a removal back."""
    removed = Remediation.objects.get(grant=grant)
    made: Remediation = Remediation.objects.create(
        act=Act.RESTORE,
        grant=grant,
        system=removed.system,
        undo=Undo.objects.get(),
        follows=removed,
        planned_at=at(14),
        released_at=at(14),
        sent_at=moment(sent),
    )
    return made


def answer(item: Item, question: Asked) -> Answer:
    assignment = AssignmentFactory(review=item.review)
    said = {"verdict": question.verdict, "surface": "slack", "assurance": "simulated", "at": item.closed_at}
    return Answer.objects.create(item=item, assignment=assignment, person=assignment.person, **said)


def rows(start: int = START, end: int = END) -> list[dict[str, Any]]:
    return list(population.rows(Period(at(start), at(end))))
