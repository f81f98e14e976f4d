"""
Deciding: a person answers, on any surface.

Whose answer counts is the Assignment's matter, checked under lock at the click, with employment. What was shown must
still be true: drift toward more risk asks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from governance import clock, ledger
from governance.errors import Conflict, Drifted, Invalid
from governance.models import Account, Agent, Person
from governance.policy import facts
from governance.sole import sole
from reviews import describing, evidence, naming, questions, ruling
from reviews.evidence.plain import visible
from reviews.hours import told
from reviews.models import Answer, Assignment, Decision, Item, Look, Review, State, Verdict
from reviews.models.decision import Task
from reviews.planning import Authority
from reviews.routing import Candidate
from reviews.ruling import Via

IN_THE_BROWSER = (
    "Its risk is so high that it is kept or reduced in the browser alone, where you log in. "
    "Open the full record and decide there."
)
SAID_IN_THE_BROWSER = (
    "Its risk is so high that this is said in the browser alone, where you log in. "
    "Open the full record and say it there."
)
ALLOWED = {
    Review.Kind.CERTIFY: {Verdict.KEEP, Verdict.REDUCE, Verdict.REVOKE, Verdict.UNSURE},
    Review.Kind.CLAIM: {Verdict.MINE, Verdict.THEIRS, Verdict.RETIRE, Verdict.UNSURE},
}
OF_CREDENTIALS = {Verdict.KEEP, Verdict.REVOKE, Verdict.UNSURE}
OF_ACCOUNTS = {Verdict.CLAIM, Verdict.DISCLAIM, Verdict.THEIRS, Verdict.DISABLE, Verdict.UNSURE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """
    What a person says about one item.

    `days` and `task` are a keep's, `remains` a reduce's, `named` a theirs', `agent` a claim's.
    """

    verdict: Verdict
    reason: str = ""
    task: Task = Task.NONE
    days: int | None = None  # None: as long as policy allows
    remains: Mapping[str, str] = field(default_factory=dict)  # `key` of what the connector offered, or `text`
    named: Person | None = None
    agent: Agent | None = None


def decide(*, item: Item, said: Said, by: Person, via: Via, fingerprint: str = "") -> Answer:
    """
    Record what a person said, and rule on it.

    The same idempotency key gives the same answer. Raises NotAllowed (not asked, or cannot act), Conflict (decided
    already), Drifted (the facts got worse since they were shown: they are shown again) and Invalid (a reason is wanted,
    or the verdict does not fit).
    """
    worse: list[str] = []
    with transaction.atomic():
        at = clock.now()
        questions.lock_subjects([item])
        Review.objects.select_for_update().get(pk=item.review_id)
        before = given_before(via, item=item, by=by)
        if before is not None:
            return before
        mine = Item.objects.with_subject(item.subject_name).select_related("review__policy")
        locked = mine.select_for_update(of=("self",)).get(pk=item.pk)
        assignment = authorise(locked, by=by, at=at)
        fits(locked, said, by=by, via=via, at=at)
        if said.verdict != Verdict.UNSURE:
            worse = drifted(locked, fingerprint=fingerprint, at=at)
        if not worse:
            return answer(locked, said, assignment=assignment, via=via, at=at)
    raise Drifted(
        f"This changed since it was shown to you: {', '.join(worse)}. "
        "The message has been brought up to date; please decide again."
    )


def given_before(via: Via, *, item: Item, by: Person) -> Answer | None:
    """The answer that the same click gave when it came first; Conflict where the key came with something else."""
    if not via.idempotency_key:
        return None
    before = sole(Answer.objects.filter(idempotency_key=via.idempotency_key))
    if before is not None and (before.item_id, before.person_id) != (item.pk, by.pk):
        raise Conflict("This key was used for another answer already. Use a new one for each answer.")
    return before


def authorise(item: Item, *, by: Person, at: datetime) -> Assignment:
    """The assignment by which this person decides."""
    if item.state != State.OPEN:
        raise Conflict(ended(item, to=by, at=at))
    return questions.authorise(item.review, by=by, at=at)


def ended(item: Item, *, to: Person, at: datetime) -> str:
    """Why it is too late, by this person's clock."""
    decision = sole(Decision.objects.filter(item=item).select_related("answer__person", "policy"))
    if decision is None:
        return "This question has been withdrawn: there is nothing left to decide."
    said = {
        Verdict.KEEP: "kept",
        Verdict.REDUCE: "reduced",
        Verdict.REVOKE: "revoked",
        Verdict.SUSPEND: "suspended",
    }.get(Verdict(decision.verdict), "decided")
    return f"Already {said} by {decision.by} at {told(decision.at, to=to, now=at)}."


