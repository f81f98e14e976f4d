"""
The one place that closes an item.

The decision, what is intended, the acts that make it true, and the ledger, in one transaction.

A person's answer and policy's silence come here alike; which verdicts either may give is a constraint of Decision.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from governance import due, findings, ledger, registering
from governance.errors import Conflict
from governance.models import Account, Agent, Finding, Grant, Intended, Lease, Policy
from governance.models.agent import Lifecycle
from governance.policy import facts
from reviews import brake, evidence
from reviews.models import Act, Answer, Ask, Assignment, Decision, Item, Remediation, Review, State, Verdict
from reviews.models.review import MOVES
from reviews.routing import Candidate, next_for


@dataclass(frozen=True, slots=True)
class Via:
    """How an answer reached us, and how sure we are who gave it."""

    surface: str
    assurance: str
    shown_hash: str = ""
    dwell_ms: int | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """Who rules: a person by an answer, or policy by silence."""

    policy: Policy
    answer: Answer | None = None

    @property
    def actor(self) -> ledger.Actor:
        """For the ledger."""
        return ledger.Actor.person(self.answer.person) if self.answer else ledger.Actor.policy(self.policy)

    @property
    def automatic(self) -> bool:
        """Whether the brake counts what follows."""
        return self.answer is None


def lock_grants(items: QuerySet[Item]) -> None:
    """
    Lock what these items are about, before their reviews and themselves.

    Whoever takes a grant away closes the items of other reviews about it: all come by the grant first, and none waits
    for one who waits for them.
    """
    grants = Grant.objects.filter(pk__in=items.values("grant"))
    list(grants.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def rule(*, item: Item, verdict: Verdict, authority: Authority, at: datetime) -> Decision:
    """Close the item, in the caller's transaction and under its lock; raise Conflict where somebody was faster."""
    parameters = authority.policy.parameters
    keep_until = at + parameters.span("lease_seconds", evidence.band_of(item)) if verdict == Verdict.KEEP else None
    decision = Decision.objects.create(
        item=item,
        verdict=verdict,
        answer=authority.answer,
        policy=None if authority.answer else authority.policy,
        keep_until=keep_until,
        undo_until=at + timedelta(seconds=parameters.undo_seconds),
        facts=item.facts,
        at=at,
    )
    close(item, State.LAPSED if authority.automatic else State.DECIDED, at=at)
    ledger.record(
        act=ledger.Act.DECISION_MADE,
        actor=authority.actor,
        subjects=[decision, item, item.subject],
        body={
            "verdict": verdict,
            "fingerprint": item.fingerprint,
            "keep_until": ledger.stamp(keep_until) if keep_until else None,
        },
        authority=f"answer:{authority.answer.pk}" if authority.answer else f"policy:{authority.policy.number}",
        surface=authority.answer.surface if authority.answer else "",
        assurance=authority.answer.assurance if authority.answer else "",
    )
    make_true(decision, item=item, authority=authority, at=at)
    close_with_last(item.review, at=at)
    return decision


def make_true(decision: Decision, *, item: Item, authority: Authority, at: datetime) -> None:
    """Write the intention, and plan the acts that follow from it."""
    subject = item.subject
    match Verdict(decision.verdict):
        case Verdict.KEEP if isinstance(subject, Grant):
            keep(decision, grant=subject, item=item, at=at)
        case Verdict.REVOKE | Verdict.SUSPEND if isinstance(subject, Grant):
            take_away(decision, grant=subject, item=item, authority=authority, at=at)
        case Verdict.MINE | Verdict.THEIRS if isinstance(subject, Agent) and decision.answer is not None:
            person = decision.answer.named or decision.answer.person
            registering.set_owner(agent=subject, person=person, at=at, actor=authority.actor)
            findings.clear(Finding.objects.filter(items=item), at=at, actor=authority.actor, why="claimed")
        case Verdict.RETIRE | Verdict.SUSPEND if isinstance(subject, Agent):
            stop_agent(decision, agent=subject, authority=authority, at=at)
        case _:
            raise Conflict(f"{decision.verdict} is no outcome for this question.")


