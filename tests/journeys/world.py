"""
A small organisation beside an airline's real database, or a cloud's account: what each journey starts from.

Everything comes in by the verbs that an operator has. What an agent may do is asked of PostgreSQL itself, signed in as
that agent (`can`), and never of the product.
"""

import os
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from django.db.models import Value
from django.db.models.functions import Coalesce

from config.embedded import programs
from governance import access, checking, clock, observing, registering, syncing
from governance.ledger import Actor
from governance.models import Account, Agent, Entry, Grant, OrgUnit, Person, Source, SyncRun, System
from governance.observing import Cover
from reviews import asking, deciding, lapsing, opening, reminding, rerouting, revoking, verifying, withdrawing
from reviews.deciding import Said
from reviews.models import Answer, Ask, Decision, Item, Remediation, Review, Verdict, Workspace
from reviews.models.decision import Task
from reviews.ruling import Via
from tests.connectors.company import PASSWORD, Company
from tests.governance.usage import event, import_events

ACTOR = Actor.operator("test")
DAY = 86_400
LONG = {"low": DAY, "medium": DAY, "high": DAY, "critical": DAY}
POLICY: dict[str, Any] = {
    "review_seconds": LONG,
    "first_lease_seconds": dict.fromkeys(LONG, 90 * DAY),
    "unused_runs": 5,
    "unused_run_seconds": 3600,
    "alone_from": "low",
    "alone_a_day": 1000,
    "no_suggestion_percent": 0,
}
RUNS = 10
TEAM = "T0SKYWAY"
REASON = "The gate staff's own tool runs it during boarding."
LIST = "airline:function:air.list_flights():EXECUTE"
FLIGHTS = "SELECT air.list_flights()"

# What the company module's airline lacks: a tool that is used, and the log-in that a connector really gets.
MORE = """
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    SET ROLE air_owner;
    CREATE FUNCTION air.list_flights() RETURNS text LANGUAGE sql AS 'SELECT ''SK1''';
    REVOKE EXECUTE ON FUNCTION air.list_flights FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION air.list_flights TO agent;
    REVOKE SELECT ON air.bookings FROM agent;
    REVOKE USAGE ON SCHEMA air FROM PUBLIC;
    GRANT USAGE ON SCHEMA air TO agent, other_agent, airline_agents, dba_two;
    RESET ROLE;
    CREATE ROLE countersign LOGIN CREATEROLE PASSWORD '{word}';
    GRANT air_owner, dba_two TO countersign WITH INHERIT FALSE, SET TRUE;
    GRANT agent, other_agent TO countersign WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
"""


def delivered() -> int:
    """A surface that reaches everybody who is linked, at once."""
    waiting = Ask.objects.filter(surface="slack", state__in=[Ask.State.PENDING, Ask.State.OUTDATED])
    return waiting.update(state=Ask.State.SENT, sent_at=Coalesce("sent_at", Value(clock.now())))


STEPS: tuple[Callable[[], int], ...] = (
    observing.roll_up,
    checking.check_due,
    checking.check_agents,
    opening.open_reviews,
    asking.ask_people,
    reminding.remind_people,
    delivered,
    lapsing.escalate_reviews,
    lapsing.lapse_reviews,
    rerouting.reroute_reviews,
    withdrawing.withdraw_items,
    revoking.carry_out_due,
    verifying.verify_sent,
)


def tick() -> None:
    """Run every step once, in the order of the timetable; syncing is asked for by name."""
    for step in STEPS:
        step()


def person(first: str, *, unit: OrgUnit, manager: Person | None = None) -> Person:
    made = registering.register_person(email=f"{first}@skyway.example", name=first.title(), unit=unit, actor=ACTOR)
    registering.link_identity(person=made, scheme="slack", issuer=TEAM, value=f"U0{first.upper()}", actor=ACTOR)
    if manager is not None:
        registering.set_manager(person=made, manager=manager, at=clock.now(), actor=ACTOR)
    return made


