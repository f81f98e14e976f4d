"""
Rows into frozen dataclasses: what a review looks like to a person, whatever surface shows it.

A surface renders a Card and adds no fact of its own. Everything here was read in one go, at one moment.
"""

from dataclasses import dataclass
from datetime import datetime

from governance.models import Account, Agent, Band, Grant, Parameters
from governance.policy.checks import reason, suggestion
from reviews.models import Act, Decision, Item, Remediation, Review, State, Verdict


@dataclass(frozen=True, slots=True)
class Line:
    """One fact with its label, as text for a person (never markup)."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided, and what became of it: two facts, side by side."""

    verdict: Verdict
    decided_by: str
    decided_at: datetime
    reason: str
    undo_until: datetime | None
    undone_by: str
    execution: str  # "", or the state of the newest act: planned, held, sent, verified, still_effective, stuck, …
    execution_text: str
    execution_at: datetime | None
    decision_id: int


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
    keep_days: int
    reason_length: int
    items: tuple[ItemView, ...]
    policy: str


SILENCE = {
    Review.Kind.CERTIFY: "access is suspended; it can be given back",
    Review.Kind.CLAIM: "its accounts are disabled; they can be enabled again",
}


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
        silence=SILENCE[Review.Kind(review.kind)],
        keep_days=round(parameters.lease_seconds[review.severity] / 86400) or 1,
        reason_length=parameters.keep_reason_length,
        items=tuple(item_view(item) for item in items),
        policy=str(review.policy),
    )


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
    """What the subject is called; who granted it, where somebody else granted the same."""
    match subject:
        case Grant():
            name = subject.entitlement.name
            same = Grant.objects.open().filter(account=subject.account_id, entitlement=subject.entitlement_id)
            return f"{name}, granted by {grantor(subject)}" if same.exclude(pk=subject.pk).exists() else name
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
        "Can do": f"{subject.entitlement.name} in {subject.account.system.name}",
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


def outcome(decision: Decision) -> Outcome:
    """What was decided and what became of it."""
    acts = list(
        Remediation.objects.filter(decision=decision)
        .select_related("hold", "grant__account__system", "system")
        .order_by("pk")
    )
    undo = getattr(decision, "undo", None)
    if undo:
        acts = list(Remediation.objects.filter(undo=undo).select_related("hold", "system").order_by("pk")) or acts
    newest = acts[-1] if acts else None
    return Outcome(
        verdict=Verdict(decision.verdict),
        decided_by=decision.by,
        decided_at=decision.at,
        reason=decision.answer.reason if decision.answer else "",
        undo_until=None if undo else decision.undo_until,
        undone_by=undo.by.name if undo else "",
        execution=execution(newest),
        execution_text=execution_text(newest),
        execution_at=(newest.verified_at or newest.sent_at) if newest else None,
        decision_id=decision.pk,
    )


def execution(act: Remediation | None) -> str:
    """The state of an act, or that it is held."""
    if act is None:
        return ""
    return "held" if act.hold_id and act.state == "planned" else act.state


def execution_text(act: Remediation | None) -> str:
    """What became of an act, in words. *Gone* only after a fresh read."""
    if act is None:
        return ""
    system = act.system.name
    paths = ", ".join(act.outcome.get("other_paths", []))
    gives = Act(act.act).gives
    return {
        "planned": f"Waiting for {system}.",
        "held": "Held by the brake: too much at once. Governance releases it.",
        "claimed": f"{system} is being told now.",
        "sent": f"Sent to {system}; not yet proven by a fresh read.",
        "verified": f"{'Back in' if gives else 'Gone from'} {system}, proven by a fresh read.",
        "still_effective": f"This grant is gone from {system}, proven by a fresh read, "
        f"but the access is still effective through {paths}.",
        "stuck": f"{system} did not do it: {act.trouble or 'no reason given'}. A person is looking at it.",
        "attested": "Done by hand, attested by a person; no read exists.",
        "cancelled": "Cancelled before anything was done.",
    }[execution(act)]
