"""Cards that need no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from governance.models import Band
from reviews.evidence import Card, ItemView, Line, Outcome
from reviews.models import Review, State, Verdict
from reviews.slack.rendering import Copy

NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)
HOSTILE = [
    "<!channel> <!here> <@U0MARIA> <#C01>",
    "<https://evil.example|the record>",
    "\u202eecilop eht yb dewolla\u202c",
    "مراجعة الوصول للوكيل",
    "👩‍👩‍👧‍👦🏳️‍🌈" * 40,
    "x" * 10_000,
    "&" * 10_000,
    "<" * 10_000,
    "😀" * 10_000,
    "*bold* _slanted_ ~struck~ `code` :white_check_mark:",
    "two\nlines\r\nand\u2028three\x00\x1b[31m",
    "a\u200bdmin\ufeff",
    "zalgo" + "\u0301" * 5_000,
    " ",
]


def item(number: int = 1, **changes: Any) -> ItemView:
    """An open item."""
    made = ItemView(
        item_id=number,
        fingerprint="f" * 64,
        title="refund_payment",
        system="PostgreSQL",
        band=Band.HIGH,
        keep_needs_reason=False,
        lines=(
            Line("Can do", "refund_payment in PostgreSQL"),
            Line("Held by", "airline_support"),
            Line("Held since", "3 Mar 2026"),
            Line("Last used", "Never. The record of 30 days is complete."),
            Line("Scope against use", "Uses 14 of the 17 tools that it holds"),
            Line("Risk", "High"),
        ),
        why_now=("Never used in 214 runs.",),
        replay="Removing this would have stopped 0 of the last 214 runs.",
        preview="Revoke removes it. No other path is left; tried in the system and rolled back.",
        suggestion="revoke. Basis: never used.",
        state=State.OPEN,
        outcome=None,
    )
    return replace(made, **changes)


def card(*items: ItemView, **changes: Any) -> Card:
    """An open card about one item, or about these."""
    made = Card(
        review_id=1042,
        reference="CS-1042",
        kind=Review.Kind.CERTIFY,
        state=State.OPEN,
        question="Does airline-support still need to refund payments?",
        severity=Band.HIGH,
        agent="airline-support",
        person="Maria Okafor",
        why_you="because you own airline-support since 2 Mar (agent register)",
        due_at=NOW + timedelta(days=3),
        silence="access is suspended; for 30 days after that, who answers for the agent or governance can give it back",
        undo=timedelta(days=1),
        keep_days=90,
        reason_length=15,
        items=items or (item(),),
        policy="policy 3",
    )
    return replace(made, **changes)


def outcome(**changes: Any) -> Outcome:
    """Revoked, and gone."""
    made = Outcome(
        verdict=Verdict.REVOKE,
        summary="Revoked",
        decision_text="Maria Okafor decided to revoke it",
        decided_by="Maria Okafor",
        decided_at=NOW,
        reason="",
        undo_until=NOW + timedelta(days=1),
        undone_by="",
        execution="verified",
        execution_text="Gone from PostgreSQL, proven by a fresh read.",
        execution_at=NOW + timedelta(seconds=5),
        decision_id=7,
    )
    return replace(made, **changes)


def copy(**changes: Any) -> Copy:
    """Maria's copy."""
    made = Copy(ask_id=5, render=2, asked=True, zone=ZoneInfo("Europe/Copenhagen"), at=NOW)
    return replace(made, **changes)


def hostile(text: str, *, items: int = 1) -> Card:
    """A card on which a stranger wrote every word."""
    lines = tuple(Line(text, text) for _ in range(6))
    many = [
        item(n, title=text, system=text, lines=lines, why_now=(text, text), replay=text, preview=text, suggestion=text)
        for n in range(items)
    ]
    return card(*many, question=f"Does {text} still need {text}?", agent=text, person=text, why_you=text)