@dataclass(kw_only=True)
class Organisation:
    """The people, what is known of agents, and what people do."""

    unit: OrgUnit
    manager: Person
    owner: Person
    deputy: Person
    system_owner: Person
    governor: Person
    owner_login: psycopg.Connection  # of the product's database: it alone shifts the clock
    agents: dict[str, Agent] = field(default_factory=dict)

    def register(
        self, name: str, account: Account, *, owner: Person | None, deputies: tuple[Person, ...] = ()
    ) -> Agent:
        """Register an agent that uses this account; what it holds it has held since a month ago."""
        at = clock.now()
        agent = registering.register_agent(name=name, unit=self.unit, at=at, actor=ACTOR)
        if owner is not None:
            registering.set_owner(agent=agent, person=owner, at=at, actor=ACTOR)
        registering.set_deputies(agent=agent, people=deputies, at=at, actor=ACTOR)
        registering.claim_account(agent=agent, account=account, at=at, actor=ACTOR)
        month = at - timedelta(days=30)
        for grant in Grant.objects.open().filter(account=account, revocable=True):
            registering.state_held_since(grant=grant, since=month, at=at, actor=ACTOR)
        self.agents[name] = agent
        return agent

    # -- what people do

    def later(self, **span: float) -> None:
        """Shift the product's clock."""
        self.owner_login.execute(
            "INSERT INTO evidence.clock (shift) VALUES (%s) "
            "ON CONFLICT (single) DO UPDATE SET shift = clock.shift + EXCLUDED.shift",
            [timedelta(**span)],
        )

    def asked(self, subject: Grant | Agent, agent: Agent | None = None) -> Item:
        """The open question about a subject."""
        items = Item.objects.open().filter(**{"grant" if isinstance(subject, Grant) else "subject_agent": subject})
        return (items.filter(agent=agent) if agent else items).get()

    def decide(
        self, item: Item, verdict: Verdict, by: Person, *, fingerprint: str = "", via: Via | None = None, **more: Any
    ) -> Answer:
        """Click."""
        said = Said(verdict=Verdict(verdict), task=Task.CURRENT if verdict == Verdict.KEEP else Task.NONE, **more)
        return deciding.decide(item=item, said=said, by=by, via=via or VIA, fingerprint=fingerprint)

    def revoke(self, subject: Grant, by: Person | None = None) -> Decision:
        """The owner clicks revoke on the open question."""
        return self.decide(self.asked(subject), Verdict.REVOKE, by or self.owner).decision


@dataclass(kw_only=True)
class World(Organisation):
    """The organisation beside the airline."""

    airline: Company
    system: System
    source: Source

    # -- what is known

    def sync(self) -> SyncRun:
        """Read the airline now."""
        run = syncing.sync(System.objects.get(pk=self.system.pk))
        assert run.state == SyncRun.State.COMPLETE, run.trouble
        return run

    def agent_with(self, name: str, role: str, *, owner: Person | None, deputies: tuple[Person, ...] = ()) -> Agent:
        """Register an agent that uses this role, held since a month ago."""
        return self.register(name, self.account(role), owner=owner, deputies=deputies)

    def runs_of(self, *names: str) -> None:
        """Ten runs of each agent over two days; each lists flights, and does nothing else."""
        now = clock.now()
        interval = Cover(now - timedelta(days=3), now)
        begun = [now - timedelta(hours=4 * number + 1) for number in range(RUNS)]
        runs = [
            {"run": f"{name}-{number}", "agent": name, "started": at.isoformat(), "outcome": "completed"}
            | {"ended": (at + timedelta(minutes=1)).isoformat()}
            for name in names
            for number, at in enumerate(begun)
        ]
        events = [
            event(at=each["started"], agent=each["agent"], action="list_flights", run=each["run"]) for each in runs
        ]
        imported = import_events(self.source, *events, runs=runs, interval=interval)
        assert imported.events.kept == imported.runs.kept == len(runs), imported

    def account(self, role: str) -> Account:
        native = "0" if role == "PUBLIC" else self.airline.oid(role)
        return Account.objects.get(system=self.system, native_id=native)

    def grant(self, role: str, entitlement: str, *, by: str = "") -> Grant:
        """The open row of a grant, by its grantor where there are several."""
        found = Grant.objects.open().filter(account=self.account(role), entitlement__native_id=entitlement)
        return found.get(**({"origin": self.airline.oid(by)} if by else {}))


