"""Rows of asking and deciding, for tests: a review that waits for one person's answer."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from governance.models import Band, ExternalIdentity
from reviews import models
from tests.factories import (
    AgentFactory,
    FindingFactory,
    GrantFactory,
    PersonFactory,
    PolicyFactory,
)

LONG_AGO = "2026-01-03T10:00:00+00:00"
FACTS = {
    "holder": "16384",
    "holder_kind": "login",
    "entitlement": "do",
    "instance": "1",
    "definition": "0" * 64,
    "effect": "allow",
    "condition": "",
    "band": Band.MEDIUM.value,
    "use": "unused",
    "has_owner": True,
}


class CampaignFactory(DjangoModelFactory):
    """The continuous campaign of a period around now."""

    class Meta:
        model = models.Campaign

    policy = factory.SubFactory(PolicyFactory)
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=10))
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=20))
    opened_at = factory.SelfAttribute("starts_at")


class ReviewFactory(DjangoModelFactory):
    """An open review that has been opened an hour ago and is due in three days; nobody is asked."""

    class Meta:
        model = models.Review

    campaign = factory.SubFactory(CampaignFactory)
    policy = factory.SelfAttribute("campaign.policy")
    question = "Does airline-support still need to refund payments?"
    severity = Band.MEDIUM
    unit = factory.SubFactory("tests.factories.OrgUnitFactory")
    opened_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    remind_at = factory.LazyAttribute(lambda it: it.opened_at + timedelta(days=1))
    escalate_at = factory.LazyAttribute(lambda it: it.opened_at + timedelta(days=2))
    due_at = factory.LazyAttribute(lambda it: it.opened_at + timedelta(days=3))


class AssignmentFactory(DjangoModelFactory):
    """Somebody is asked, because they own the agent."""

    class Meta:
        model = models.Assignment

    review = factory.SubFactory(ReviewFactory)
    person = factory.SubFactory(PersonFactory)
    rule = "owner"
    why = "because you own airline-support since 2 March"
    since = factory.SelfAttribute("review.opened_at")


def suspicion(item: models.Item) -> dict[str, Any]:
    """What a check said about the item's subject."""
    if item.grant:
        facts = {"runs": 214, "held_since_basis": "stated", **dict.fromkeys(["held_since", "observed_from"], LONG_AGO)}
        return {"check_name": "never_used", "grant": item.grant, "facts": facts}
    facts = {"last_owner": "Nadia Karim", "last_owner_id": 1, "employment": "left", "until": LONG_AGO}
    return {"check_name": "ownerless", "grant": None, "agent": item.subject_agent, "facts": facts}


class ItemFactory(DjangoModelFactory):
    """An open item about a grant; about an agent by `grant=None, agent=None, subject_agent=…`."""

    class Meta:
        model = models.Item
        skip_postgeneration_save = True

    review = factory.SubFactory(ReviewFactory)
    grant = factory.SubFactory(GrantFactory)
    agent = factory.SubFactory(AgentFactory)
    facts = factory.LazyFunction(lambda: dict(FACTS))
    fingerprint = "f" * 64
    facts_shown = factory.LazyFunction(
        lambda: {
            "replay": "Removing this would have stopped 0 of the last 214 runs.",
            "lines": {"Last used": "Never. The record of 30 days is complete."},
        }
    )

    @factory.post_generation
    def finding(self, create, extracted, **kwargs):
        """Be about a finding that was taken, unless `finding=False`."""
        if create and extracted is not False:
            self.findings.add(extracted or FindingFactory(state="taken", **suspicion(self)))


class WorkspaceFactory(DjangoModelFactory):
    """A Slack workspace whose bot token is in the environment."""

    class Meta:
        model = models.Workspace

    team_id = factory.Sequence(lambda number: f"T{number:07}")
    app_id = "A0COUNTER"
    name = factory.Sequence(lambda number: f"Workspace {number}")
    bot_token = "env:TEST_SLACK_BOT_TOKEN"  # noqa: S105  (the name of a variable)


class SlackIdentityFactory(DjangoModelFactory):
    """A person's linked Slack user; say in which workspace by `issuer=workspace.team_id`."""

    class Meta:
        model = ExternalIdentity

    scheme = "slack"
    issuer = "T0000000"
    person = factory.SubFactory(PersonFactory)
    value = factory.Sequence(lambda number: f"U{number:07}")


class AskFactory(DjangoModelFactory):
    """A question that waits to be sent to the person by Slack; of which review, by `review=…`."""

    class Meta:
        model = models.Ask
        skip_postgeneration_save = True

    person = factory.SubFactory(PersonFactory)
    surface = "slack"
    dedupe_key = factory.Sequence(lambda number: f"question:{number}")
    made_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def review(self, create, extracted, **kwargs):
        """Put this review's question."""
        if create and extracted:
            self.reviews.add(extracted)
