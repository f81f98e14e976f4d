"""
Founding the company in Countersign: what an operator does on day one, by the commands and verbs that an operator has.

Connect the system and let it be read, import people and agents, state what is known of dates, bring in a month of use.
"""

import contextlib
import io
import json
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management import call_command

from config.embedded.cloud import enforce
from config.embedded.servers import write_private
from config.embedded.stack import Stack
from demo import cloud, company, trail
from demo.stage import Stage, start_product, wait_for
from governance import access, clock, leaving, registering
from governance.ledger import Actor
from governance.models import Grant, OrgUnit, Person, System, UsageIntake

ACTOR = Actor.operator("demo")
SOURCE, TRAIL = "airline-tools", "aws-trail"
TOKEN = "env:COUNTERSIGN_DEMO_SLACK_TOKEN"  # noqa: S105  (the name of a variable)


def found(stage: Stage, stack: Stack, *, say: Callable[[str], None]) -> None:
    """Do all of it, once for a state folder, and start the product when there is somebody to ask."""
    if stage.made.exists():
        go_on(stage, stack, say=say)
        return
    password = secrets.token_urlsafe(24)
    say("Making the airline's database: 17 tools that are functions, five archive tables, eight roles")
    company.make_airline(stage, connector_password=password)
    say("Importing people and policy")
    tell_people(stage)
    start_product(stack, stage, say=say)
    say("Filling an AWS account: six agents that work as roles, with 36 policies that AWS publishes for agents")
    key = fill_cloud(stage)
    say("Connecting both systems, waiting for their first complete reads")
    connect(stage, password)
    connect_cloud(stage, key)
    wait_for(stack, lambda: not System.objects.filter(first_synced_at=None).exists(), "the first reads", stage)
    say("Importing agents, what is known of dates, and 30 days of use")
    tell_agents(stage)
    wait_for(
        stack, lambda: not UsageIntake.objects.filter(rolled_up_at=None).exists(), "the use to be summed up", stage
    )
    stage.made.touch()


def go_on(stage: Stage, stack: Stack, *, say: Callable[[str], None]) -> None:
    """Take up the company of last time."""
    made = datetime.fromtimestamp(stage.made.stat().st_mtime).astimezone()
    say(f"The company is there from {made:%a %-d %b, %H:%M}, in {stage.made.parent} (FRESH=1 starts over)")
    enforce(stage.cloud_url, on=True)
    find_cloud(stage)
    start_product(stack, stage, say=say)


def find_cloud(stage: Stage) -> None:
    """Tell where the account is now: its port of last time may be somebody else's."""
    config = stage.state / "cloud.json"
    known = json.loads(config.read_text())
    if known["endpoint_url"] != stage.cloud_url:
        config.write_text(json.dumps(known | {"endpoint_url": stage.cloud_url}))
        command("connect_system", "aws", config=config)


def fill_cloud(stage: Stage) -> tuple[str, str]:
    """Make the account, keep the key of what runs the agents, and return Countersign's own."""
    keys = cloud.fill(stage.cloud_url)
    write_private(stage.state / "aws.json", json.dumps(keys.runner))
    return keys.ours


def command(name: str, /, *arguments: str, **options: Any) -> str:
    """Run one of our commands; return what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        call_command(name, *arguments, stdout=printed, **options)
    return printed.getvalue()


def tell_people(stage: Stage) -> None:
    """The organisation, its policy, its people, who governs, and who they are on Slack."""
    now = clock.now()
    registering.set_organisation(
        name="Meridian Air", time_zone="Europe/Copenhagen", working_days=range(1, 8), actor=ACTOR
    )
    registering.set_policy(parameters=company.POLICY, at=now, actor=ACTOR)
    command("import_people", str(company.write_people(stage.state / "people.csv", now=now)))
    top = OrgUnit.objects.get(parent=None)
    access.permit(who=person("priya"), unit=top, right=access.Right.GOVERN, actor=ACTOR)
    links = [f"{company.email(who)}={slack}" for who, (_, slack, *_rest) in company.PEOPLE.items()]
    command("connect_slack", company.TEAM, app=company.APP, name="Meridian Air", token=TOKEN, link=links)
    give_log_ins(stage.password)


def give_log_ins(password: str) -> None:
    """Everybody may answer in the browser; some open the admin: the governance lead sees all of it."""
    here = Person.objects.filter(email__in=map(company.email, company.PEOPLE.keys() - company.LEFT))
    here.update(password=make_password(password))
    here.filter(email__in=map(company.email, company.IN_THE_ADMIN)).update(is_staff=True)


def person(who: str) -> Person:
    """One of the company's people."""
    found: Person = Person.objects.get(email=company.email(who))
    return found


