"""A review and its items, as they are asked: who, why now, what each answer does, and what silence does."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import TypedDict

from django.db.models import Q

from governance import clock
from governance.models import Account, Agent, Band, Credential, Finding, Grant, Person
from governance.policy.checks import reason, suggestion
from governance.sole import sole
from reviews.evidence.keeping import Keeping, band_of, keeping
from reviews.evidence.outcomes import Outcome, outcome
from reviews.evidence.previews import preview_text, undo_span
from reviews.models import Assignment, Decision, Handover, Item, Review, State, Verdict

CAN_DO = "Can do"
COUNTED = (
    *("Is", "Made", "Expires", "Owner hint"),
    *("Last used", "Scope against use", "Blast radius", "Beside it"),
    *("Is for", "Belongs to", "Last owner", "Uses", "Riskiest grants", "Could be"),
)
A_DAY = timedelta(days=1)
OFFERED = {
    Handover.Ending.OPEN: "Offered to {name}, who has not answered yet.",
    Handover.Ending.DECLINED: "{name} declined to take it over.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One fact with its label, as text for a person (never markup)."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Narrow:
    """A narrower form that the system offers: its key, and what would remain, as a sentence."""

    key: str
    text: str


WHAT_ONE_IS = {"member of ": "to be a ", "owner of ": "to be the ", "superuser": "to be "}


class About(StrEnum):
    """What a subject is."""

    GRANT = "grant"
    CREDENTIAL = "credential"
    ACCOUNT = "account"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Match:
    """An agent that an account could be: how sure that is, in percent, and why."""

    agent: int
    name: str
    confidence: int
    why: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """One subject of a review."""

    item_id: int
    fingerprint: str
    title: str
    system: str
    band: Band
    keeping: Keeping
    lines: tuple[Line, ...]
    why_now: tuple[str, ...]
    replay: str
    kept_before: str  # what was said when it was kept last, and by whom
    preview: str
    narrowings: tuple[Narrow, ...]  # none: what should remain can be described all the same
    suggestion: str
    state: State
    outcome: Outcome | None
    about: About = About.GRANT
    could_be: tuple[Match, ...] = ()  # of an account: the agents that suggest themselves, the surest first
    terms: tuple[Line, ...] = ()  # of which a grant's score is made, every one: the full record tells them

    @property
    def can_be_reduced(self) -> bool:
        """Whether a part of it could remain: a credential is there, or it is not."""
        return self.about == About.GRANT


@dataclass(frozen=True, slots=True)
class Card:
    """One review, as it is shown to the person who is asked."""

    review_id: int
    reference: str
    kind: str
    state: State
    question: str
    severity: Band
    agent: str
    person: str
    why_you: str
    due_at: datetime
    silence: str
    undo: timedelta  # how long a person's answer can be taken back
    items: tuple[ItemView, ...]
    policy: str
    opened_at: datetime
    snoozed_until: datetime | None = None
    offer: str = ""  # what became of the last offer to a colleague, while the one who made it is still asked

    @property
    def left(self) -> str:
        """How many of several subjects are still to be decided, where some are not any more; else nothing."""
        still = sum(item.state == State.OPEN for item in self.items)
        number = len(self.items)
        return (
            f"{still} of the {number} {'is' if still == 1 else 'are'} still to be decided."
            if 0 < still < number
            else ""
        )


def card(review: Review) -> Card:
    """The whole review as a person sees it now."""
    parameters = review.policy.parameters
    at = clock.now()
    assigned = review.assignments.select_related("person")  # a few: to have them in order would take as long as to ask
    current = max(assigned, key=attrgetter("pk"), default=None)  # or who was asked last
    items = sorted(review.items.with_subject(), key=attrgetter("pk"))
    agents = {item.agent.name for item in items if item.agent} | {
        item.subject_agent.name for item in items if item.subject_agent
    }
    return Card(
        review_id=review.pk,
        reference=str(review),
        kind=review.kind,
        state=State(review.state),
        question=review.question,
        severity=Band(review.severity),
        agent=", ".join(sorted(agents)),
        person=current.person.name if current else "",
        why_you=current.why if current else "",
        due_at=review.due_at,
        silence=silence(review, items),
        undo=undo_span(items, parameters),
        items=tuple(item_view(item, by=current.person if current else None) for item in items),
        policy=str(review.policy),
        opened_at=review.opened_at,
        **put_off(current, at=at),
    )


class PutOff(TypedDict):
    """What the person who is asked did besides answering, and what came of it."""

    snoozed_until: datetime | None
    offer: str


def put_off(assignment: Assignment | None, *, at: datetime) -> PutOff:
    """Until when it is put off, and what its offer to a colleague stands at."""
    if assignment is None or assignment.until is not None:
        return {"snoozed_until": None, "offer": ""}
    snooze = assignment.snoozes.filter(until__gt=at).first()
    last = assignment.handovers.select_related("to").last()
    offer = OFFERED.get(Handover.Ending(last.ending), "").format(name=last.to.name) if last else ""
    return {"snoozed_until": snooze.until if snooze else None, "offer": offer}


def silence(review: Review, items: list[Item]) -> str:
    """What happens where nobody decides, and who can take it back for how long; a sentence after its *if*."""
    after = f"for {clock.lasting(timedelta(seconds=review.policy.parameters.suspension_undo_seconds))} after that"
    if any(item.account_id for item in items):
        return f"it is disabled; {after}, governance can enable it again"
    if review.kind == Review.Kind.CLAIM:
        return f"its accounts are disabled; {after}, governance can enable them again"
    who = "who answers for the agent or governance" if any(item.agent for item in items) else "governance"
    if any(item.credential_id for item in items):
        return f"it is disabled and not removed; {after}, {who} can enable it again"
    if items and all("by_hand" in item.preview for item in items):
        return "a person is asked to take it away by hand: as things are, nothing is changed by us"
    return f"access is suspended; {after}, {who} can give it back"


def item_view(item: Item, *, by: Person | None = None) -> ItemView:
    """One item, as it is put to this person, with its outcome where there is one."""
    findings = list(item.findings.order_by("pk"))
    decision = sole(Decision.objects.filter(item=item).select_related("answer__person", "policy", "undo__by"))
    return ItemView(
        item_id=item.pk,
        fingerprint=item.fingerprint,
        title=title(item.subject),
        system=system_name(item.subject),
        band=band_of(item),
        keeping=keeping(item, by=by),
        lines=lines(item),
        why_now=tuple(reason(finding.check_name, finding.facts) for finding in findings),
        replay=replay_text(item, at=clock.now()),
        kept_before=kept_before(item),
        preview=preview_text(item),
        narrowings=tuple(Narrow(**each) for each in item.preview.get("narrowings", ())),
        suggestion=suggested(findings) if item.facts_shown.get("suggest", True) else "",
        state=State(item.state),
        outcome=outcome(decision) if decision else None,
        about=about(item),
        could_be=tuple(Match(**each) for each in item.facts_shown.get("could_be", ())),
        terms=tuple(Line(each["label"], each["text"]) for each in item.facts_shown.get("risk", {}).get("terms", ())),
    )


def about(item: Item) -> About:
    """What its subject is."""
    match item.subject:
        case Grant():
            return About.GRANT
        case Credential():
            return About.CREDENTIAL
        case Account():
            return About.ACCOUNT
        case Agent():
            return About.AGENT
        case _:
            return About.SYSTEM


def replay_text(item: Item, *, at: datetime) -> str:
    """What a removal would have stopped; and from when that is, where it was looked up more than a day ago."""
    told = str(item.facts_shown.get("replay", ""))
    known = datetime.fromisoformat(item.facts_shown.get("at") or at.isoformat())
    return f"{told} As of {known:%-d %b}." if told and at - known > A_DAY else told


def suggested(findings: list[Finding]) -> str:
    """The first suggestion that a check has, with its basis."""
    return next((text for finding in findings if (text := suggestion(finding.check_name, finding.facts))), "")


def kept_before(item: Item) -> str:
    """Who kept the same grant or credential last, and why: what one reviewer wrote, the next one reads."""
    if item.grant_id is None and item.credential_id is None:
        return ""
    same = Decision.objects.filter(item__grant=item.grant_id, item__credential=item.credential_id)
    kept = same.filter(verdict=Verdict.KEEP, answer__isnull=False, undo=None)
    last = kept.exclude(item=item).select_related("answer__person").order_by("-pk").first()
    if last is None or last.answer is None:
        return ""
    words = f": “{last.answer.reason}”" if last.answer.reason else ", without a word"
    return f"Kept on {last.at:%-d %b %Y} by {last.answer.person.name}{words}"


def needing(name: str) -> str:
    """What somebody still needs, after the verb: to be a member of a role, or DELETE on a table."""
    return next((f"{to_be}{name}" for start, to_be in WHAT_ONE_IS.items() if name.startswith(start)), name)


def title(subject: object) -> str:
    """What the subject is called; who granted it, where somebody else granted the same while it was held."""
    match subject:
        case Grant():
            name = subject.entitlement.name
            same = Grant.objects.filter(account=subject.account_id, entitlement=subject.entitlement_id)
            meanwhile = same.filter(Q(closed_at=None) | Q(closed_at__gt=subject.opened_at))
            if subject.closed_at:
                meanwhile = meanwhile.filter(opened_at__lt=subject.closed_at)
            others = meanwhile.exclude(
                origin=subject.origin
            )  # what was given back is there beside the row that had closed
            return f"{name}, granted by {grantor(subject)}" if others.exists() else name
        case Credential() | Account() | Agent():
            return subject.name
        case _:
            return str(subject)


def grantor(grant: Grant) -> str:
    """Who granted it, by the name that the system shows."""
    return str(grant.native.get("grantor") or grant.origin or "the system")


def system_name(subject: object) -> str:
    """Where it is held."""
    match subject:
        case Grant() | Credential():
            return subject.account.system.name
        case Account():
            return subject.system.name
        case _:
            return ""


def lines(item: Item) -> tuple[Line, ...]:
    """Up to six facts."""
    subject = item.subject
    told = item.facts_shown.get("lines", {})
    counted = {label: str(told[label]) for label in sorted(told, key=place)}
    if isinstance(subject, Credential):
        counted["Is"] = f"{counted.get('Is', subject.name)}. Risk: {band_of(item).label.lower()}"
    if not isinstance(subject, Grant):
        return tuple(Line(label, text) for label, text in list(counted.items())[:6])
    since = f"{subject.held_since:%-d %b %Y}"
    seen = " (when it came back)" if subject.returns_to_id else " (first seen by us; may be older)"
    basis = {"source": "", "stated": " (stated by a person)", "first_seen": seen}[subject.held_since_basis]
    pairs = {
        CAN_DO: f"{subject.entitlement.name} in {subject.account.system.name}. {risk(item)}",
        "Held by": subject.account.name,
        "Granted": f"{since}{basis} by {grantor(subject)}; why is not recorded",  # no system that is read says so
        **counted,
    }
    return tuple(Line(label, text) for label, text in list(pairs.items())[:6])


def risk(item: Item) -> str:
    """The band, and the largest terms of the score where it is still of that band."""
    band, made = band_of(item), item.facts_shown.get("risk")
    if not made or Band.of(made["score"]) != band:
        return f"Risk: {band.label.lower()}"
    return f"Risk: {band.label.lower()}, {made['score']} of 100: {', '.join(made['because'])}"


def place(label: str) -> int:
    """Where a fact stands among those that were counted; one that is not known here comes last."""
    return COUNTED.index(label) if label in COUNTED else len(COUNTED)
