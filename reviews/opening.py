"""
Opening: findings become questions. Only here.

A question is one item on one subject (and one agent); like findings about one agent's grants share a review, 20 items
at most. The facts are frozen, and the fingerprint of what a decision will be bound to is taken.
"""

import logging
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import BigAutoField, Q, QuerySet

from governance import clock, findings, ledger
from governance.models import (
    Account,
    Agent,
    Band,
    Claim,
    Credential,
    Finding,
    Grant,
    OrgUnit,
    Policy,
)
from governance.models.finding import SUBJECTS, Suspected
from governance.once import Once
from governance.policy import facts
from governance.policy.wording import counted
from governance.sweeping import lost
from reviews import campaigning, deadlines, describing, evidence, questions, routing
from reviews.models import ITEMS_AT_MOST, Campaign, Item, Remediation, Review
from reviews.routing import Candidate

logger = logging.getLogger(__name__)

BATCH = 200
LOOKED_AT = (
    "grant__account",
    "grant__entitlement",
    "credential__account__system",
    "account__system",
    "unit",
)  # of every finding that becomes a question
WHOSE = {"account", "subject_agent"}  # of these it is asked whose they are
FIELDS = {name: "subject_agent" if name == "agent" else name for name in SUBJECTS}  # of an item, by a finding's


@dataclass(frozen=True, slots=True)
class Draft:
    """An item to be: one subject, for one agent, with every finding on it."""

    subject: Suspected
    field: str
    agent: Agent | None
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> Band:
        """The worst of its findings."""
        return max((Band(finding.severity) for finding in self.findings), key=lambda band: band.rank)

    @property
    def unit(self) -> OrgUnit:
        """Where it is seen."""
        return self.findings[0].unit


Key = tuple[Candidate | None, Agent | None, str, Band, tuple[str, ...], int]
Groups = dict[Key, list[Draft]]


def open_reviews() -> int:
    """
    Turn open findings into reviews, batch by batch; return how many reviews were opened.

    Two at once are harmless (SKIP LOCKED).
    """
    opened, last = 0, 0
    while True:
        with transaction.atomic(durable=True):
            at = clock.now()
            running = campaigning.continuous(at)  # also where nothing is asked: such a period is attested too
            waiting = ready(Finding.objects.open(at)).filter(pk__gt=last).only("pk").order_by("pk")
            keys = [each.pk for each in waiting.select_for_update(skip_locked=True, of=("self",))[:BATCH]]
            found = Finding.objects.select_related(*LOOKED_AT).in_bulk(keys)
            opened += open_batch([found[key] for key in keys], campaign=running, at=at)
        if len(keys) < BATCH:
            return opened
        last = keys[-1]


def ready(queryset: "QuerySet[Finding]") -> "QuerySet[Finding]":
    """
    Not while an act on it, on its account, or on one of the agent's, is under way: its end changes the question.

    What is found about a system is said to those who run this, in their pages: nobody could keep or revoke it.
    """
    return queryset.filter(system=None).exclude(pk__in=HELD_UP.within(output=BigAutoField()))


def held_up() -> QuerySet[Finding, Any]:
    """Return the keys of findings whose question an act changes that is under way."""
    acts = Remediation.objects.unfinished()
    accounts = acts.filter(account__isnull=False).values("account")
    agents = Claim.objects.filter(until=None, account__in=accounts).values("agent")
    credentials = acts.filter(credential__isnull=False).values("credential")
    held = Q(grant__in=acts.filter(grant__isnull=False).values("grant")) | Q(credential__in=credentials)
    held |= (
        Q(credential__active=False)
        | Q(credential__account__in=accounts)
        | Q(account__in=accounts)
        | Q(agent__in=agents)
    )
    return Finding.objects.filter(held).values("pk")


HELD_UP = Once(held_up)


def open_batch(batch: list[Finding], *, campaign: Campaign, at: datetime) -> int:
    """Open what these findings ask."""
    groups: Groups = defaultdict(list)
    for draft in drafts(batch):
        tried(partial(place, draft, groups, at=at), about=draft)
    opened = 0
    for (first, *_), group in groups.items():
        for start in range(0, len(group), ITEMS_AT_MOST):
            chunk = group[start : start + ITEMS_AT_MOST]
            opened += tried(partial(open_review, chunk, first, campaign=campaign, at=at), about=chunk[0])
    return opened


def tried(act: Callable[[], object], *, about: Draft) -> bool:
    """Keep the trouble of one question from the others: what it did is rolled back, and its findings stay open."""
    try:
        with transaction.atomic():
            act()
    except Exception as error:  # whatever it is, it is this question's own
        if lost(error):
            raise
        logger.exception("a question could not be opened", extra={"subject": f"{about.field}:{about.subject.pk}"})
        return False
    return True


def place(draft: Draft, groups: Groups, *, at: datetime) -> None:
    """Into the question that is open already on this subject, or among those that will share one."""
    if join(draft):
        take(draft, at=at)
    else:
        groups[group_key(draft, at=at)].append(draft)


def take(draft: Draft, *, at: datetime) -> None:
    """These findings are being asked about."""
    findings.take(Finding.objects.filter(pk__in=[finding.pk for finding in draft.findings]), at=at)


