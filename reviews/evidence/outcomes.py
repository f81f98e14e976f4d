"""
What was decided, and what is true of it now: two facts, side by side.

The decision's words speak of the decision alone. The act's words say what a fresh read has shown, and what has not
happened yet; nothing is *gone* before that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from governance.models import Account
from reviews.evidence.plain import visible
from reviews.models import Act, Decision, Remediation, Undo, Verdict
from reviews.models.remediation import CANNOT, State

HELD, FAILED = "held", "failed"  # planned, and waiting for a person; planned, and tried before
TROUBLE = 200
WORST_FIRST = (
    State.STUCK,
    HELD,
    FAILED,
    State.PLANNED,
    State.CLAIMED,
    State.SENT,
    State.STILL_EFFECTIVE,
    State.CANCELLED,
    State.ATTESTED,
    State.VERIFIED,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided, and what became of it: two facts, side by side."""

    verdict: Verdict
    summary: str  # what is true now, in a word or three
    decision_text: str
    decided_by: str
    decided_at: datetime
    reason: str
    undo_until: datetime | None
    undone_by: str
    undone_at: datetime | None
    stays_until: datetime | None  # until when it may stay before it is asked about again
    execution: str  # "", or the state of the act: planned, held, failed, sent, verified, still_effective, stuck, …
    execution_text: str
    execution_at: datetime | None  # since when; None where only the log says it
    decision_id: int

    @property
    def undone(self) -> str:
        """By whom it was taken back, in words; empty where it was not."""
        again = " It is asked again within minutes." if self.verdict == Verdict.KEEP else ""
        return f"Taken back by {self.undone_by}.{again}" if self.undone_by else ""

    @property
    def moving(self) -> bool:
        """Whether more is to come soon by itself."""
        return self.execution in {State.PLANNED, State.CLAIMED, State.SENT, FAILED}


DECIDED = {
    Verdict.KEEP: "to keep it",
    Verdict.REDUCE: "to reduce it",
    Verdict.REVOKE: "to revoke it",
    Verdict.MINE: "to answer for it",
    Verdict.THEIRS: "to hand it to somebody else",
    Verdict.RETIRE: "to retire it",
    Verdict.CLAIM: "that an agent uses it",
    Verdict.DISCLAIM: "that no agent uses it",
    Verdict.DISABLE: "to disable it",
    Verdict.SUSPEND: "to suspend it",
}
WITHOUT_AN_ACT = {
    Verdict.KEEP: "Kept",
    Verdict.MINE: "Claimed",
    Verdict.THEIRS: "Handed over",
    Verdict.RETIRE: "Retired",
    Verdict.CLAIM: "Claimed",
    Verdict.DISCLAIM: "Not an agent's",
    Verdict.DISABLE: "Disabled",
    Verdict.SUSPEND: "Suspended",
}
DOING = {
    Act.SUSPEND: "Suspending",
    Act.REMOVE: "Revoking",
    Act.NARROW: "Reducing",
    Act.RESTORE: "Giving back",
    Act.DISABLE: "Disabling",
    Act.ENABLE: "Enabling",
}
DONE = {
    Act.SUSPEND: "Suspended",
    Act.REMOVE: "Revoked",
    Act.NARROW: "Reduced",
    Act.RESTORE: "Given back",
    Act.DISABLE: "Disabled",
    Act.ENABLE: "Enabled again",
}
PROVEN = {
    Act.SUSPEND: "Gone from",
    Act.REMOVE: "Gone from",
    Act.NARROW: "Narrower in",
    Act.RESTORE: "Back in",
    Act.DISABLE: "Disabled in",
    Act.ENABLE: "Enabled again in",
}