VIA = Via(surface="slack", assurance="simulated")


def whom(review: Review) -> str | None:
    """Who is asked now."""
    assignment = review.assignment
    return assignment.person.name if assignment else None


def only_act(decision: Decision) -> Remediation:
    """The one act that a decision led to."""
    return Remediation.objects.get(decision=decision)


def told(kind: str, row: Any) -> list[str]:
    """What the ledger says of a row, in order."""
    return list(Entry.objects.about(kind=kind, key=row.pk).values_list("act", flat=True))


def psql(airline: Company, role: str, statement: str) -> str:
    """What psql says to a role that signs in by itself and tries."""
    account = {"PGHOST": airline.admin["host"], "PGPORT": airline.admin["port"], "PGUSER": role, "PGPASSWORD": PASSWORD}
    tried = subprocess.run(
        [programs.postgres() / "psql", "--no-psqlrc", "--tuples-only", airline.database, "-c", statement],
        env=os.environ | {name: str(value) for name, value in account.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{tried.stdout}{tried.stderr}".strip()


def signs_in(airline: Company, role: str) -> bool:
    """Whether PostgreSQL lets a role in."""
    account = airline.admin | {"user": role, "password": PASSWORD, "dbname": airline.database}
    try:
        with closing(psycopg.connect(**account)):
            return True
    except psycopg.OperationalError as error:
        if "not permitted to log in" not in str(error):
            raise
        return False


def organised(**policy: Any) -> dict[str, Any]:
    """Found the organisation: its policy and its people, by what each does."""
    at = clock.now()
    registering.set_organisation(name="Skyway Air", actor=ACTOR)
    unit = registering.make_unit(name="Customer care", actor=ACTOR)
    registering.set_policy(parameters=POLICY | policy, at=at, actor=ACTOR)
    Workspace.objects.create(team_id=TEAM, app_id="A0COUNTER", name="Skyway Air", bot_token="env:NOBODY_SENDS")
    manager, system_owner, governor = (person(name, unit=unit) for name in ("manager", "sysowner", "governor"))
    owner, deputy = (person(name, unit=unit, manager=manager) for name in ("owner", "deputy"))
    access.permit(who=governor, unit=unit, right=access.Right.GOVERN, actor=ACTOR)
    people = {"manager": manager, "owner": owner, "deputy": deputy, "system_owner": system_owner, "governor": governor}
    return {"unit": unit} | people


def build(airline: Company, owner_login: psycopg.Connection, **policy: Any) -> World:
    """Found the organisation and read the airline for the first time."""
    airline.do(MORE.format(word=PASSWORD))
    founded = organised(**policy)
    connection = registering.Connection(
        slug="airline",
        name="Airline",
        kind="postgresql",
        config=airline.config(user="countersign"),
        owner=founded["system_owner"],
        unit=founded["unit"],
        secrets={"password": PASSWORD},
    )
    system = registering.connect_system(connection=connection, at=clock.now(), actor=ACTOR)
    mapping = {"list_flights": {"action": "execute", "resource": "airline.air.list_flights"}}
    source = registering.set_source(
        name="tools",
        system=system,
        provenance="system",
        mapping=mapping,
        rhythm=timedelta(days=300),
        shows_all=True,
        at=clock.now(),
        actor=ACTOR,
    )
    world = World(airline=airline, system=system, source=source, owner_login=owner_login, **founded)
    world.sync()
    return world
