"""
The demo company: Meridian Air, its people, the agents that work on its database, and thirty days of their use.

Everything comes in by the commands that an operator would use: connect a system, import people, agents, use, and what
is known of dates.
"""

import csv
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from demo import cloud
from demo.stage import Stage

HERE = Path(__file__).parent
TEAM, APP = "T0MERIDIAN", "A0COUNTERSIGN"
DATABASE = "reservations"
NEWER = 160_000  # from PostgreSQL 16 on memberships have options
CALLS = HERE / "data/tau_bench_airline_tool_calls.csv"
RUN_COLUMNS = ("run", "agent", "started", "ended", "outcome")
RUNS = 200
DAYS = 30

CARE, OPERATIONS, PLATFORM = (f"Meridian Air/{name}" for name in ("Customer care", "Operations", "Platform"))
COPENHAGEN, BERLIN, STOCKHOLM = "Europe/Copenhagen", "Europe/Berlin", "Europe/Stockholm"
# e-mail's first part: (name, Slack id, manager, unit, time zone, title)
PEOPLE = {
    "lena": ("Lena Fischer", "U0LENA", "", CARE, BERLIN, "Head of customer care"),
    "maria": ("Maria Okafor", "U0MARIA", "lena", CARE, COPENHAGEN, "Owns airline-support"),
    "jon": ("Jon Bell", "U0JON", "lena", OPERATIONS, "Europe/London", "Deputy for ops-briefing"),
    "sam": ("Sam Ito", "U0SAM", "lena", OPERATIONS, "Asia/Tokyo", "Owns ops-briefing; away"),
    "rosa": ("Rosa Reyes", "U0ROSA", "priya", OPERATIONS, "America/New_York", "Owns the reservations database"),
    "noor": ("Noor Iqbal", "U0NOOR", "priya", PLATFORM, BERLIN, "Owns the agents in the cloud"),
    "kai": ("Kai Nyberg", "U0KAI", "priya", PLATFORM, STOCKHOLM, "Owns the AWS account"),
    "priya": ("Priya Raman", "U0PRIYA", "", "Meridian Air", COPENHAGEN, "Governance lead"),
    "victor": ("Victor Lind", "U0VICTOR", "", OPERATIONS, STOCKHOLM, "Manages Omar, who left; never answers"),
    "omar": ("Omar Haddad", "U0OMAR", "victor", OPERATIONS, STOCKHOLM, "Left; owned legacy-batch"),
    "dana": ("Dana Cole", "U0DANA", "lena", CARE, BERLIN, "Left; owned rebooking-helper"),
}
# agent: (unit, owner, deputies, account, purpose)
AGENTS = {
    "airline-support": (CARE, "maria", "", "airline_support", "Answers passengers' questions"),
    "rebooking-helper": (CARE, "dana", "", "rebooking_helper", "Finds flights for stranded passengers"),
    "legacy-batch": (OPERATIONS, "omar", "", "legacy_batch", "Nightly archive jobs"),
    "ops-briefing": (OPERATIONS, "sam", "jon", "ops_briefing", "Writes the morning briefing"),
}
TALKING = ("airline-support", "rebooking-helper", "concierge")  # with passengers, so that outsiders' words reach them
LEFT = ("omar", "dana")
IN_THE_ADMIN = ("priya", "maria", "rosa")
# Silence about low risk is answered for within seconds here; everything else waits as long as it would anywhere. The
# system is read every minute: each read is an entry of the ledger, and what is taken away is read at once in any case.
POLICY = {
    "review_seconds": {"low": 30, "medium": 5 * 86400, "high": 3 * 86400, "critical": 86400},
    "sync_seconds": 60,
    "alone_from": "medium",
    "alone_a_day": 20,
    "no_suggestion_percent": 0,
}


def email(who: str) -> str:
    """Somebody's address."""
    return f"{who}@meridian.example"


def workspace(*, token: str, signing_secret: str) -> dict[str, Any]:
    """The simulated Slack workspace."""
    users = [
        {"id": slack, "name": who, "real_name": name, "email": email(who), "tz": zone, "title": title}
        | {"deleted": who in LEFT}
        for who, (name, slack, _, _, zone, title) in PEOPLE.items()
    ]
    app = {"id": APP, "name": "Countersign", "bot_token": token, "signing_secret": signing_secret, "bot_user": "B0CS"}
    return {"team": {"id": TEAM, "domain": "meridian-air", "name": "Meridian Air"}, "app": app, "users": users}


def make_airline(stage: Stage, *, connector_password: str) -> None:
    """The airline's database as its administrator would have made it, and the connector's log-in."""
    with psycopg.connect(stage.airline_url, autocommit=True) as admin:
        if admin.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
            return
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    with psycopg.connect(airline(stage), autocommit=True) as admin:
        admin.execute((HERE / "airline.sql").read_bytes())
        make_connector(admin, connector_password)


def make_connector(admin: psycopg.Connection, password: str) -> None:
    """
    The log-in that Countersign uses: it may act as the two grantors, and shut log-ins out; it is no superuser.

    Before PostgreSQL 16 memberships have no options, and CREATEROLE alone shuts out any log-in.
    """
    admin.execute(sql.SQL("CREATE ROLE countersign NOINHERIT LOGIN CREATEROLE PASSWORD {}").format(password))
    options = admin.info.server_version >= NEWER
    act_as = "GRANT {} TO countersign" + " WITH INHERIT FALSE, SET TRUE" * options
    for grantor in ("airline_owner", "dba_two"):
        admin.execute(sql.SQL(act_as).format(sql.Identifier(grantor)))
    shut_out = "GRANT {} TO countersign WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"
    for role in ("airline_support", "rebooking_helper", "legacy_batch", "ops_briefing") if options else ():
        admin.execute(sql.SQL(shut_out).format(sql.Identifier(role)))


