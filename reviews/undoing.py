"""
Undoing: a decision is taken back in time.

What is only planned is cancelled, what was sent is given back with a short lease, a keep is asked again.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from connectors.base import Outcome
from governance import access, clock, due, findings, ledger, registering
from governance.errors import Conflict, NotAllowed, Refusal
from governance.models import Account, Credential, Finding, Grant, Intended, Lease, Person
from governance.models.agent import Lifecycle
from reviews import brake, questions, ruling
from reviews.hours import told
from reviews.models import Act, Attempt, Decision, Item, Remediation, Review, Undo, Verdict
from reviews.models.remediation import State as Step
from reviews.models.remediation import Target, aimed_at
from reviews.ruling import Via

HANDED = "Change who answers for the agent on its own page: an ownership is not undone, it is handed on."
SAID = "Whose the account is, is taken back among the unclaimed accounts, and then asked again."
STOPPED_BY: dict[str, Lifecycle] = {Verdict.SUSPEND: Lifecycle.SUSPENDED, Verdict.RETIRE: Lifecycle.RETIRED}
CHANGED_ELSEWHERE: dict[str, str] = {
    Verdict.MINE: HANDED,
    Verdict.THEIRS: HANDED,
    Verdict.CLAIM: SAID,
    Verdict.DISCLAIM: SAID,
}


def undo(*, decision: Decision, by: Person, via: Via, reason: str = "") -> Undo:
    """
    Take a decision back.

    What is only planned is cancelled, what was sent is given back with a short lease, a keep is asked again.

    By the decider, the accountable person or governance, within the policy's window. The same click delivered again is
    the same undo. Raises NotAllowed and Conflict.
    """
    with transaction.atomic():
        at = clock.now()
        questions.lock_subjects([decision.item])
        mine = Item.objects.with_subject(decision.item.subject_name).select_related("review__policy")
        item = mine.select_for_update(of=("self",)).get(pk=decision.item_id)
        if same := undone_before(decision, via=via):
            return same
        may_undo(decision, item=item, by=by, at=at)
        made = Undo.objects.create(
            decision=decision,
            by=by,
            reason=reason.strip(),
            surface=via.surface,
            assurance=via.assurance,
            at=at,
            idempotency_key=via.idempotency_key or "",
        )
        ledger.record(
            act=ledger.Act.DECISION_UNDONE,
            actor=ledger.Actor.person(by),
            subjects=[made, decision, item.subject],
            body={"verdict": decision.verdict},
            surface=via.surface,
            assurance=via.assurance,
            commit={"reason": made.reason} if made.reason else {},
        )
        acts = acts_to_take_back(decision, item).select_for_update(of=("self",))
        for remediation in acts.select_related("grant__entitlement", "credential__account", "account").order_by("pk"):
            take_back(remediation, made=made, item=item, at=at)
        if decision.verdict == Verdict.KEEP:
            ask_again(item, at=at)
        if item.subject_agent is not None:
            registering.set_lifecycle(item.subject_agent, before(item), at=at, actor=ledger.Actor.person(by))
        if item.subject_agent is not None or item.account is not None:
            findings.reopen(Finding.objects.filter(items=item), at=at)  # still nobody answers for it
        questions.outdate(item.review)
    return made


def acts_to_take_back(decision: Decision, item: Item) -> QuerySet[Remediation]:
    """
    What a decision did; one that was tried anew is taken back by its successor.

    An account that several agents use was shut with the last of them, and is opened with the first. What was shut
    before this one was stopped stays so.
    """
    mine = Q(decision=decision)
    if item.subject_agent is not None:
        used = Account.objects.filter(claims__agent=item.subject_agent, claims__until=None)
        later = Q(decision__item__subject_agent__isnull=False, decision__at__gte=decision.at, decision__undo=None)
        mine |= later & Q(account__in=used, act=Act.DISABLE)
    return Remediation.objects.filter(mine, followed_by=None)


def before(item: Item) -> Lifecycle:
    """What an agent was when it was stopped."""
    was = Lifecycle(item.facts.get("lifecycle", Lifecycle.ACTIVE))
    return Lifecycle.ACTIVE if was in STOPPED_BY.values() else was


def undone_before(decision: Decision, *, via: Via) -> Undo | None:
    """What the same click did when it came first."""
    return (
        Undo.objects.filter(decision=decision, idempotency_key=via.idempotency_key).first()
        if via.idempotency_key
        else None
    )


def may_undo(decision: Decision, *, item: Item, by: Person, at: datetime) -> None:
    """Raise unless this person may take it back now."""
    can_be_undone(decision, item=item, by=by, at=at)
    decider = decision.answer is not None and decision.answer.person_id == by.pk and decision.verdict != Verdict.SUSPEND
    agent = item.agent or item.subject_agent
    accountable = agent is not None and agent.accountable(at) == by
    if not by.able(at) or not (decider or accountable or access.may_govern(by, item.review.unit)):
        raise NotAllowed("Only who decided, who answers for the agent, or governance can take this back.")


def undoable(*reviews: Review, by: Person, at: datetime) -> frozenset[int]:
    """The items of these reviews whose decision this person may take back now, by their keys."""
    decisions = Decision.objects.filter(item__review__in=reviews).select_related(
        "answer", "item__agent", "item__subject_agent", "item__review__unit"
    )
    return frozenset(each.item_id for each in decisions if allowed(each, by=by, at=at))


def allowed(decision: Decision, *, by: Person, at: datetime) -> bool:
    """Whether this person may take it back now."""
    try:
        may_undo(decision, item=decision.item, by=by, at=at)
    except Refusal:
        return False
    return True


def can_be_undone(decision: Decision, *, item: Item, by: Person, at: datetime) -> None:
    """Raise Conflict where nobody can take it back now, saying why."""
    if Undo.objects.filter(decision=decision).exists():
        raise Conflict("This was taken back already.")
    if at > decision.undo_until:
        raise Conflict(
            f"This could be taken back until {told(decision.undo_until, to=by, now=at)}. Ask for the access anew."
        )
    newer = newest_after(decision, item=item)
    if newer is not None:
        raise Conflict(f"A newer decision stands: {newer}. Take that one back, or ask for the access anew.")
    if decision.came_to_nothing:
        raise Conflict("What followed was cancelled before anything was done: there is nothing to take back.")
    if elsewhere := changed_elsewhere(decision, item):
        raise Conflict(elsewhere)


def changed_elsewhere(decision: Decision, item: Item) -> str:
    """Where else it is changed, or who has done so; "" where it is taken back here."""
    agent = item.subject_agent
    if decision.verdict in STOPPED_BY and agent is not None and agent.lifecycle != STOPPED_BY[decision.verdict]:
        state = agent.get_lifecycle_display().lower()
        return f"{agent.name} is {state} by now: somebody else has changed that since."
    return CHANGED_ELSEWHERE.get(decision.verdict, "")


def newest_after(decision: Decision, *, item: Item) -> Decision | None:
    """The newest decision about the same subject that came later and stands."""
    same = {name: getattr(item, f"{name}_id") for name in item.SUBJECTS}
    about = Item.objects.filter(**same)
    later = Decision.objects.filter(item__in=about, pk__gt=decision.pk, undo=None)
    return later.select_related("answer__person", "policy").order_by("-pk").first()


def take_back(remediation: Remediation, *, made: Undo, item: Item, at: datetime) -> None:
    """End one act, and give back what it may have taken."""
    if remediation.state == Step.CLAIMED:
        raise Conflict("This is being carried out right now. Try again in a few seconds.")
    unsent = never_sent(remediation)
    if remediation.state in {Step.PLANNED, Step.SENT, Step.STUCK}:
        remediation.move(Step.CANCELLED, trouble="")  # who took it back, the undo says
        ledger.record(
            act=ledger.Act.REMEDIATION_CANCELLED,
            actor=ledger.Actor.person(made.by),
            subjects=[remediation, made],
            body={},
        )
    let_stay(remediation.target, item=item, at=at)
    if not (unsent or shut_nothing(remediation)):
        give_back(remediation, made=made, at=at)
    elif remediation.grant_id is not None:
        Grant.objects.filter(pk=remediation.grant_id).doubt()
    if unsent and remediation.hold is not None:
        brake.close_with_last(remediation.hold, taken_back=remediation, by=made.by, at=at)


def let_stay(target: Target, *, item: Item, at: datetime) -> None:
    """What was to go may be held again, for a short while; of an account others say whose it is."""
    match target:
        case Grant() as grant:
            intend_to_hold(grant, item=item, at=at)
        case Credential() as credential:
            let_rest(credential, item=item, at=at)


def never_sent(remediation: Remediation) -> bool:
    """Whether the system was never told, and nobody has said that they did it by hand."""
    for_nobody = remediation.by_hand and remediation.state == Step.STUCK
    return remediation.untouched and (for_nobody or remediation.state in {Step.PLANNED, Step.CANCELLED})


def shut_nothing(remediation: Remediation) -> bool:
    """Whether an account was not shut by this: the system refused, or it was shut before, by whoever opens it again."""
    if remediation.act != Act.DISABLE or remediation.state == Step.ATTESTED:
        return False
    tries = remediation.tries.filter(kind=Attempt.Kind.SEND)
    return tries.exists() and not tries.filter(outcome__in=[Outcome.DONE, "unknown", "begun"]).exists()


def give_back(remediation: Remediation, *, made: Undo, at: datetime) -> Remediation:
    """Plan the act that restores what this one took."""
    act = Act.ENABLE if remediation.act == Act.DISABLE else Act.RESTORE
    restoring = Remediation.objects.create(
        act=act,
        **aimed_at(remediation.target),
        system=remediation.system,
        undo=made,
        follows=remediation,
        before=remediation.before,
        remains=remediation.remains,
        facts=remediation.facts,
        planned_at=at,
        released_at=at,
    )
    ledger.record(
        act=ledger.Act.REMEDIATION_PLANNED,
        actor=ledger.Actor.person(made.by),
        subjects=[restoring, made, restoring.target],
        body={"act": act, "automatic": False},
    )
    return restoring


def intend_to_hold(grant: Grant, *, item: Item, at: datetime) -> None:
    """The grant may be held again, for a short while: long enough to ask anew."""
    ends_at = lent_until(item, at=at)
    ruling.end_leases(grant, at=at)  # of what a reduce left
    Grant.objects.filter(pk=grant.pk).update(intended=Intended.HELD, lease_ends_at=ends_at)
    ruling.lend(grant, agent=item.agent, starts_at=at, ends_at=ends_at, basis=Lease.Basis.UNDO)
    due.pull(Grant.objects.filter(pk=grant.pk), at)  # before the findings, as checking does
    suspected = Finding.objects.filter(items=item)
    findings.reopen(suspected.filter(state=Finding.State.ANSWERED), at=at)  # they rested for what a reduce left
    findings.answer(suspected, quiet_until=ends_at, at=at)


def let_rest(credential: Credential, *, item: Item, at: datetime) -> None:
    """The credential may be used again, and is asked about again after a short while."""
    Credential.objects.filter(pk=credential.pk).update(intended=Intended.HELD)
    findings.answer(Finding.objects.filter(items=item), quiet_until=lent_until(item, at=at), at=at)


def lent_until(item: Item, *, at: datetime) -> datetime:
    """Until when what is given back may stay before it is asked about again."""
    return at + timedelta(seconds=item.review.policy.parameters.undo_lease_seconds)


def ask_again(item: Item, *, at: datetime) -> None:
    """A keep that was taken back leaves what it was about undecided, and its findings open."""
    if item.grant is not None:
        Grant.objects.filter(pk=item.grant.pk).update(intended=Intended.UNDECIDED, lease_ends_at=None)
        ruling.end_leases(item.grant, at=at)
        due.pull(Grant.objects.filter(pk=item.grant.pk), at)
    Credential.objects.filter(items=item).update(intended=Intended.UNDECIDED)
    findings.reopen(Finding.objects.filter(items=item), at=at)