def keep(decision: Decision, *, grant: Grant, item: Item, at: datetime) -> None:
    """Every keep is a lease; the findings are quiet until it ends."""
    if decision.keep_until is None:
        raise Conflict("A keep without an end is not possible.")
    Grant.objects.filter(pk=grant.pk).update(intended=Intended.HELD, lease_ends_at=decision.keep_until)
    lend(grant, agent=item.agent, starts_at=at, ends_at=decision.keep_until, basis=Lease.Basis.DECISION)
    findings.answer(Finding.objects.filter(items=item), quiet_until=decision.keep_until, at=at)
    due.pull(Grant.objects.filter(pk=grant.pk), at)


def lend(grant: Grant, *, agent: Agent | None, starts_at: datetime, ends_at: datetime, basis: str) -> Lease:
    """Open a lease."""
    lease = Lease.objects.create(
        agent=agent, entitlement=grant.entitlement, grant=grant, starts_at=starts_at, ends_at=ends_at, basis=basis
    )
    ledger.record(
        act=ledger.Act.LEASE_OPENED,
        actor=ledger.Actor.step("ruling"),
        subjects=[lease, grant],
        body={"basis": basis, "ends_at": ledger.stamp(ends_at)},
    )
    return lease


def end_leases(grant: Grant, *, at: datetime) -> None:
    """What was lent ends now, before its date."""
    running = list(Lease.objects.filter(grant=grant, starts_at__lt=at, ends_at__gt=at).order_by("pk"))
    Lease.objects.filter(pk__in=[lease.pk for lease in running]).update(ends_at=at)
    ledger.record_many(
        ledger.Fact(act=ledger.Act.LEASE_CLOSED, actor=ledger.Actor.step("ruling"), subjects=[lease, grant])
        for lease in running
    )


def take_away(decision: Decision, *, grant: Grant, item: Item, authority: Authority, at: datetime) -> None:
    """Plan the removal. One *revoke* closes the questions that other agents' people were asked about the same grant."""
    suspending = decision.verdict == Verdict.SUSPEND
    Grant.objects.filter(pk=grant.pk).update(intended=Intended.SUSPENDED if suspending else Intended.GONE)
    end_leases(grant, at=at)
    plan(decision, act=Act.SUSPEND if suspending else Act.REMOVE, target=grant, authority=authority, at=at)
    for other in Item.objects.open().filter(grant=grant).exclude(pk=item.pk).select_related("review"):
        close(other, State.WITHDRAWN, at=at)
        ledger.record(
            act=ledger.Act.ITEM_WITHDRAWN,
            actor=authority.actor,
            subjects=[other, grant],
            body={"because": "revoked for another agent"},
        )
        close_with_last(other.review, at=at)


def stop_agent(decision: Decision, *, agent: Agent, authority: Authority, at: datetime) -> None:
    """
    Disable each account that only this agent uses.

    An account that another agent needs is left, and named in the ledger.
    """
    retiring = decision.verdict == Verdict.RETIRE
    state = Lifecycle.RETIRED if retiring else Lifecycle.SUSPENDED
    Agent.objects.filter(pk=agent.pk).update(lifecycle=state)
    used = list(Account.objects.filter(claims__agent=agent, claims__until=None).select_related("system").distinct())
    shared = [account for account in used if Agent.objects.answering().that_use(account).exclude(pk=agent.pk).exists()]
    ledger.record(
        act=ledger.Act.AGENT_CHANGED,
        actor=authority.actor,
        subjects=[agent],
        body={"lifecycle": state, "accounts_left_because_shared": [str(account.pk) for account in shared]},
    )
    for account in used:
        if account not in shared:
            plan(decision, act=Act.DISABLE, target=account, authority=authority, at=at)


