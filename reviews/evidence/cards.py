"""A review and its items, as they are asked: who, why now, what each answer does, and what silence does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from governance import clock
from governance.models import Account, Agent, Band, Grant, Parameters
from governance.policy.checks import reason, suggestion
from reviews.evidence.outcomes import Outcome, outcome
from reviews.models import Decision, Item, Review, State

CAN_DO = "Can do"


@dataclass(frozen=True, slots=True)
class Line:
    """One fact with its label, as text for a person (never markup)."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """One subject of a review."""

    item_id: int
    fingerprint: str
    title: str
    system: str
    band: Band
    keep_needs_reason: bool
    lines: tuple[Line, ...]
    why_now: tuple[str, ...]
    replay: str
    preview: str
    suggestion: str
    state: State
    outcome: Outcome | None


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
    keep_days: int
    reason_length: int
    items: tuple[ItemView, ...]
    policy: str


def card(review: Review) -> Card:
    """The whole review as a person sees it now."""
    parameters = review.policy.parameters
    current = review.assignments.select_related("person").order_by("-pk").first()  # or who was asked last
    items = list(
        review.items.select_related(
            "grant__entitlement", "grant__account__system", "account__system", "subject_agent", "agent"
        ).order_by("pk")
    )
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
        undo=timedelta(seconds=parameters.undo_seconds),
        keep_days=round(parameters.lease_seconds[review.severity] / 86400) or 1,
        reason_length=parameters.keep_reason_length,
        items=tuple(item_view(item) for item in items),
        policy=str(review.policy),
    )


def silence(review: Review, items: list[Item]) -> str:
    """What happens where nobody decides, and who can take it back for how long; a sentence after its *if*."""
    after = f"for {clock.lasting(timedelta(seconds=review.policy.parameters.suspension_undo_seconds))} after that"
    if review.kind == Review.Kind.CLAIM:
        return f"its accounts are disabled; {after}, governance can enable them again"
    who = "who answers for the agent or governance" if any(item.agent for item in items) else "governance"
    return f"access is suspended; {after}, {who} can give it back"


def keep_needs_reason(band: Band, parameters: Parameters) -> bool:
    """Whether policy wants words for a keep at this risk."""
    return band.rank >= Band(parameters.keep_reason_from).rank


def item_view(item: Item) -> ItemView:
    """One item, with its outcome where there is one."""
    findings = list(item.findings.order_by("pk"))
    decision = Decision.objects.filter(item=item).select_related("answer__person", "policy", "undo__by").first()
    return ItemView(
        item_id=item.pk,
        fingerprint=item.fingerprint,
        title=title(item.subject),
        system=system_name(item.subject),
        band=band_of(item),
        keep_needs_reason=keep_needs_reason(band_of(item), item.review.policy.parameters),
        lines=lines(item),
        why_now=tuple(reason(finding.check_name, finding.facts) for finding in findings),
        replay=item.facts_shown.get("replay", ""),
        preview=preview_text(item),
        suggestion=next((text for finding in findings if (text := suggestion(finding.check_name, finding.facts))), ""),
        state=State(item.state),
        outcome=outcome(decision) if decision else None,
    )


def band_of(item: Item) -> Band:
    """The risk that a decision is bound to."""
    return Band(item.facts.get("band", Band.LOW))


def title(subject: object) -> str:
    """What the subject is called; who granted it, where somebody else grants the same."""
    match subject:
        case Grant():
            name = subject.entitlement.name
            same = Grant.objects.open().filter(account=subject.account_id, entitlement=subject.entitlement_id)
            others = same.exclude(origin=subject.origin)  # what was given back is there beside the row that had closed
            return f"{name}, granted by {grantor(subject)}" if others.exists() else name
        case Account() | Agent():
            return subject.name
        case _:
            return str(subject)


def grantor(grant: Grant) -> str:
    """Who granted it, by the name that the system shows."""
    return str(grant.native.get("grantor") or grant.origin or "the system")


def system_name(subject: object) -> str:
    """Where it is held."""
    match subject:
        case Grant():
            return subject.account.system.name
        case Account():
            return subject.system.name
        case _:
            return ""


def lines(item: Item) -> tuple[Line, ...]:
    """Up to six facts."""
    subject = item.subject
    if not isinstance(subject, Grant):
        return tuple(Line(label, str(text)) for label, text in item.facts_shown.get("lines", {}).items())
    since = f"{subject.held_since:%-d %b %Y}"
    basis = {"source": "", "stated": " (stated by a person)", "first_seen": " (first seen by us; may be older)"}[
        subject.held_since_basis
    ]
    pairs = {
        CAN_DO: f"{subject.entitlement.name} in {subject.account.system.name}",
        "Held by": subject.account.name,
        "Granted": f"{since}{basis} by {grantor(subject)}",
        **item.facts_shown.get("lines", {}),
        "Risk": band_of(item).label,
    }
    return tuple(Line(label, text) for label, text in list(pairs.items())[:6])


def preview_text(item: Item) -> str:
    """What the dry run said, in one sentence."""
    said = item.preview
    if not said:
        return ""
    if "not_tried" in said:
        return f"Not tried: {said['not_tried']}"
    if paths := said.get("other_paths"):
        tried = "Tried in the system and rolled back."
        return f"Revoke removes this grant; it can still be used through {', '.join(paths)}. {tried}"
    return "Revoke removes it. No other path is left; tried in the system and rolled back."
