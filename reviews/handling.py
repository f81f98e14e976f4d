"""
Handling: what a person does about what the sweeps cannot finish.

An act that a system does not carry out is tried at once, said to have been done by hand, or given up. A question that
nobody can be asked goes to somebody whom governance chooses.

What a person says is counted apart and proves nothing: the grant's row stays open until a complete read no longer
shows it, and a claim that such a read contradicts comes back to governance's queue.
"""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from governance import access, ledger, registering, vetting
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import Agent, Credential, Grant, Intended, Person
from governance.models.agent import Lifecycle
from reviews import brake, evidence, planning, questions, routing, ruling
from reviews.models import Act, Assignment, Remediation, Review, Verdict
from reviews.models.remediation import State, aimed_at

IN_WORDS = 10  # letters and digits
ACTED_ON = ("system__owner", "system__unit", "grant", "credential__account", "account", "decision", "undo__decision")


def attest(*, remediation: Remediation, by: Person, reason: str, at: datetime) -> Remediation:
    """
    Keep that a person did a stuck act by hand: said by them, not proven.

    Raises NotAllowed, Invalid without a reason, Conflict where the act is not stuck any more.
    """
    said = in_words(reason, "Say what you did, where, and who can see it: the words go into the evidence.")
    with transaction.atomic():
        act = stuck(remediation, by=by)
        claim = {"attested_by": by.name, "attested_at": ledger.stamp(at), "reason": said}
        removes_at = planning.removal(act, at=at)
        act.move(State.ATTESTED, level="V0", outcome=claim, leased_until=None, trouble="", removes_at=removes_at)
        enter(act, ledger.Act.REMEDIATION_ATTESTED, by=by, reason=said)
        if act.act == Act.NARROW and act.decision is not None:
            ruling.rest(act.decision, at=at)  # what remains is lent, and no read can tell it from what was
        questions.outdate(act.review)
    return act


def cancel(*, remediation: Remediation, by: Person, reason: str, at: datetime) -> Remediation:
    """
    Give a stuck act up: what it should have taken stays, undecided, and is asked about again.

    What it should have given back stays taken, as was decided before.

    Raises NotAllowed, Invalid without a reason, Conflict where the act is not stuck any more.
    """
    said = in_words(reason, "Say why this is given up: the words go into the evidence.")
    with transaction.atomic():
        act = stuck(remediation, by=by)
        act.move(State.CANCELLED, leased_until=None, trouble=f"Given up by {by.name}.")
        enter(act, ledger.Act.REMEDIATION_CANCELLED, by=by, reason=said)
        if Act(act.act).gives:
            stays_taken(act, actor=ledger.Actor.person(by), at=at)
        else:
            if act.grant is not None:
                ruling.undecide(act.grant, at=at)
            brake.undecide([act], at=at, actor=ledger.Actor.person(by), why="the act was given up")
        questions.outdate(act.review)
    return act


def stays_taken(act: Remediation, *, actor: ledger.Actor, at: datetime) -> None:
    """The undo did not come true: what the decision took stays away, and the undo's lease ends unless part was left."""
    verdict = act.undo.decision.verdict if act.undo else Verdict.SUSPEND
    if verdict == Verdict.REDUCE:
        return
    intended = Intended.SUSPENDED if verdict == Verdict.SUSPEND else Intended.GONE
    if act.credential is not None:
        Credential.objects.filter(pk=act.credential.pk).update(intended=intended)
        return
    if act.grant is not None:
        Grant.objects.filter(pk=act.grant.pk).update(intended=intended, lease_ends_at=None)
        ruling.end_leases(act.grant, at=at)
        return
    state = Lifecycle.RETIRED if verdict == Verdict.RETIRE else Lifecycle.SUSPENDED
    if Remediation.objects.filter(undo=act.undo, account__enabled=True).exists():
        return  # the agent still acts, by another account
    for agent in Agent.objects.filter(own_items__decision__undo=act.undo):
        registering.set_lifecycle(agent, state, at=at, actor=actor)


def try_now(*, remediation: Remediation, by: Person, at: datetime) -> Remediation:
    """
    Carry a stuck act out at once instead of at its next turn; a claim that a read contradicts is followed by a new act.

    Raises NotAllowed, and Conflict where there is nothing to try.
    """
    with transaction.atomic():
        if remediation.state == State.ATTESTED:
            act = follow(remediation, by=by, at=at)
        else:
            act = stuck(remediation, by=by)
            act.move(State.PLANNED, leased_until=None, next_at=Now())
            enter(act, ledger.Act.REMEDIATION_RETRIED, by=by)
        questions.outdate(act.review)
    return act