def connect(stage: Stage, password: str) -> None:
    """`manage.py connect_system airline-db …`."""
    config, secret, mapping = (stage.state / name for name in ("system.json", "system.secret", "mapping.json"))
    config.write_text(json.dumps(company.connection(stage)))
    mapping.write_text(json.dumps(company.tools()))
    write_private(secret, password)
    command(
        "connect_system",
        "airline-db",
        name="Airline PostgreSQL",
        kind="postgresql",
        config=config,
        owner=company.email("rosa"),
        unit=company.OPERATIONS,
        secret=[f"password={secret}"],
        source=SOURCE,
        provenance="agent",
        mapping=mapping,
    )
    secret.unlink()


def connect_cloud(stage: Stage, key: tuple[str, str]) -> None:
    """`manage.py connect_system aws …`."""
    config, secret = stage.state / "cloud.json", stage.state / "cloud.secret"
    number, word = key
    config.write_text(json.dumps({"account": cloud.NUMBER, "access_key_id": number, "endpoint_url": stage.cloud_url}))
    write_private(secret, word)
    command(
        "connect_system",
        "aws",
        name="AWS",
        kind="aws",
        config=config,
        owner=company.email("kai"),
        unit=company.PLATFORM,
        secret=[f"secret_access_key={secret}"],
        source=TRAIL,
        provenance="system",
        shows_all=True,
    )
    secret.unlink()


def tell_agents(stage: Stage) -> None:
    """The agents, those who left since, the dates that administrators still know, and the use."""
    now = clock.now()
    command("import_agents", str(company.write_agents(stage.state / "agents.csv")))
    for who in company.LEFT:
        leaving.leave(person=person(who), at=clock.now(), actor=ACTOR)
    accounts = [account for _, _, _, account, _ in company.AGENTS.values()]
    grants = Grant.objects.open().filter(account__name__in=[*accounts, *cloud.AGENTS], revocable=True)
    dated = grants.select_related("account__system", "entitlement")
    command("state_held_since", str(company.write_held_since(stage.state / "held_since.csv", dated, now=now)))
    bring_use(stage.state, now)
    bring_trail(stage, now)


def bring_use(folder: Path, now: datetime) -> None:
    """`manage.py import_usage usage.csv --source … --covers FROM..TO --runs runs.csv`."""
    usage, runs = company.write_use(folder, now=now)
    covers = f"{company.covered_from(now).isoformat()}..{now.isoformat()}"
    command("import_usage", str(usage), source=SOURCE, covers=covers, runs=runs)


def bring_trail(stage: Stage, now: datetime) -> None:
    """The same of the account's own log: a folder of CloudTrail's files, and the scheduler's runs."""
    runner = json.loads((stage.state / "aws.json").read_text())
    roles = cloud.role_ids(stage.cloud_url, (runner[0], runner[1]))
    files = trail.write(stage.state / "trail", roles, now=now)
    runs = company.write(stage.state / "cloud_runs.csv", company.RUN_COLUMNS, trail.rows_of_runs(now))
    covers = f"{company.covered_from(now).isoformat()}..{now.isoformat()}"
    command("import_usage", str(files), source=TRAIL, covers=covers, runs=runs)
