"""
Stopping: who governs an agent, or owns it, suspends it at once, without having been asked.

It is a question that a person puts to themselves and answers, so that it stands in the evidence, is carried out and
taken back like any other decision.
"""

from datetime import datetime

from django.db import transaction

from governance import ledger
from governance.errors import Conflict
from governance.models import Agent, Band, Finding, Person
from governance.models.agent import Lifecycle
from governance.policy import facts
from reviews import campaigning, deadlines, deciding, governing, questions, ruling
from reviews.handling import in_words
from reviews.models import Act, Answer, Item, Remediation, Review, Verdict
from reviews.routing import Candidate
from reviews.ruling import Via


def suspend(*, agent: Agent, reason: str, by: Person, via: Via, at: datetime) -> Answer:
    """
    Stop an agent at once: each account that no other running agent uses is disabled, and can be enabled again.

    The question who answers for it is withdrawn; what it holds is asked about as before. Raises NotAllowed, Invalid
    without a reason, and Conflict where it is stopped already.
    """
    governing.may_govern(agent, by)
    said = in_words(reason, "Say why it has to stop: the words go into the evidence.")
    with transaction.atomic():
        asked = withdraw_questions(agent, by=by, at=at)
        held = Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)  # after reviews, as whoever decides does
        if not to_suspend(held):
            raise Conflict(f"{agent.name} is {held.get_lifecycle_display().lower()} already.")
        item = put_to_oneself(held, by=by, at=at)
        item.findings.set(asked)
        assignment = questions.authorise(item.review, by=by, at=at)
        answered = deciding.Said(verdict=Verdict.SUSPEND, reason=said)
        return deciding.answer(item, answered, assignment=assignment, via=via, at=at)


def withdraw_questions(agent: Agent, *, by: Person, at: datetime) -> list[Finding]:
    """End what is asked about an agent as a whole; what was suspected, so that an undo opens it again."""
    open_ones = Item.objects.open().filter(subject_agent=agent).order_by("review")
    list(Review.objects.filter(items__in=open_ones).select_for_update(of=("self",)).order_by("pk"))
    items = list(open_ones.select_related("review"))
    for item in items:
        questions.withdraw(item, because="suspended by hand", actor=ledger.Actor.person(by), at=at)
    return list(Finding.objects.filter(items__in=items, state=Finding.State.TAKEN))


def to_suspend(agent: Agent) -> bool:
    """Whether something of an agent can still be stopped: of one that is suspended, an account that is open."""
    if agent.lifecycle != Lifecycle.SUSPENDED:
        return agent.lifecycle != Lifecycle.RETIRED
    own, _ = ruling.used_by(agent)
    shutting = Remediation.objects.unfinished().filter(account__in=own, act=Act.DISABLE)
    return any(account.enabled for account in own) and not shutting.exists()


def put_to_oneself(agent: Agent, *, by: Person, at: datetime) -> Item:
    """A question about an agent as a whole, to the person who asks it."""
    campaign, bound = campaigning.continuous(at), facts.of_agent(agent, at)
    severity = Band(bound["band"])
    review = Review.objects.create(
        campaign=campaign,
        policy=campaign.policy,
        question=f"Does {agent.name} still need to run?",
        severity=severity,
        unit=agent.unit,
        opened_at=at,
        **deadlines.moments([agent], severity=severity, parameters=campaign.policy.parameters, at=at),
    )
    item = Item.objects.create(review=review, subject_agent=agent, facts=bound, fingerprint=facts.fingerprint(bound))
    ledger.record(
        act=ledger.Act.REVIEW_OPENED,
        actor=ledger.Actor.person(by),
        subjects=[review, agent],
        body={"kind": review.kind, "severity": severity, "due_at": ledger.stamp(review.due_at)},
    )
    questions.assign(review, Candidate(by, "self", f"because you suspend {agent.name}."), at=at)
    return item
