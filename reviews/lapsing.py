"""
Lapsing: what silence does: the next in line is asked, then policy suspends, through the brake. It never keeps.

What nobody was ever asked lapses too, and the brake holds its suspension for a person.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from governance import clock, ledger
from governance.errors import Conflict
from governance.models import Agent, Lease, Policy
from governance.sweeping import sweep
from reviews import questions, routing, ruling
from reviews.models import Decision, Item, Review, State, Verdict
from reviews.planning import Authority


def escalate_reviews() -> int:
    """Ask the next in line about every review that is late."""
    return sweep(lambda: Review.objects.escalable(clock.now()).claim_late(), escalate)


def lapse_reviews() -> int:
    """Let policy decide every review whose deadline passed in silence."""
    return sweep(lambda: Review.objects.overdue(clock.now()).claim_late(), lapse)


def escalate(review: Review) -> None:
    """Ask the next in line instead; where nobody is left, who is asked stays asked: an answer can still come."""
    with transaction.atomic():
        at = clock.now()
        changed = (
            Review.objects.open().filter(pk=review.pk, escalated_at=None).update(escalated_at=at, leased_until=None)
        )
        if not changed:
            return
        ledger.record(act=ledger.Act.REVIEW_ESCALATED, actor=ledger.Actor.step("lapsing"), subjects=[review], body={})
        if routing.next_for(review, at=at) is not None:
            questions.pass_on(review, because="silence", at=at)


def lapse(review: Review) -> None:
    """
    Suspend what nobody answered for.

    What cannot be ruled on yet, such as a grant that is being given back right now, stays open without stopping the
    rest. Raises Conflict for it, with what was ruled on stored: the sweep comes back.
    """
    if waiting := lapse_items(review):
        raise Conflict(" ".join(waiting))


def lapse_items(review: Review) -> list[str]:
    """Rule on each item; return why some could not be."""
    waiting = []
    with transaction.atomic():
        at = clock.now()
        questions.lock_subjects(Item.objects.open().filter(review=review).only("grant", "credential"))
        locked = Review.objects.select_for_update(of=("self",)).select_related("policy").get(pk=review.pk)
        if locked.state != "open" or locked.due_at > at:
            return []
        mine = Item.objects.open().filter(review=locked).with_subject().select_related("review__policy")
        for item in mine.select_for_update(of=("self",)).order_by("pk"):
            try:
                with transaction.atomic():
                    lapse_item(item, policy=locked.policy, at=at)
            except Conflict as error:
                waiting.append(str(error))
    return waiting


def lapse_item(item: Item, *, policy: Policy, at: datetime) -> None:
    """Suspend it, unless its silence is another's answer."""
    if others := for_others(item, at=at):
        questions.withdraw(item, because=others, actor=ledger.Actor.step("lapsing"), at=at)
    else:
        ruling.rule(item=item, verdict=Verdict.SUSPEND, authority=Authority(policy=policy), at=at)


def for_others(item: Item, *, at: datetime) -> str:
    """
    Why silence about one agent takes nothing from the others that share its account; "" where it does.

    Who answers for another one keeps the grant or the credential, or is still asked: the last who is silent lets it go.
    """
    held = item.grant or item.credential
    if held is None:
        return ""
    others = Agent.objects.answering().that_use(held.account).exclude(pk=item.agent_id or 0)
    theirs = Item.objects.filter(grant=item.grant_id, credential=item.credential_id, agent__in=others)
    if kept(item, others, at=at):
        return "kept for another agent that shares the account"
    return "still asked for another agent that shares the account" if theirs.open().exists() else ""


def kept(item: Item, others: QuerySet[Agent], *, at: datetime) -> bool:
    """
    Whether a keep for one of these agents is in force: of a grant by its lease, of a credential by the decision.

    A keep from before a question at which that agent's people were silent too is none: silence does not renew it.
    """
    silent = Item.objects.filter(
        grant=item.grant_id, credential=item.credential_id, state=State.WITHDRAWN, closed_at__gte=F("review__due_at")
    )
    if item.grant is None:
        said = Decision.objects.filter(item__credential=item.credential_id, item__agent__in=others)
        since = silent.filter(agent=OuterRef("item__agent"), review__opened_at__gt=OuterRef("at"))
        return said.filter(~Exists(since), verdict=Verdict.KEEP, keep_until__gt=at, undo=None).exists()
    lent = Lease.objects.filter(grant=item.grant, basis=Lease.Basis.DECISION, starts_at__lte=at, ends_at__gt=at)
    since = silent.filter(agent=OuterRef("agent"), review__opened_at__gt=OuterRef("starts_at"))
    return lent.filter(~Exists(since), agent__in=others).exists()