def follow(claimed: Remediation, *, by: Person, at: datetime) -> Remediation:
    """The same act once more, after one that was only said to be done."""
    earlier = locked(claimed)
    brake.may_handle(earlier.system, by)
    target = aimed_at(earlier.target)
    doubted = Remediation.objects.contradicted().filter(pk=earlier.pk).exists()
    if not doubted or Remediation.objects.unfinished().filter(**target).exists():
        raise Conflict("Nothing is left to try: no read contradicts this, or another act is under way.")
    act = Remediation.objects.create(
        act=earlier.act,
        **target,
        system=earlier.system,
        decision=earlier.decision,
        undo=earlier.undo,
        follows=earlier,
        before=earlier.before,
        remains=earlier.remains,
        facts=earlier.facts,
        weight=earlier.weight,
        planned_at=at,
        released_at=at,
    )
    enter(act, ledger.Act.REMEDIATION_PLANNED, by=by)
    return act


def choose(*, review: Review, person: Person | None, by: Person, reason: str, at: datetime) -> Assignment:
    """
    Ask somebody whom governance chooses, whoever was asked before; None is an address that names nobody.

    Raises NotAllowed first: who may not choose does not learn who is known. Then Invalid (no reason, nobody, or
    somebody who cannot act or is asked already) and Conflict where the review has ended.
    """
    if not access.may_govern(by, review.unit):
        raise NotAllowed(f"Only who governs {review.unit.name} can choose who is asked.")
    said = in_words(reason, "Say why you choose this person: the words go into the evidence.")
    if person is None:
        raise Invalid("Nobody is known by this e-mail address. Choose one from the list, or ask them for theirs.")
    if not person.able(at):
        raise Invalid(f"{person.name} is away or has left, so their answer could not count. Choose somebody else.")
    with transaction.atomic():
        open_still = Review.objects.open().select_for_update(of=("self",)).select_related("unit")
        now = open_still.filter(pk=review.pk).first()
        if now is None:
            raise Conflict(f"{review} has ended: nobody needs to be asked any more.")
        return hand_over(now, to=person, by=by, reason=said, at=at)


def hand_over(review: Review, *, to: Person, by: Person, reason: str, at: datetime) -> Assignment:
    """End what is asked now, ask whom governance chose, and enter who chose them and why."""
    actor, current = ledger.Actor.person(by), review.assignment
    if current is not None and current.person_id == to.pk:
        raise Invalid(f"{to.name} is asked already. Choose somebody else.")
    ledger.record(
        act=ledger.Act.REVIEW_REROUTED,
        actor=actor,
        subjects=[review, to],
        body={"because": "chosen"},
        commit={"reason": reason},
    )
    why = f"because {by.name}, who governs {review.unit.name}, chose you."
    chosen = routing.Candidate(to, "chosen", why)
    questions.unassign(review, because="governance chose somebody else", at=at, actor=actor)
    return questions.assign(review, chosen, at=at)


def stuck(remediation: Remediation, *, by: Person) -> Remediation:
    """The act as it is now, locked, if this person may handle it and it is stuck."""
    act = locked(remediation)
    brake.may_handle(act.system, by)
    match act.state:
        case State.STUCK:
            return act
        case State.PLANNED | State.CLAIMED | State.SENT:
            raise Conflict("This is being tried right now. Look again in a minute.")
        case _:
            raise Conflict(f"This is over already: {act.get_state_display().lower()}.")


def locked(remediation: Remediation) -> Remediation:
    """The act after its grant or credential, as everybody who takes one away locks them."""
    for model in (Grant, Credential):
        list(model.objects.filter(remediations=remediation).select_for_update(no_key=True, of=("self",)))
    return Remediation.objects.select_for_update(of=("self",)).select_related(*ACTED_ON).get(pk=remediation.pk)


def in_words(reason: str, wanted: str) -> str:
    """The reason without its margins; raise Invalid where there is none, or too little for somebody else to check."""
    vetting.storable("reason", reason)
    written = len(evidence.letters(reason))
    if not written:
        raise Invalid(wanted)
    if written < IN_WORDS:
        raise Invalid(f"{written} of at least {IN_WORDS} characters. Only letters and digits count. {wanted}")
    return reason.strip()


def enter(act: Remediation, what: ledger.Act, *, by: Person, reason: str = "") -> None:
    """One entry about an act and what it acts on."""
    ledger.record(
        act=what,
        actor=ledger.Actor.person(by),
        subjects=[act, act.target],
        body={"act": act.act},
        commit={"reason": reason} if reason else {},
    )
