"""One agent with everything that its page can show: two accounts, seven ways, use, a review of each outcome."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from governance import registering
from governance.ledger import Actor
from governance.models import Account, Agent, Entitlement, EntitlementAction, Grant, Person, Source, UsageDay
from tests.admin.world import World
from tests.factories import (
    AccountFactory,
    EntitlementFactory,
    FindingFactory,
    GrantFactory,
    OwnershipFactory,
    PersonFactory,
    RunFactory,
    SystemFactory,
)

ACTOR = Actor.operator("test")
TOOLS = ("book_reservation", "calculate", "cancel_reservation", "get_reservation_details", "get_user_details", "think")
TABLES = ("airports", "bookings", "flights", "passengers", "refunds", "seats")
RIGHTS = ("DELETE", "INSERT", "SELECT", "UPDATE")


@dataclass
class Busy:
    """The agent, who answers, and the accounts that it uses."""

    agent: Agent
    owner: Person
    support: Account
    runtime: Account
    everyone: Account
    role: Account

    def grant(self, account: Account, name: str, **more: Any) -> Grant:
        """Something that an account holds."""
        kind, action = more.pop("kind", "function"), more.pop("action", None)
        resource = more.pop("resource", name)
        entitlement = EntitlementFactory(
            system=account.system, name=name, native_type=kind, resource=resource, action=action
        )
        return GrantFactory(account=account, entitlement=entitlement, unit=self.agent.unit, **more)


def busy(ours: World, name: str = "airline-support") -> Busy:
    """The agent of the design."""
    at = timezone.now()
    owner = PersonFactory(name="Maria Okafor", unit=ours.unit, manager=PersonFactory(name="Lena Fischer"))
    purpose = "Answers passengers, changes and cancels bookings"
    agent = registering.register_agent(name=name, purpose=purpose, unit=ours.unit, at=at, actor=ACTOR)
    OwnershipFactory(agent=agent, person=owner)
    OwnershipFactory(agent=agent, person=PersonFactory(name="Jon Bell"), role="deputy")
    reservations = SystemFactory(name=f"reservations of {name}", owner=ours.owner, synced_at=at)
    aws = SystemFactory(name=f"AWS of {name}", owner=ours.owner, synced_at=at)
    it = Busy(
        agent,
        owner,
        AccountFactory(system=reservations, name="airline_support"),
        AccountFactory(system=aws, name="airline-support-runtime", kind="workload"),
        AccountFactory(system=reservations, name="PUBLIC", kind="everyone"),
        AccountFactory(system=reservations, name="reservations_rw", kind="role"),
    )
    for account in (it.support, it.runtime):
        registering.claim_account(agent=agent, account=account, basis="by its name", at=at, actor=ACTOR)
    held(it)
    used(it)
    return it


def held(it: Busy) -> None:
    """Seven ways."""
    for number, tool in enumerate(TOOLS):
        grant = it.grant(it.support, f"tools.{tool}()", native={"grantor": "postgres"}, risk=30 + number)
        FindingFactory(grant=grant, check_name="lease_due", severity="low", facts={"lease_ends_at": None, "at": ""})
    it.grant(it.support, "tools.refund_payment(text, integer)", native={"grantor": "mreyes"}, risk=65)
    grantable = {"grantor": "mreyes", "grantable": True}
    loyalty = "crm.loyalty_tiers"
    it.grant(it.support, f"UPDATE on {loyalty}", kind="table", resource=loyalty, native=grantable, risk=61)
    manifest = it.grant(it.everyone, "tools.export_passenger_manifest(date)", risk=85)
    path = {"path": "PUBLIC", "revoked": "export_passenger_manifest held by airline_support"}
    FindingFactory(grant=manifest, check_name="still_effective", severity="critical", facts=path)
    member = EntitlementFactory(
        system=it.support.system, name="member of reservations_rw", native_type="membership", confers=it.role, action=""
    )
    GrantFactory(account=it.support, entitlement=member, unit=it.agent.unit)
    on_tables(it)
    for policy in ("AmazonBedrockLimitedAccess", "CloudWatchAgentServerPolicyWithAVeryLongNameThatDoesNotFit"):
        it.grant(it.runtime, policy, kind="policy", native={"grantor": policy.lower()}, action="", risk=45)


def on_tables(it: Busy) -> None:
    """What the role may do to each table, all at once."""
    system, role = it.role.system, {"account": it.role, "unit": it.agent.unit, "risk": 82}
    rights = Entitlement.objects.bulk_create(
        EntitlementFactory.build(
            system=system, name=f"{right} on air.{table}", native_type="table", resource=f"air.{table}"
        )
        for table in TABLES
        for right in RIGHTS
    )
    EntitlementAction.objects.bulk_create(
        EntitlementAction(entitlement=right, action="execute", resource=right.resource) for right in rights
    )
    Grant.objects.bulk_create(GrantFactory.build(entitlement=right, **role) for right in rights)


def used(it: Busy) -> None:
    """Runs, and calls on some of the last days."""
    today = timezone.now().date()
    source = Source.objects.create(name=f"{it.agent.name}-log", system=it.support.system, provenance="system")
    for number in range(3):
        RunFactory(agent=it.agent, source=source, native_id=f"{it.agent.name}-{number}")
    UsageDay.objects.bulk_create(
        UsageDay(
            system=it.support.system,
            native_account=it.support.native_id,
            action="execute",
            resource=f"tools.{tool}()",
            day=today - timedelta(days=back),
            allowed=3 + (back * 7) % 11,
            runs=2,
        )
        for number, tool in enumerate(TOOLS[:4])
        for back in range(0, 30, number + 1)
    )