def fits(item: Item, said: Said, *, by: Person, via: Via, at: datetime) -> None:
    """Raise Invalid unless this verdict can be given here, in these words."""
    if said.verdict not in allowed(item):
        raise Invalid(f"“{said.verdict.label}” is no answer to this question.")
    match said.verdict:
        case _ if item.account_id:
            account_fits(item, said, by=by, via=via, at=at)
        case Verdict.THEIRS if said.named is None or not said.named.able(at):
            raise Invalid("Name somebody who is active: they will answer for the agent from now on.")
        case Verdict.KEEP:
            keep_fits(evidence.keeping(item, by=by), said, by=by, via=via)
        case Verdict.REDUCE:
            reduce_fits(evidence.keeping(item, by=by), said, via=via)


def allowed(item: Item) -> set[Verdict]:
    """What this item can be answered with."""
    if item.account_id:
        return OF_ACCOUNTS
    return OF_CREDENTIALS if item.credential_id else ALLOWED[Review.Kind(item.review.kind)]


def account_fits(item: Item, said: Said, *, by: Person, via: Via, at: datetime) -> None:
    """Raise Invalid unless it is clear whose an account is, or who knows."""
    wanted = evidence.keeping(item, by=by)
    match said.verdict:
        case Verdict.CLAIM if item.account:
            agent = naming.agent_fits(said.agent, among=naming.agents_for(item, by=by))
            naming.nobody_elses(item.account, agent)
        case Verdict.DISCLAIM if wanted.behind_login and not via.logged_in:
            raise Invalid(SAID_IN_THE_BROWSER)
        case Verdict.DISCLAIM:
            naming.reason_fits(said.reason, length=wanted.length)
        case Verdict.THEIRS:
            naming.colleague_fits(said.named, review=item.review, by=by, at=at)


def reduce_fits(wanted: evidence.Keeping, said: Said, *, via: Via) -> None:
    """Raise Invalid unless it is clear what remains: a form that the system offers, or words for whoever does it."""
    lent_fits(wanted, said, via=via)
    if said.remains.get("key"):
        return
    written = len(evidence.letters(said.remains.get("text", "")))
    if not written:
        raise Invalid("Say what should remain: choose a narrower form, or describe it in a sentence.", field="text")
    if written < wanted.length:
        raise Invalid(
            f"{written} of at least {wanted.length} characters. Only letters and digits count. Say what should remain "
            "so that a person can do it by your words.",
            field="text",
        )


def keep_fits(wanted: evidence.Keeping, said: Said, *, by: Person, via: Via) -> None:
    """Raise Invalid unless this place, these words and this time are enough for a keep."""
    lent_fits(wanted, said, via=via)
    if wanted.needs_reason:
        explains(wanted, said, by=by)


def explains(wanted: evidence.Keeping, said: Said, *, by: Person) -> None:
    """Raise Invalid unless these words say anew which task needs it."""
    written = len(evidence.letters(said.reason))
    if written < wanted.length:
        raise Invalid(
            f"{written} of at least {wanted.length} characters. Only letters and digits count. Name the task that "
            "needs it, so that somebody else can check it later.",
            field="reason",
        )
    if evidence.said_before(said.reason, by=by, length=wanted.length):
        raise Invalid(
            f"This repeats one of your last {evidence.LAST_REASONS} reasons. Say what is needed here.", field="reason"
        )
    if said.task == Task.NONE:
        raise Invalid("Choose which task needs it: the next reviewer will want to know.", field="task")


