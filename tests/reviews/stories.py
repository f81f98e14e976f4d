"""Stories of grants on paper, as rows: when each was held, asked about, decided, taken away and given back."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from governance import ledger
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
    """What became of a removal. Days; the brake held it from the decision on if `held`; `said` is a person's word."""

    held: bool = False
    released: int | None = None
    told: int | None = None
    said: int | None = None
    cancelled: int | None = None


@dataclass(frozen=True)
class Restored:
    """What became of the act that gives a removal back. Days; `said` is by hand, in a person's word."""

    sent: int | None = None
    back: int | None = None
    said: int | None = None
    given_up: int | None = None


@dataclass(frozen=True)
class Asked:
    """One question about a grant: when, and how it ended. `undone` is a day; nothing had been taken if not restored."""

    opened: int
    closed: int | None = None
    verdict: str = ""  # none: withdrawn
    undone: int | None = None
    acted: Acted | None = None
    restored: Restored | None = None


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
    until = {"keep_until": day + timedelta(days=90)} if question.verdict in {"keep", "reduce"} else {}
    decision = Decision.objects.create(
        item=item, verdict=question.verdict, undo_until=day, facts={}, at=day, **by, **until
    )
    if question.acted:
        act(decision, question.acted)
    if question.undone is not None:
        said = {"surface": "slack", "assurance": "simulated", "at": at(question.undone)}
        undo = Undo.objects.create(decision=decision, by=PersonFactory(), **said)
        if question.restored:
            restore(undo, question.restored)
    return decision


def act(decision: Decision, acted: Acted) -> Remediation:
    """The removal, in the state in which it is now. What the brake holds lies in its hold until it is released."""
    grant = decision.item.grant
    assert grant is not None
    ends = {State.CANCELLED: acted.cancelled, State.ATTESTED: acted.said, State.VERIFIED: acted.told}
    held = acted.held and acted.released is None
    made: Remediation = Remediation.objects.create(
        act=Act.SUSPEND if decision.verdict == "suspend" else Act.REMOVE,
        grant=grant,
        system=grant.account.system,
        decision=decision,
        state=state_of(ends, otherwise=State.PLANNED),
        hold=Hold.objects.create(system=grant.account.system, opened_at=decision.at, closed_at=moment(acted.cancelled))
        if held
        else None,
        planned_at=decision.at,
        released_at=moment(acted.released) if acted.held else decision.at,
        sent_at=moment(acted.told),
        outcome=claim(acted.said),
    )
    return made


def restore(undo: Undo, restored: Restored) -> Remediation:
    """What gives a removal back. A hold, which is released, dates its end where it was given up."""
    grant = undo.decision.item.grant
    assert grant is not None
    system, given_up = grant.account.system, moment(restored.given_up)
    ends = {State.CANCELLED: restored.given_up, State.VERIFIED: restored.back, State.ATTESTED: restored.said}
    made: Remediation = Remediation.objects.create(
        act=Act.RESTORE,
        grant=grant,
        system=system,
        undo=undo,
        follows=Remediation.objects.filter(decision=undo.decision).last(),
        state=state_of(ends, otherwise=State.STUCK),
        hold=Hold.objects.create(system=system, opened_at=undo.at, closed_at=given_up) if given_up else None,
        planned_at=undo.at,
        released_at=undo.at,
        sent_at=moment(restored.sent),
        verified_at=moment(restored.back),
        outcome=claim(restored.said),
    )
    return made


def state_of(ends: dict[State, int | None], *, otherwise: State) -> State:
    """The first of these that has happened."""
    return next((state for state, day in ends.items() if day is not None), otherwise)


def claim(day: int | None) -> dict[str, str]:
    """A person's word, given on that day, that an act was done by hand."""
    return {} if day is None else {"attested_by": "Omar", "attested_at": ledger.stamp(at(day))}


def answer(item: Item, question: Asked) -> Answer:
    assignment = AssignmentFactory(review=item.review)
    said = {"verdict": question.verdict, "surface": "slack", "assurance": "simulated", "at": item.closed_at}
    said |= {"remains": {"text": "read only"}} if question.verdict == "reduce" else {}
    return Answer.objects.create(item=item, assignment=assignment, person=assignment.person, **said)


def rows(start: int = START, end: int = END) -> list[dict[str, Any]]:
    return list(population.rows(Period(at(start), at(end))))