def outcome(decision: Decision) -> Outcome:
    """What was decided and what became of it."""
    undo = getattr(decision, "undo", None)
    acts = acts_of(decision)
    worst = acts[0] if acts else None
    return Outcome(
        verdict=Verdict(decision.verdict),
        summary=summary(decision, worst, undo=undo),
        decision_text=decision_text(decision),
        decided_by=decision.by,
        decided_at=decision.at,
        reason=decision.answer.reason if decision.answer else "",
        undo_until=decision.open_to_undo,
        undone_by=undo.by.name if undo else "",
        undone_at=undo.at if undo else None,
        stays_until=stays_until(decision, undo=undo),
        execution=execution(worst),
        execution_text=text_of(acts),
        execution_at=since(worst) if worst else None,
        decision_id=decision.pk,
    )


def acts_of(decision: Decision) -> list[Remediation]:
    """The newest act on each target, the one that is furthest from its end first."""
    related = Remediation.objects.filter(Q(decision=decision) | Q(undo__decision=decision))
    ordered = related.select_related("hold", "account", "system").order_by("pk")
    newest = {(act.grant_id, act.credential_id, act.account_id): act for act in ordered}
    return sorted(newest.values(), key=lambda act: WORST_FIRST.index(execution(act)))


def decision_text(decision: Decision) -> str:
    """Who decided what, as a sentence without its full stop."""
    agent = decision.answer.agent if decision.answer else None
    said = f"decided that {agent.name} uses it" if agent else f"decided {DECIDED[Verdict(decision.verdict)]}"
    return f"{decision.by} {said}" if decision.answer else f"As no answer came, {decision.by} {said}"


def stays_until(decision: Decision, *, undo: Undo | None) -> datetime | None:
    """Until when what was kept, or given back, may stay; None where nothing stays, or is asked about at once."""
    if undo is None:
        return decision.keep_until
    lent = decision.item.grant_id or decision.item.credential_id
    if decision.verdict == Verdict.KEEP or lent is None:
        return None
    return undo.at + timedelta(seconds=decision.item.review.policy.parameters.undo_lease_seconds)


def summary(decision: Decision, act: Remediation | None, *, undo: Undo | None) -> str:
    """What is true now, in a word or three."""
    if act is None:
        named = decision.answer.named if decision.answer else None
        agent = decision.answer.agent if decision.answer else None
        said = f"Handed to {named.name}" if named else WITHOUT_AN_ACT.get(Verdict(decision.verdict), "Decided")
        said = f"Claimed for {agent.name}" if agent else said
        return "Taken back" if undo else said
    match execution(act):
        case State.VERIFIED:
            return DONE[Act(act.act)]
        case State.PLANNED | State.CLAIMED | State.SENT:
            return DOING[Act(act.act)]
        case State.CANCELLED if undo:
            return "Taken back"
    return {
        HELD: "Held by the brake",
        FAILED: "Failed, trying again",
        State.STILL_EFFECTIVE: "Still effective",
        State.STUCK: "Not done",
        State.ATTESTED: "Done by hand",
        State.CANCELLED: "Not carried out",
    }[execution(act)]


def text_of(acts: list[Remediation]) -> str:
    """What is true of each target, in words; an agent's accounts by their names where there are several."""
    if len(acts) == 1:
        return execution_text(acts[0])
    apart = len({act.system_id for act in acts}) > 1
    return " ".join(f"{named(act.account, apart=apart)}{execution_text(act)}" for act in acts)


def named(account: Account | None, *, apart: bool) -> str:
    """What a sentence about one of several accounts begins with; with its system, where they lie in several."""
    if account is None:
        return ""
    return f"{account.name} in {account.system.name}: " if apart else f"{account.name}: "


def execution(act: Remediation | None) -> str:
    """The state of an act, or that it is held, or that it was tried before and is tried again."""
    if act is None:
        return ""
    if act.hold_id and act.state == State.PLANNED:
        return HELD
    to_be_tried = act.state in {State.PLANNED, State.CLAIMED}
    return FAILED if to_be_tried and (act.trouble or act.sent_at) else act.state