def drafts(batch: list[Finding]) -> Iterator[Draft]:
    """One draft a subject and agent. An account that several agents share is asked of each one's people."""
    by_subject: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    for finding in batch:
        field = next(name for name in SUBJECTS if getattr(finding, f"{name}_id") is not None)
        by_subject[field, finding.subject.pk].append(finding)
    for (name, _), found in by_subject.items():
        subject = found[0].subject
        for agent in agents_of(subject):
            yield Draft(subject=subject, field=FIELDS[name], agent=agent, findings=tuple(found))


def agents_of(subject: object) -> list[Agent | None]:
    """The agents on whose behalf a subject is asked about; [None] where the system's owner answers."""
    account = subject.account if isinstance(subject, Grant | Credential) else None
    if account is None:
        return [None]
    return list(Agent.objects.answering().that_use(account).order_by("pk")) or [None]


def join(draft: Draft) -> bool:
    """Add the findings to a question that is open already on the same subject; False where there is none."""
    item = (
        Item.objects.open().filter(agent=draft.agent, **{draft.field: draft.subject}).select_related("review").first()
    )
    if item is None:
        return False
    # as deciding does: what is added to a question that is being answered would never be asked
    Review.objects.select_for_update().get(pk=item.review_id)
    if not Item.objects.open().filter(pk=item.pk).exists():
        return False
    item.findings.add(*draft.findings)
    questions.outdate(item.review)
    return True


def group_key(draft: Draft, *, at: datetime) -> Key:
    """
    What shares a review: who is asked first, and why; the agent, the kind of question, and the checks.

    Whose something is, is asked of each by itself: its answer may be somebody else.
    """
    first = next(routing.line(subject=draft.subject, agent=draft.agent, at=at), None)
    checks = tuple(sorted({finding.check_name for finding in draft.findings}))
    return (first, draft.agent, draft.field, draft.severity, checks, draft.subject.pk if draft.field in WHOSE else 0)


def open_review(chunk: list[Draft], first: Candidate | None, *, campaign: Campaign, at: datetime) -> Review:
    """One review, its items, its first assignment; without anybody to ask it is in governance's queue."""
    severity, policy = chunk[0].severity, campaign.policy
    subjects = [draft.subject for draft in chunk]
    review = Review.objects.create(
        campaign=campaign,
        policy=policy,
        kind=Review.Kind.CLAIM if chunk[0].field in WHOSE else Review.Kind.CERTIFY,
        question=question(chunk),
        severity=severity,
        unit=chunk[0].unit,
        opened_at=at,
        **deadlines.moments(subjects, severity=severity, parameters=policy.parameters, at=at),
    )
    for draft in chunk:
        take(draft, at=at)
        add_item(review, draft, at=at)
    ledger.record(
        act=ledger.Act.REVIEW_OPENED,
        actor=ledger.Actor.step("opening"),
        subjects=[review, *subjects],
        body={"kind": review.kind, "severity": severity, "due_at": ledger.stamp(review.due_at)},
    )
    if first is not None:
        questions.assign(review, first, at=at)
    return review


def question(chunk: list[Draft]) -> str:
    """What is asked, as a sentence."""
    draft = chunk[0]
    if isinstance(draft.subject, Agent):
        return f"Who answers for {draft.subject.name}?"
    if isinstance(draft.subject, Account):
        return f"Whose is {draft.subject.name} in {draft.subject.system.name}?"
    if not isinstance(draft.subject, Grant | Credential):
        return f"Does {draft.subject} still need to be there?"
    holder = draft.agent.name if draft.agent else draft.subject.account.name
    more = f", and {counted(len(chunk) - 1, f'more {draft.field}')}" if chunk[1:] else ""
    return f"Does {holder} still need {needed(draft.subject)}{more}?"


def needed(subject: Grant | Credential) -> str:
    """What somebody still needs."""
    if isinstance(subject, Credential):
        return f"{subject.name} in {subject.account.system.name}"
    return evidence.needing(subject.entitlement.name)


def add_item(review: Review, draft: Draft, *, at: datetime) -> Item:
    """One item with its frozen facts."""
    subject = draft.subject
    bound = facts.of_grant(subject.pk, at=at) if isinstance(subject, Grant) else other_facts(draft, at=at)
    item = Item.objects.create(
        review=review,
        agent=draft.agent,
        facts=bound,
        fingerprint=facts.fingerprint(bound),
        facts_shown={
            "suggest": suggests(review.policy),
            **describing.describe(subject, agent=draft.agent, at=at),
        },
        **{draft.field: subject},
    )
    left = Finding.objects.filter(**{about(draft): subject}, state=Finding.State.TAKEN).exclude(items__state="open")
    item.findings.add(*draft.findings, *left)
    return item


def about(draft: Draft) -> str:
    """Which of a finding's subjects the draft is about."""
    return next(name for name, field in FIELDS.items() if field == draft.field)


def other_facts(draft: Draft, *, at: datetime) -> dict[str, object]:
    """What a decision about something else than a grant is bound to."""
    if isinstance(draft.subject, Agent):
        return facts.of_agent(draft.subject, at)
    if isinstance(draft.subject, Account):
        return facts.of_account(draft.subject)
    if isinstance(draft.subject, Credential):
        return facts.of_credential(draft.subject, at)
    return {"subject": str(draft.subject), "band": draft.severity}


def suggests(policy: Policy) -> bool:
    """Whether the card may suggest something: a share of questions goes without, so that its influence can be seen."""
    return random.randrange(100) >= policy.parameters.no_suggestion_percent  # noqa: S311  (a lot, not a secret)
