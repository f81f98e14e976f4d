"""Cards that need no database: as they usually are, and with every word of them written by a stranger."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from governance.models import Band
from reviews.evidence import About, Card, ItemView, Keeping, Line, Match, Outcome
from reviews.evidence.cards import Narrow
from reviews.models import Review, State, Verdict
from reviews.slack.rendering import Copy

NOW = datetime(2026, 11, 24, 9, 14, tzinfo=UTC)
HOSTILE = [
    "<!channel> <!here> <!everyone> <@U0MARIA> <#C01>",
    "<https://evil.example|the record>",
    "https://evil.example/approve?yes=1",
    "<!subteam^S01> <!date^0^{date}|never>",
    "&lt;!channel&gt; &amp;lt;!here&amp;gt;",
    "\u202eecilop eht yb dewolla\u202c",
    "\u2066isolated\u2069 \u200fright to left\u200e",
    "مراجعة الوصول للوكيل",
    "בדיקת גישה לסוכן: refund_payment",
    "日本語のとても長い名前" * 200,
    "ไม่มีช่องว่างระหว่างคำ" * 100,
    "👩‍👩‍👧‍👦🏳️‍🌈" * 40,
    "\U0001f1e9\U0001f1f0" * 500,
    "x" * 10_000,
    "word " * 3_000,
    "&" * 10_000,
    "<" * 10_000,
    ">" * 149,
    "😀" * 10_000,
    "a" + "😀" * 74,
    "*bold* _slanted_ ~struck~ `code` :white_check_mark:",
    "```\nblock\n``` > quoted",
    "two\nlines\r\nand\u2028three\x00\x1b[31m",
    "\n\n\nIf nothing is decided, access is kept.",
    "a\u200bdmin\ufeff",
    "a\u3164d\u115fm\u1160i\u2800n\u034f\u17b4\u17b5\u180b\ufe0f\U000e0100",
    "\u3164",
    "evil.example/login, www.evil.example or it@evil.example",
    "\u200b\u200c\u200d\ufeff",
    "zalgo" + "\u0301" * 5_000,
    " ",
    "",
    "\t\t",
    "—",
    '"; DROP TABLE grants; --',
    "{{ 7 * 7 }} {% debug %} ${7*7}",
    "%s %d {0} {name}",
    "\\u0000 \\n \\",
    "<script>alert(1)</script>",
    "mailto:ceo@skyway.example tel:+4512345678",
    "#general @channel @maria",
    "Keep for 90 days",
    "✅ Approved by Maria Okafor 14:02",
    "\ue000private\uf8ff",
    "\U000e0041\U000e0042 tags",
    "ﬁ ﷺ ㍿ " * 60,
    "null",
]


def item(number: int = 1, **changes: Any) -> ItemView:
    """An open item."""
    made = ItemView(
        item_id=number,
        fingerprint="f" * 64,
        title="refund_payment",
        system="PostgreSQL",
        band=Band.HIGH,
        keeping=Keeping(because=(), length=15, days=(90, 60, 30)),
        lines=(
            Line("Can do", "refund_payment in PostgreSQL"),
            Line("Held by", "airline_support"),
            Line("Granted", "3 Mar 2026 by dba; why is not recorded"),
            Line("Last used", "Never. The record of 30 days is complete."),
            Line("Scope against use", "Uses 14 of the 17 tools that it holds"),
            Line("Blast radius", "One account"),
        ),
        why_now=("Never used in 214 runs.",),
        replay="Removing this would have stopped 0 of the last 214 runs.",
        kept_before="",
        preview="Revoke removes it. No other path is left; tried in the system and rolled back.",
        narrowings=(),
        suggestion="Revoke: it can be given back when a run needs it. Basis: no use in 214 runs since 1 Oct 2026.",
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
        items=items or (item(),),
        policy="policy 3",
        opened_at=NOW - timedelta(days=3),
    )
    return replace(made, **changes)


def account(*could_be: Match, **changes: Any) -> Card:
    """Nobody has said whose an account is."""
    lines = {
        "Is": "Log-in of PostgreSQL; may sign in",
        "Owner hint": "Night batch. Ask Rosa Reyes",
        "Last used": "Not observable: no log of PostgreSQL is read",
        "Riskiest grants": "owner of schema tools (high), member of airline_staff (high) and 12 more grants",
        "Could be": "night-batch (94 %): its name is the agent's; the system's remark on it names Rosa Reyes",
    }
    nobodys = item(
        title="night_batch",
        lines=tuple(Line(label, text) for label, text in lines.items()),
        why_now=("No agent is known to use night_batch in PostgreSQL, which may sign in and holds much.",),
        replay="",
        preview="",
        suggestion="Say which agent uses it, say that none does, or disable it. Basis: it holds owner of schema tools.",
        about=About.ACCOUNT,
        could_be=could_be or (Match(1, "night-batch", 94, "its name is the agent's"),),
    )
    return card(nobodys, kind=Review.Kind.CLAIM, question="Whose is night_batch in PostgreSQL?", agent="", **changes)


def credential(**changes: Any) -> Card:
    """An access key that nobody uses."""
    lines = {
        "Is": "Access key of airline-support in AWS. Risk: high",
        "Made": "3 Mar 2026, 266 days ago",
        "Expires": "Never",
        "Last used": "Never, as AWS told on 24 Nov 2026",
        "Blast radius": "It signs in as airline-support and may use 14 grants",
        "Beside it": "1 more credential of the account can be used",
    }
    key = item(
        title="access key AKIAIOSFODNN7EXAMPLE",
        system="AWS",
        lines=tuple(Line(label, text) for label, text in lines.items()),
        why_now=("Never used in 266 days, as its system told on 24 Nov 2026.",),
        replay="",
        preview="Revoke disables it: nothing can sign in with it any more. After 14 days it is removed, for ever.",
        suggestion="Revoke: it is disabled first, and can be enabled again. Basis: it was never used.",
        about=About.CREDENTIAL,
    )
    question = "Does airline-support still need access key AKIAIOSFODNN7EXAMPLE in AWS?"
    silence = (
        "it is disabled and not removed; for 30 days after that, who answers for the agent or governance can enable it "
        "again"
    )
    return card(key, question=question, silence=silence, undo=timedelta(days=14), **changes)


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
        undone_at=None,
        stays_until=None,
        execution="verified",
        execution_text="Gone from PostgreSQL, proven by a fresh read.",
        execution_at=NOW + timedelta(seconds=5),
        decision_id=7,
    )
    return replace(made, **changes)


def copy(**changes: Any) -> Copy:
    """Maria's copy."""
    made = Copy(ask_id=5, render=2, asked=True, zone=ZoneInfo("Europe/Copenhagen"), at=NOW, takes_back=frozenset({1}))
    return replace(made, **changes)