def plan(
    decision: Decision, *, act: Act, target: Grant | Account, authority: Authority, at: datetime
) -> Remediation | None:
    """One act for one target; None where one is under way. What policy does by itself passes the brake first."""
    grant, account = (target, None) if isinstance(target, Grant) else (None, target)
    if Remediation.objects.unfinished().filter(grant=grant, account=account).exists():
        return None
    system = (grant.account if grant else account).system  # type: ignore[union-attr]
    hold = brake.admit(system=system, parameters=authority.policy.parameters, at=at) if authority.automatic else None
    remediation = Remediation.objects.create(
        act=act,
        grant=grant,
        account=account,
        system=system,
        decision=decision,
        automatic=authority.automatic,
        facts={name: decision.facts.get(name) for name in facts.TARGET} if grant else {},
        hold=hold,
        planned_at=at,
        released_at=None if hold else at,
    )
    ledger.record(
        act=ledger.Act.REMEDIATION_HELD if hold else ledger.Act.REMEDIATION_PLANNED,
        actor=authority.actor,
        subjects=[remediation, decision, target],
        body={"act": act, "automatic": authority.automatic},
    )
    return remediation


def close(item: Item, state: State, *, at: datetime) -> None:
    """Move one item to its end; raise Conflict where it has ended already."""
    if state not in MOVES.get(item.state, set()):
        raise Conflict(f"This item is {item.state} already.")
    if not Item.objects.filter(pk=item.pk, state=item.state).update(state=state, closed_at=at):
        raise Conflict("Somebody else was faster; read again.")
    item.state, item.closed_at = state, at


def close_with_last(review: Review, *, at: datetime) -> None:
    """Close the review when its last item has ended; every copy that was sent is rendered again."""
    outdate(review)
    states = set(review.items.values_list("state", flat=True))
    if State.OPEN in states:
        return
    state = next(each for each in (State.DECIDED, State.LAPSED, State.WITHDRAWN) if each in states)
    if not Review.objects.filter(pk=review.pk, state=State.OPEN).update(state=state, closed_at=at):
        return
    review.state, review.closed_at = state, at
    review.assignments.filter(until=None).update(until=at, ended_because=state)
    act = {
        State.DECIDED: ledger.Act.REVIEW_DECIDED,
        State.LAPSED: ledger.Act.REVIEW_LAPSED,
        State.WITHDRAWN: ledger.Act.REVIEW_WITHDRAWN,
    }[state]
    ledger.record(act=act, actor=ledger.Actor.step("ruling"), subjects=[review], body={})


def outdate(review: Review) -> None:
    """
    Whoever changes a review says so: delivering renders its copies again.

    Copies that are waiting already are touched too, so that this waits for a delivery that is just recording itself.
    """
    questions = Ask.objects.filter(reviews=review, purpose=Ask.Purpose.QUESTION)
    questions.exclude(state=Ask.State.FAILED).update(state=Ask.State.OUTDATED, next_at=None)


def reviews_of(remediation: Remediation) -> Iterator[Review]:
    """The reviews whose cards tell of this act."""
    decision = remediation.decision or (remediation.undo.decision if remediation.undo else None)
    if decision is not None:
        yield decision.item.review


def assign(review: Review, candidate: Candidate, *, at: datetime) -> Assignment:
    """Ask this person from now on, without waiting for a surface that reaches somebody else."""
    Review.objects.filter(pk=review.pk).update(next_at=None)
    assignment = Assignment.objects.create(
        review=review, stage=review.stage, person=candidate.person, rule=candidate.rule, why=candidate.why, since=at
    )
    ledger.record(
        act=ledger.Act.ASSIGNMENT_OPENED,
        actor=ledger.Actor.step("routing"),
        subjects=[review, candidate.person, assignment],
        body={"rule": candidate.rule},
        commit={"why": candidate.why},
    )
    return assignment


def pass_on(review: Review, *, because: str, at: datetime) -> Assignment | None:
    """Close the assignment of now and open one for the next in line; None: nobody is left, governance's queue."""
    candidate = next_for(review, at=at)
    current = review.assignment
    if current is not None:
        Assignment.objects.filter(pk=current.pk).update(until=at, ended_because=because)
        ledger.record(
            act=ledger.Act.ASSIGNMENT_CLOSED,
            actor=ledger.Actor.step("routing"),
            subjects=[review, current.person, current],
            body={"because": because},
        )
    outdate(review)
    return assign(review, candidate, at=at) if candidate else None