def airline(stage: Stage, *, user: str = "", password: str = "") -> str:
    """The URL of the airline's database, for its administrator or somebody else."""
    parts = urlsplit(stage.airline_url)
    host = parts.netloc.rpartition("@")[2]
    who = parts.netloc if not user else f"{user}:{password}@{host}"
    return parts._replace(netloc=who, path=f"/{DATABASE}").geturl()


def connection(stage: Stage) -> dict[str, Any]:
    """The connector's configuration."""
    parts = urlsplit(stage.airline_url)
    return {"host": unquote(parts.hostname or ""), "port": parts.port, "user": "countersign", "databases": [DATABASE]}


def write_people(path: Path, *, now: datetime) -> Path:
    """people.csv, as a directory would export it."""
    columns = ("email", "name", "manager", "unit", "time_zone", "employment", "away_until")
    away = {"sam": ("away", (now + timedelta(days=8)).isoformat())}
    rows = [
        (email(who), name, email(manager) if manager else "", unit, zone, *away.get(who, ("active", "")))
        for who, (name, _, manager, unit, zone, _) in PEOPLE.items()
    ]
    return write(path, columns, rows)


def write_agents(path: Path) -> Path:
    """agents.csv, as an agent register would export it."""
    columns = ("name", "unit", "purpose", "autonomy", "owner", "deputies", "accounts", "reads_outsiders")
    rows = [
        (name, unit, purpose, autonomy(name), email(owner), addresses(deputy), f"airline-db:{account}", talks(name))
        for name, (unit, owner, deputy, account, purpose) in AGENTS.items()
    ] + [
        (name, PLATFORM, purpose, "unattended", email("noor"), "", f"aws:{name}", talks(name))
        for name, (purpose, _) in cloud.AGENTS.items()
    ]
    return write(path, columns, rows)


def talks(agent: str) -> str:
    """Whether an agent talks with outsiders."""
    return "yes" if agent in TALKING else "no"


def autonomy(agent: str) -> str:
    """How far an agent acts alone: somebody looks after the nightly jobs, or so it is written down."""
    return "supervised" if agent == "legacy-batch" else "unattended"


def addresses(who: str) -> str:
    """Somebody's address, or nobody's."""
    return email(who) if who else ""


def write_held_since(path: Path, grants: Iterable[Any], *, now: datetime) -> Path:
    """held_since.csv: what the administrators still know of when the agents got what they hold."""
    columns = ("system", "account", "entitlement", "origin", "date")
    since = (now - timedelta(days=266)).date().isoformat()
    rows = [
        (each.account.system.slug, each.account.native_id, each.entitlement.native_id, each.origin, since)
        for each in grants
    ]
    return write(path, columns, rows)


def write_use(folder: Path, *, now: datetime) -> tuple[Path, Path]:
    """What the agents did: the support agent's real runs, dated evenly over thirty days, and two small agents'."""
    events, runs = support_use(now)
    for agent, tool in (("legacy-batch", ""), ("ops-briefing", "punctuality")):
        more_events, more_runs = nightly_use(agent, tool, now)
        events, runs = events + more_events, runs + more_runs
    columns = ("at", "event_id", "agent", "action", "resource", "run", "on_behalf_of", "outcome")
    return (
        write(folder / "usage.csv", columns, events),
        write(folder / "runs.csv", RUN_COLUMNS, runs),
    )


def covered_from(now: datetime) -> datetime:
    """Since when use was reported."""
    return now - timedelta(days=DAYS)


Rows = list[tuple[object, ...]]


def support_use(now: datetime) -> tuple[Rows, Rows]:
    """200 runs, 18 of them without a call."""
    step = timedelta(days=DAYS) / RUNS
    begun = {number: covered_from(now) + number * step for number in range(RUNS)}
    who = "airline-support"
    with CALLS.open() as file:
        calls = [(int(row["run"]), int(row["call"]), row["tool"]) for row in csv.DictReader(file)]
    events: Rows = [
        (begun[run] + timedelta(seconds=20 * call), f"run{run}-{call}", who, tool, "", f"run{run}", "", "allowed")
        for run, call, tool in calls
    ]
    runs: Rows = [(f"run{number}", who, at, at + step / 2, "completed") for number, at in begun.items()]
    return events, runs


def nightly_use(agent: str, tool: str, now: datetime) -> tuple[Rows, Rows]:
    """Three runs a day, of one call or none."""
    events: Rows = []
    runs: Rows = []
    for number in range(3 * DAYS):
        at = covered_from(now) + timedelta(hours=8 * number + 1)
        runs.append((f"{agent}-{number}", agent, at, at + timedelta(minutes=9), "completed"))
        if tool:
            events.append((at, f"{agent}-{number}", agent, tool, "", f"{agent}-{number}", "", "allowed"))
    return events, runs


def tools() -> dict[str, dict[str, str]]:
    """The agents' tool names, and the functions that they are."""
    with CALLS.open() as file:
        names = sorted({row["tool"] for row in csv.DictReader(file)})
    functions = {name: f"{DATABASE}.tools.{name}" for name in names}
    functions["punctuality"] = f"{DATABASE}.reports.punctuality"
    return {tool: {"action": "execute", "resource": function} for tool, function in functions.items()}


def write(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Path:
    """A CSV file."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path