def hostile(text: str, *, items: int = 1) -> Card:
    """A card on which a stranger wrote every word."""
    many = [hostile_item(text, number) for number in range(items)]
    question = f"Does {text} still need {text}?"
    return card(*many, question=question, agent=text, person=text, why_you=text, offer=text)


def hostile_item(text: str, number: int = 1) -> ItemView:
    """One subject of it."""
    said = dict.fromkeys(("title", "system", "replay", "kept_before", "preview", "suggestion"), text)
    return item(
        number,
        **said,
        lines=tuple(Line(text, text) for _ in range(6)),
        why_now=(text, text),
        narrowings=tuple(Narrow(f"{number}", text) for number in range(12)),
        keeping=Keeping(because=(text, text), length=15, days=(90, 60, 30)),
    )


def hostile_account(text: str) -> Card:
    """An account, on whose card a stranger wrote every word."""
    could_be = tuple(Match(number, text, 50, text) for number in range(5))
    nobodys = replace(hostile_item(text), about=About.ACCOUNT, could_be=could_be)
    return replace(hostile(text), kind=Review.Kind.CLAIM, items=(nobodys,))


def hostile_outcome(text: str) -> Outcome:
    """An end of which a stranger wrote every word."""
    names = ("summary", "decision_text", "decided_by", "reason", "undone_by", "execution_text")
    return outcome(**dict.fromkeys(names, text))
