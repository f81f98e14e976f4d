"""
Planning: the act that makes a decision true, one for one target, with what it overtakes.

Who decided says whether the brake counts it: what policy does by itself passes the brake first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from governance import ledger
from governance.errors import Conflict, Invalid
from governance.models import Grant, Policy
from governance.policy import facts
from governance.sole import sole
from reviews import brake, routing
from reviews.models import Act, Answer, Decision, Remediation, Verdict
from reviews.models.remediation import State as Step
from reviews.models.remediation import Target, aimed_at


@dataclass(frozen=True, slots=True)
class Authority:
    """Who rules: a person by an answer, or policy by silence."""

    policy: Policy
    answer: Answer | None = None

    @property
    def actor(self) -> ledger.Actor:
        """For the ledger."""
        return ledger.Actor.person(self.answer.person) if self.answer else ledger.Actor.policy(self.policy)

    @property
    def automatic(self) -> bool:
        """Whether the brake counts what follows."""
        return self.answer is None


def plan(decision: Decision, *, act: Act, target: Target, authority: Authority, at: datetime) -> Remediation | None:
    """
    One act for one target; None where the same is under way. What policy does by itself passes the brake first.

    Raises Conflict where something else is just being done to the target, and Invalid as `remaining` does.
    """
    if under_way(act, target=target, authority=authority):
        return None
    system = routing.system_of(target)
    weight = brake.weight_of(target)
    hold = (
        brake.admit(item=decision.item, policy=authority.policy, system=system, weight=weight, at=at)
        if authority.automatic
        else None
    )
    remains = remaining(decision)
    remediation = Remediation.objects.create(
        weight=weight,
        act=act,
        remains=remains,
        **aimed_at(target),
        system=system,
        decision=decision,
        automatic=authority.automatic,
        facts={name: decision.facts.get(name) for name in facts.TARGET} if isinstance(target, Grant) else {},
        hold=hold,
        planned_at=at,
        released_at=None if hold else at,
    )
    ledger.record(
        act=ledger.Act.REMEDIATION_HELD if hold else ledger.Act.REMEDIATION_PLANNED,
        actor=authority.actor,
        subjects=[remediation, decision, target],
        body={"act": act, "automatic": authority.automatic},
        commit={"remains": remains["text"]} if remains else {},
    )
    return remediation


def remaining(decision: Decision) -> dict[str, str]:
    """
    What a reduce leaves: a form that the system offers, by its key and in its words, or what a person described.

    Nothing where nothing is left. Raises Invalid for a key that was not offered.
    """
    said = decision.answer.remains if decision.answer else {}
    key, text = said.get("key", ""), said.get("text", "").strip()
    if not key:
        return {"text": text} if text else {}
    offered = {each["key"]: each["text"] for each in decision.item.preview.get("narrowings", [])}
    if key not in offered:
        raise Invalid("This narrower form is not offered for it. Choose another, or describe what should remain.")
    return {"key": key, "text": offered[key]}


def under_way(act: Act, *, target: Target, authority: Authority) -> bool:
    """
    Whether this target is being taken away already.

    An act that waits to give it back, or that only narrows it, is overtaken by a removal and cancelled. One that has
    begun has to end first: Conflict. So has any before something is narrowed.
    """
    earlier = sole(Remediation.objects.unfinished().filter(**aimed_at(target)))
    if earlier is None:
        return False
    if act == Act.NARROW or overtaken_too_late(earlier):
        doing = "given back" if Act(earlier.act).gives else "changed as somebody else has decided"
        raise Conflict(f"{earlier.target} is being {doing} right now. Try again when that has ended.")
    if earlier.act != Act.NARROW and not Act(earlier.act).gives:
        return True
    earlier.move(Step.CANCELLED, trouble="A newer decision has overtaken it.")
    ledger.record(
        act=ledger.Act.REMEDIATION_CANCELLED,
        actor=authority.actor,
        subjects=[earlier, earlier.target],
        body={"because": "overtaken"},
    )
    return False


def overtaken_too_late(earlier: Remediation) -> bool:
    """Whether an act has come too far for a removal to overtake it; a narrowing has while the system is being told."""
    if earlier.act == Act.NARROW:
        return earlier.state == Step.CLAIMED
    return Act(earlier.act).gives and (not earlier.untouched or earlier.state == Step.CLAIMED)


def removal(act: Remediation, *, at: datetime) -> datetime | None:
    """
    When a credential that was shut by this act, at this moment, is removed for ever; None where it never is.

    Only a person's decision leads there, and not before it can no longer be taken back. Silence shuts, and no more.
    """
    decision = act.decision
    if act.credential is None or act.act != Act.DISABLE or decision is None or decision.verdict != Verdict.REVOKE:
        return None
    grace = timedelta(seconds=act.review.policy.parameters.credential_remove_seconds)
    return max(at + grace, decision.undo_until)


def remove(shut: Remediation, *, at: datetime) -> Remediation:
    """Plan the removal of a credential that was shut long enough: nobody can take that back."""
    removing = Remediation.objects.create(
        act=Act.REMOVE,
        **aimed_at(shut.target),
        system=shut.system,
        decision=shut.decision,
        follows=shut,
        weight=shut.weight,
        planned_at=at,
        released_at=at,
    )
    ledger.record(
        act=ledger.Act.REMEDIATION_PLANNED,
        actor=ledger.Actor.step("removing"),
        subjects=[removing, shut, removing.target],
        body={"act": Act.REMOVE, "automatic": False},
    )
    return removing
