"""One row of every noun in one unit, and the people who look at it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from governance import access, ledger
from governance import models as known
from governance.access import Right
from governance.ledger import Act, Actor
from reviews import models as asked
from tests.factories import (
    AgentFactory,
    ClaimFactory,
    CredentialFactory,
    FindingFactory,
    GrantFactory,
    OrganisationFactory,
    OrgUnitFactory,
    OwnershipFactory,
    PersonFactory,
    RunFactory,
    SourceFactory,
    SystemFactory,
)
from tests.reviews.factories import AskFactory, AssignmentFactory, CampaignFactory, ItemFactory, ReviewFactory

ACTOR = Actor.operator("test")


@dataclass
class World:
    """A unit with everything in it."""

    unit: known.OrgUnit
    owner: known.Person
    system: known.System
    grant: known.Grant
    agent: known.Agent
    review: asked.Review
    item: asked.Item
    act: asked.Remediation
    hold: asked.Hold
    sync: known.SyncRun
    rows: dict[str, Any]


def world(name: str, parent: known.OrgUnit | None = None) -> World:
    """Everything of one unit; `name` is part of every name in it."""
    unit = OrgUnitFactory(name=f"{name} unit", parent=parent)
    owner = PersonFactory(name=f"{name} owner", email=f"{name}@skyway.example", unit=unit, is_staff=True)
    system = SystemFactory(name=f"{name} system", slug=name, owner=owner)
    grant = GrantFactory(
        system=system, account__name=f"{name}_account", entitlement__name=f"{name}_function", unit=unit
    )
    agent = AgentFactory(name=f"{name}-agent", unit=unit)
    OwnershipFactory(agent=agent, person=owner)
    ClaimFactory(agent=agent, account=grant.account)
    sync = system.sync_runs.create(state="held", started_at=timezone.now(), trouble=f"Missing: 9 of {name}.")
    hold = asked.Hold.objects.create(system=system, why=f"More than 3 of {name}.", opened_at=timezone.now())
    review, item = question(name, unit, owner, grant, agent)
    decision = decide(item, owner)
    act = asked.Remediation.objects.create(
        act="suspend", grant=grant, system=system, decision=decision, hold=hold, automatic=True, planned_at=decision.at
    )
    act.tries.create(number=1, kind="send", outcome="done", at=timezone.now())
    entry = ledger.record(act=Act.REVIEW_OPENED, actor=ACTOR, subjects=[review], body={})
    rows = {
        "system": system,
        "syncrun": sync,
        "account": grant.account,
        "credential": CredentialFactory(account=grant.account, native_id=f"{name}-key"),
        "entitlement": grant.entitlement,
        "finding": item.findings.get(),
        "entry": entry,
        "person": owner,
        "orgunit": unit,
        "organisation": OrganisationFactory(),
        "policy": review.policy,
        "remediation": act,
        "hold": hold,
        "review": review,
        "item": item,
        "ask": AskFactory(person=owner, review=review, dedupe_key=f"{name}:1"),
        "campaign": review.campaign,
        "attestation": attestation(),
        "decision": decision,
        "undo": decision.undo,
        "agent": agent,
        "grant": grant,
        **use(name, system, agent),
    }
    return World(unit, owner, system, grant, agent, review, item, act, hold, sync, rows)


def question(name: str, unit: Any, owner: Any, grant: Any, agent: Any) -> tuple[asked.Review, asked.Item]:
    """A review that its agent's owner is asked."""
    campaign = CampaignFactory(scope=f"{name} campaign")
    review = ReviewFactory(question=f"Does {name}-agent still need it?", unit=unit, campaign=campaign)
    AssignmentFactory(review=review, person=owner)
    finding = FindingFactory(grant=grant, state="taken", facts={})
    return review, ItemFactory(review=review, grant=grant, agent=agent, finding=finding)


def decide(item: asked.Item, owner: known.Person) -> asked.Decision:
    """An answer, its decision, and that it was taken back."""
    at = timezone.now()
    said = {"surface": "slack", "assurance": "simulated", "at": at}
    answer = item.answers.create(assignment=item.review.assignments.get(), person=owner, verdict="revoke", **said)
    decision = asked.Decision.objects.create(
        item=item, verdict="revoke", answer=answer, undo_until=at + timedelta(days=1), facts={}, at=at
    )
    asked.Undo.objects.create(decision=decision, by=owner, **said)
    return decision


def attestation() -> asked.Attestation:
    """Counts of a period."""
    at = timezone.now()
    return asked.Attestation.objects.create(
        starts_at=at - timedelta(days=30),
        ends_at=at,
        checkpoint_size=1,
        checkpoint_note="note",
        counts={"population": 1},
        manifest_digest="0" * 64,
        assurance="service",
        at=at,
    )


def use(name: str, system: known.System, agent: known.Agent) -> dict[str, Any]:
    """A source, a delivery, an interval and a run."""
    source = SourceFactory(name=f"{name}-log", system=system)
    at = timezone.now()
    span = {"starts_at": at - timedelta(days=1), "ends_at": at}
    return {
        "source": source,
        "usageintake": source.intakes.create(received_at=at, **span),
        "coverage": source.coverage.create(system=system, **span),
        "run": RunFactory(agent=agent, source=source, native_id=f"{name}-run"),
    }


def staff(name: str, unit: known.OrgUnit | None = None, right: Right = Right.GOVERN, **fields: Any) -> known.Person:
    """Somebody who may open the admin, with a right on a unit, in which they work."""
    person = PersonFactory(name=name, email=f"{name}@staff.example", is_staff=True, unit=unit, **fields)
    if unit is not None:
        access.permit(who=person, unit=unit, right=right, actor=ACTOR)
    return person