def since(act: Remediation) -> datetime | None:
    """Since when an act is where it is, where its row says so."""
    match act.state:
        case State.SENT:
            return act.sent_at
        case State.VERIFIED | State.STILL_EFFECTIVE:
            return act.verified_at
        case State.ATTESTED:
            return datetime.fromisoformat(act.outcome["attested_at"])
    return None


def execution_text(act: Remediation | None) -> str:
    """What became of an act, in words. *Gone* only after a fresh read."""
    if act is None:
        return ""
    return wording(act, execution(act), trouble=act.trouble, read=act.outcome)


def wording(act: Remediation, state: str, *, trouble: str = "", read: Mapping[str, Any]) -> str:
    """What is, or was, true of an act in a state, as `read` showed; a system's words are cut, ours after them never."""
    system, why = act.system.name, stopped(brief(trouble))
    text = {
        State.PLANNED: f"Nothing has happened yet; {system} is told next.",
        HELD: "Nothing has happened yet. The brake holds it: a person must release it.",
        FAILED: f"Failed: {why or 'it was not proven.'} Trying again.",
        State.CLAIMED: f"{system} is being told now.",
        State.SENT: f"Sent to {system}; not yet proven by a fresh read.",
        State.VERIFIED: f"{PROVEN[Act(act.act)]} {system}, proven by a fresh read. {unread(act, read)}".strip(),
        State.STILL_EFFECTIVE: still_effective(act, read.get("other_paths", [])),
        State.STUCK: left_to_a_person(act, why),
        State.ATTESTED: f"Done by hand, said by {act.outcome.get('attested_by', 'a person')}; not proven by a read.",
        State.CANCELLED: f"{ended(act)} {why}",
    }[state]
    return f"{text} {what_remains(act, state)}{what_follows(act, state)}".strip()


def left_to_a_person(act: Remediation, why: str) -> str:
    """Why it is not done, and who has it now."""
    if not why.startswith(CANNOT):
        return f"Not done. {why or 'The system gave no reason.'} A person has to look at it."
    return f"It waits for {act.system.owner.name}, who owns {act.system.name}. {why.removeprefix(CANNOT)}"


def brief(text: str) -> str:
    """What a system said: one line of it."""
    line = visible(text)
    return line if len(line) <= TROUBLE else f"{line[: TROUBLE - 1]}…"


def still_effective(act: Remediation, through: Sequence[str]) -> str:
    """What a fresh read has shown of an act that was not enough."""
    paths = ", ".join(through)
    what, gone = ("what was taken", "is narrower in") if act.act == Act.NARROW else ("the access", "is gone from")
    return (
        f"This grant {gone} {act.system.name}, proven by a fresh read, but {what} is still effective through {paths}."
    )


def unread(act: Remediation, read: Mapping[str, Any]) -> str:
    """Where a way may lie that no read shows; of what is given back nobody asks."""
    return "" if Act(act.act).gives else str(read.get("unread", ""))


def what_remains(act: Remediation, state: str) -> str:
    """What a narrowing leaves, where its text does not say so already."""
    if act.act != Act.NARROW or state in {State.STUCK, State.CANCELLED}:
        return ""
    done = state in {State.VERIFIED, State.STILL_EFFECTIVE, State.ATTESTED}
    return f"What {'remains' if done else 'is to remain'}: {stopped(act.remains['text'])}"


def what_follows(act: Remediation, state: str) -> str:
    """When what was shut is removed; the act that removes it says what became of that."""
    if act.removes_at is None or state not in {State.VERIFIED, State.ATTESTED}:
        return ""
    return f"It is removed for ever on {act.removes_at:%-d %b %Y}, unless somebody enables it again."


def ended(act: Remediation) -> str:
    """What is known of an act that was cancelled."""
    return "Ended before it was proven." if act.sent_at else "Nothing was done."


def stopped(text: str) -> str:
    """End a sentence once."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
