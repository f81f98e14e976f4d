"""
The one place that closes an item.

The decision, what is intended, the acts that make it true, and the ledger, in one transaction.

A person's answer and policy's silence come here alike; which verdicts either may give is a constraint of Decision.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from governance import due, findings, ledger, registering
from governance.errors import Conflict
from governance.models import Account, Agent, Finding, Grant, Intended, Lease, Policy
from governance.models.agent import Lifecycle
from governance.policy import facts
from reviews import brake, evidence, questions
from reviews.models import Act, Answer, Decision, Item, Remediation, State, Verdict
from reviews.models.remediation import State as Step


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

    def undo_span(self) -> timedelta:
        """How long the ruling can be taken back: what silence did for longer, because nobody was there to object."""
        parameters = self.policy.parameters
        return timedelta(seconds=parameters.suspension_undo_seconds if self.automatic else parameters.undo_seconds)


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
        undo_until=at + authority.undo_span(),
        facts=item.facts,
        at=at,
    )
    questions.close(item, State.LAPSED if authority.automatic else State.DECIDED, at=at)
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
    questions.close_with_last(item.review, at=at)
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
    due.pull(Grant.objects.filter(pk=grant.pk), at)  # before the findings, as checking does
    findings.answer(Finding.objects.filter(items=item), quiet_until=decision.keep_until, at=at)


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
        questions.withdraw(other, because="taken away for another agent", actor=authority.actor, at=at)


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
    due.pull(Grant.objects.filter(account__in=used), at)  # who answers, and whose word of use counts, has changed
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
    """
    One act for one target; None where the same is under way. What policy does by itself passes the brake first.

    Raises Conflict where the target is just being given back.
    """
    grant, account = (target, None) if isinstance(target, Grant) else (None, target)
    if under_way(grant=grant, account=account, authority=authority):
        return None
    system = (grant.account if grant else account).system  # type: ignore[union-attr]
    weight = brake.weight_of(target)
    hold = (
        brake.admit(item=decision.item, policy=authority.policy, system=system, weight=weight, at=at)
        if authority.automatic
        else None
    )
    remediation = Remediation.objects.create(
        weight=weight,
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


def under_way(*, grant: Grant | None, account: Account | None, authority: Authority) -> bool:
    """
    Whether this target is being taken away already.

    An act that waits to give it back is overtaken and cancelled. One that has begun has to end first: Conflict.
    """
    earlier = Remediation.objects.unfinished().filter(grant=grant, account=account).first()
    if earlier is None or not Act(earlier.act).gives:
        return earlier is not None
    if not earlier.untouched or earlier.state == Step.CLAIMED:
        raise Conflict(f"{earlier.target} is being given back right now. Try again when that has ended.")
    earlier.move(Step.CANCELLED, trouble="A newer decision has overtaken it.")
    ledger.record(
        act=ledger.Act.REMEDIATION_CANCELLED,
        actor=authority.actor,
        subjects=[earlier, earlier.target],
        body={"because": "overtaken"},
    )
    return False
