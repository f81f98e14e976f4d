"""Campaigning: the continuous campaign begins anew with each calendar month, and with each policy in it."""

from datetime import datetime, timedelta

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Count, TextField, Value
from django.db.models.functions import Cast, Coalesce

from governance import ledger
from governance.models import Grant, Organisation, Policy
from governance.models.expressions import Digest
from reviews.models import Campaign


def continuous(at: datetime) -> Campaign:
    """The continuous campaign of this calendar month, in the organisation's time zone, under the policy in force."""
    policy = Policy.objects.in_force(at)
    running = Campaign.objects.running(at)
    if running is not None and running.policy_id == policy.pk:
        running.policy = policy
        return running
    local = at.astimezone(Organisation.objects.get().zone)
    starts_at = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ends_at = (starts_at + timedelta(days=32)).replace(day=1)
    size, digest = population()
    opened, new = Campaign.objects.get_or_create(
        scope=Campaign.CONTINUOUS,
        starts_at=starts_at,
        ends_at=ends_at,
        policy=policy,
        defaults={"opened_at": at, "population_root": digest, "population_size": size},
    )
    if new:
        ledger.record(
            act=ledger.Act.CAMPAIGN_OPENED,
            actor=ledger.Actor.step("opening"),
            subjects=[opened],
            body={
                "population": digest,
                "size": size,
                "starts_at": ledger.stamp(starts_at),
                "ends_at": ledger.stamp(ends_at),
            },
        )
    return opened


def population() -> tuple[int, str]:
    """How many grants are open, and the SHA-256 of their numbers in order: none can be left out later unseen."""
    numbers = StringAgg(Cast("pk", TextField()), delimiter=",", order_by="pk")
    found = Grant.objects.open().aggregate(size=Count("pk"), digest=Digest(Coalesce(numbers, Value(""))))
    return found["size"], found["digest"]