def lent_fits(wanted: evidence.Keeping, said: Said, *, via: Via) -> None:
    """Raise Invalid where policy wants a log-in behind what stays, and for a time that it does not allow."""
    if wanted.behind_login and not via.logged_in:
        raise Invalid(IN_THE_BROWSER)
    if said.days is not None and not 1 <= said.days <= wanted.longest:
        raise Invalid(f"{said.days} days cannot be chosen: policy allows 1 to {wanted.longest}.", field="days")


def drifted(item: Item, *, fingerprint: str, at: datetime) -> list[str]:
    """
    Which facts got worse since they were shown; the item is brought up to date.

    A change for the better is noted with the decision.
    """
    now = current_facts(item, at=at)
    changed = facts.drift(item.facts, now)
    stale = bool(fingerprint) and fingerprint != item.fingerprint
    if now != item.facts:
        Item.objects.filter(pk=item.pk).update(facts=now, fingerprint=facts.fingerprint(now))
        item.facts, item.fingerprint = now, facts.fingerprint(now)
        describing.look_up(item)
        questions.outdate(item.review)
    if changed.more:
        ledger.record(
            act=ledger.Act.ITEM_DRIFTED,
            actor=ledger.Actor.step("deciding"),
            subjects=[item, item.subject],
            body={"more": changed.more, "fingerprint": item.fingerprint},
        )
    return list(changed.more) or (["the question"] if stale else [])


def current_facts(item: Item, *, at: datetime) -> dict[str, object]:
    """The facts as they are now."""
    if item.grant_id is not None:
        return facts.of_grant(item.grant_id, at=at)
    if item.subject_agent is not None:
        return facts.of_agent(item.subject_agent, at)
    if item.account is not None:
        return facts.of_account(item.account)
    if item.credential is not None:
        return facts.of_credential(item.credential, at)
    return dict(item.facts)


def answer(item: Item, said: Said, *, assignment: Assignment, via: Via, at: datetime) -> Answer:
    """Store the answer and what follows from it."""
    person = assignment.person
    given = Answer.objects.create(
        item=item,
        assignment=assignment,
        person=person,
        verdict=said.verdict,
        named=said.named if said.verdict == Verdict.THEIRS else None,
        agent=said.agent if said.verdict == Verdict.CLAIM else None,
        reason=said.reason.strip() if visible(said.reason) else "",
        task=said.task,
        days=said.days,
        remains=dict(said.remains) if said.verdict == Verdict.REDUCE else {},
        streak=evidence.streak(person, length=item.review.policy.parameters.keep_reason_length),
        looked=Look.objects.filter(review=item.review_id, person=person).exists(),
        surface=via.surface,
        assurance=via.assurance,
        shown_hash=via.shown_hash,
        dwell_ms=via.dwell_ms(at),
        idempotency_key=via.idempotency_key,
        at=at,
    )
    ledger.record(
        act=ledger.Act.ANSWER_RECORDED,
        actor=ledger.Actor.person(person),
        subjects=[given, item, item.subject],
        body={
            "verdict": said.verdict,
            "fingerprint": item.fingerprint,
            "shown": via.shown_hash,
            "form": via.form_hash,
            "message": via.message,
            "action": via.action,
            "dwell_ms": given.dwell_ms,
            "streak": given.streak,
            "looked": given.looked,
        },
        authority=f"assignment:{assignment.pk}",
        surface=via.surface,
        assurance=via.assurance,
        commit={"reason": given.reason} if given.reason else {},
    )
    if said.verdict == Verdict.UNSURE:
        questions.pass_on(item.review, because="does not know", at=at)
    elif item.account is not None and said.verdict == Verdict.THEIRS and said.named is not None:
        ask_instead(said.named, item.review, given, about=item.account, at=at)
    else:
        ruling.rule(
            item=item, verdict=said.verdict, authority=Authority(policy=item.review.policy, answer=given), at=at
        )
    return given


def ask_instead(person: Person, review: Review, given: Answer, *, about: Account, at: datetime) -> None:
    """Who was asked named somebody who knows whose an account is: that one is asked. Nothing is decided."""
    why = f"because {given.person.name} says that you know whose {about.name} in {about.system.name} is."
    questions.unassign(review, because="named", to=person, at=at, actor=ledger.Actor.person(given.person))
    questions.assign(review, Candidate(person, "named", why), at=at)
