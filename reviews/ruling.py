"""
The one place that closes an item.

The decision, what is intended, the acts that make it true, and the ledger, in one transaction.

A person's answer and policy's silence come here alike; which verdicts either may give is a constraint of Decision.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from governance import due, findings, ledger, registering
from governance.errors import Conflict, Invalid
from governance.models import Account, Agent, Claim, Credential, Finding, Grant, Intended, Lease, Seen
from governance.models.agent import Lifecycle
from reviews import evidence, questions
from reviews.models import Act, Answer, Decision, Item, State, Verdict
from reviews.models.decision import LENT
from reviews.planning import Authority, plan, remaining

MILLISECONDS_AT_MOST = 2**31 - 1  # 24 days


@dataclass(frozen=True, slots=True)
class Via:
    """How an answer reached us, and how sure we are who gave it."""

    surface: str
    assurance: str
    shown_hash: str = ""
    form_hash: str = ""  # of the form that was opened from there, where the answer came by one
    message: str = ""  # where the surface keeps what was shown, such as D0123:1795513262.000100
    action: str = ""  # what was pressed there
    shown_at: datetime | None = None  # None: nobody knows for how long it was looked at
    idempotency_key: str | None = None

    @property
    def logged_in(self) -> bool:
        """Whether a log-in to our own pages stands behind it."""
        return self.surface == "web"

    def dwell_ms(self, at: datetime) -> int | None:
        """How long it had been looked at by then, as far as a column holds it."""
        if self.shown_at is None:
            return None
        return min(max((at - self.shown_at) // timedelta(milliseconds=1), 0), MILLISECONDS_AT_MOST)


def rule(*, item: Item, verdict: Verdict, authority: Authority, at: datetime) -> Decision:
    """Close the item, in the caller's transaction and under its lock; raise Conflict where somebody was faster."""
    keep_until = at + lasting(item, authority=authority) if verdict in LENT else None
    decision = Decision.objects.create(
        item=item,
        verdict=verdict,
        answer=authority.answer,
        policy=None if authority.answer else authority.policy,
        keep_until=keep_until,
        undo_until=at + undo_span(item, verdict, authority),
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


def lasting(item: Item, *, authority: Authority) -> timedelta:
    """For how long it may be held: as long as the person chose, and never longer than policy allows."""
    longest = authority.policy.parameters.span("lease_seconds", evidence.band_of(item))
    chosen = authority.answer.days if authority.answer else None
    return min(longest, timedelta(days=chosen)) if chosen else longest


def undo_span(item: Item, verdict: Verdict, authority: Authority) -> timedelta:
    """How long it can be taken back: what is suspended for longer, because nobody was there to object."""
    parameters = authority.policy.parameters
    if verdict == Verdict.SUSPEND:
        return timedelta(seconds=parameters.suspension_undo_seconds)
    return evidence.undo_span([item], parameters)


def count_from(decision: Decision, *, at: datetime) -> None:
    """A suspension that waited, for the brake or for its system, can be taken back as long as any after it is sent."""
    if decision.verdict == Verdict.SUSPEND:
        until = at + timedelta(seconds=decision.item.review.policy.parameters.suspension_undo_seconds)
        Decision.objects.filter(pk=decision.pk, undo_until__lt=until).update(undo_until=until)


def make_true(decision: Decision, *, item: Item, authority: Authority, at: datetime) -> None:
    """Write the intention, and plan the acts that follow from it."""
    match item.subject:
        case Grant() as grant:
            settle_grant(decision, grant=grant, item=item, authority=authority, at=at)
        case Credential() as credential:
            settle_credential(decision, credential=credential, item=item, authority=authority, at=at)
        case Agent() as agent:
            settle_agent(decision, agent=agent, authority=authority, at=at)
        case Account() as account:
            settle_account(decision, account=account, authority=authority, at=at)
        case _:
            raise no_outcome(decision)


def no_outcome(decision: Decision) -> Conflict:
    """That a verdict does not go with what it is about."""
    return Conflict(f"{decision.verdict} is no outcome for this question.")


def settle_grant(decision: Decision, *, grant: Grant, item: Item, authority: Authority, at: datetime) -> None:
    """It stays for a while, in part, or goes."""
    match Verdict(decision.verdict):
        case Verdict.KEEP:
            keep(decision, grant=grant, item=item, at=at)
        case Verdict.REDUCE:
            reduce(decision, grant=grant, item=item, authority=authority, at=at)
        case Verdict.REVOKE | Verdict.SUSPEND:
            take_away(decision, grant=grant, item=item, authority=authority, at=at)
        case _:
            raise no_outcome(decision)


def settle_credential(
    decision: Decision, *, credential: Credential, item: Item, authority: Authority, at: datetime
) -> None:
    """It stays until it is asked about again; or it is shut, and with a person's word removed when that has lasted."""
    mine = Credential.objects.filter(pk=credential.pk)
    match Verdict(decision.verdict):
        case Verdict.KEEP:
            mine.update(intended=Intended.HELD)
            rest(decision, at=at)
        case (Verdict.REVOKE | Verdict.SUSPEND) as verdict:
            mine.update(intended=Intended.SUSPENDED if verdict == Verdict.SUSPEND else Intended.GONE)
            plan(decision, act=Act.DISABLE, target=credential, authority=authority, at=at)
            withdraw_others(item, authority=authority, at=at)
        case _:
            raise no_outcome(decision)


def settle_agent(decision: Decision, *, agent: Agent, authority: Authority, at: datetime) -> None:
    """Somebody answers for it from now on; or it stops."""
    match Verdict(decision.verdict), decision.answer:
        case ((Verdict.MINE | Verdict.THEIRS), Answer(named=named, person=person)):
            registering.set_owner(agent=agent, person=named or person, at=at, actor=authority.actor)
            settle_findings(decision, authority=authority, at=at)
        case ((Verdict.RETIRE | Verdict.SUSPEND), _):
            stop_agent(decision, agent=agent, authority=authority, at=at)
        case _:
            raise no_outcome(decision)


def settle_account(decision: Decision, *, account: Account, authority: Authority, at: datetime) -> None:
    """It is an agent's, or no agent's; or it is shut, and the findings wait until a read has shown that."""
    match Verdict(decision.verdict), decision.answer:
        case Verdict.CLAIM, Answer(agent=Agent() as agent, person=person):
            basis = f"Said by {person.name}, who was asked"
            registering.claim_account(agent=agent, account=account, basis=basis, at=at, actor=authority.actor)
            settle_findings(decision, authority=authority, at=at)
        case Verdict.DISCLAIM, Answer(reason=reason, person=person):
            registering.disclaim_account(account=account, reason=reason, by=person, at=at)
            settle_findings(decision, authority=authority, at=at, why="no agent uses it")
        case ((Verdict.DISABLE | Verdict.SUSPEND), _):
            plan(decision, act=Act.DISABLE, target=account, authority=authority, at=at)
        case _:
            raise no_outcome(decision)


def settle_findings(decision: Decision, *, authority: Authority, at: datetime, why: str = "claimed") -> None:
    """Somebody has said whose it is: nothing is suspected any more."""
    findings.clear(Finding.objects.filter(items=decision.item), at=at, actor=authority.actor, why=why)


def keep(decision: Decision, *, grant: Grant, item: Item, at: datetime) -> None:
    """Every keep is a lease; the findings are quiet until it ends."""
    leave(decision, grant=grant, item=item, at=at)
    rest(decision, at=at)


def reduce(decision: Decision, *, grant: Grant, item: Item, authority: Authority, at: datetime) -> None:
    """What remains is lent like a keep, and what is too much goes; the findings wait until a read has shown that."""
    if not remaining(decision):
        raise Invalid("Say what should remain: choose a narrower form, or describe it in a sentence.")
    plan(decision, act=Act.NARROW, target=grant, authority=authority, at=at)
    leave(decision, grant=grant, item=item, at=at)


def leave(decision: Decision, *, grant: Grant, item: Item, at: datetime) -> None:
    """It may be held until the lease ends."""
    if decision.keep_until is None:
        raise Conflict(f"A {decision.verdict} without an end is not possible.")
    Grant.objects.filter(pk=grant.pk).update(intended=Intended.HELD, lease_ends_at=decision.keep_until)
    lend(grant, agent=item.agent, starts_at=at, ends_at=decision.keep_until, basis=Lease.Basis.DECISION)


def rest(decision: Decision, *, at: datetime) -> None:
    """What was suspected is quiet until the lease ends; it is open again where that has ended already."""
    due.pull(Grant.objects.filter(items=decision.item), at)  # before the findings, as checking does
    suspected = Finding.objects.filter(items=decision.item)
    if decision.keep_until is not None and decision.keep_until > at:
        findings.answer(suspected, quiet_until=decision.keep_until, at=at)
    else:
        findings.reopen(suspected, at=at, why="the lease has ended")


def undecide(grant: Grant, *, at: datetime) -> None:
    """What was decided came to nothing: nobody says that it may be held, nor that it must go."""
    Grant.objects.filter(pk=grant.pk).update(intended=Intended.UNDECIDED, lease_ends_at=None)
    Grant.objects.filter(pk=grant.pk).doubt()
    end_leases(grant, at=at)
    due.pull(Grant.objects.filter(pk=grant.pk), at)  # before the findings, as checking does


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
    withdraw_others(item, authority=authority, at=at)


def withdraw_others(item: Item, *, authority: Authority, at: datetime) -> None:
    """End the questions about the same grant or credential that are put for other agents."""
    others = Item.objects.open().filter(grant=item.grant_id, credential=item.credential_id).exclude(pk=item.pk)
    for other in others.select_related("review"):
        questions.withdraw(other, because="taken away for another agent", actor=authority.actor, at=at)


def stop_agent(decision: Decision, *, agent: Agent, authority: Authority, at: datetime) -> None:
    """
    Disable each account that only this agent uses.

    An account that another agent needs is left, and named in the ledger.
    """
    retiring = decision.verdict == Verdict.RETIRE
    state = Lifecycle.RETIRED if retiring else Lifecycle.SUSPENDED
    Agent.objects.filter(pk=agent.pk).update(lifecycle=state)
    own, shared = used_by(agent)
    # who answers, and whose word of use counts, has changed
    due.pull(Grant.objects.filter(account__in=[*own, *shared]), at)
    ledger.record(
        act=ledger.Act.AGENT_CHANGED,
        actor=authority.actor,
        subjects=[agent],
        body={"lifecycle": state, "accounts_left_because_shared": [str(account.pk) for account in shared]},
    )
    for account in own:
        plan(decision, act=Act.DISABLE, target=account, authority=authority, at=at)


def used_by(agent: Agent) -> tuple[list[Account], list[Account]]:
    """The accounts that an agent uses: those of its own, and those that another agent that runs needs as well."""
    others = Claim.objects.filter(
        account=OuterRef("pk"), until=None, agent__in=Agent.objects.running().exclude(pk=agent.pk)
    )
    used = Account.objects.filter(pk__in=agent.claims.filter(until=None).values("account")).exclude(seen=Seen.ABSENT)
    found = list(used.select_related("system").annotate(is_shared=Exists(others)).order_by("pk"))
    return [each for each in found if not each.is_shared], [each for each in found if each.is_shared]
