"""
The demo's processes.

Countersign's own PostgreSQL and Redis, the airline's PostgreSQL, the simulated Slack, and what `manage.py run` starts.

Everything lives in one state folder and dies together. Secrets are made once for that folder; none is printed but the
log-ins of the demo's people.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from config.embedded import cloud, ports, roles, servers
from config.embedded.stack import Stack

BASE_DIR = Path(__file__).parent.parent
DATABASE = "countersign"
ORIGIN = "demo.countersign.example/ledger"
PATIENCE = 90


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything is."""

    state: Path
    site: str
    slack: str
    airline_url: str
    cloud_url: str  # the AWS account's endpoint
    password: str  # of every person of the demo, in the browser

    @property
    def made(self) -> Path:
        """Exists once the company has been set up."""
        return self.state / "company.made"


def build(
    stack: Stack, state: Path, *, port: int, workspace: Callable[..., object], say: Callable[[str], None]
) -> Stage:
    """Start the servers, make the database and its roles, set this process's environment, start the rest."""
    say("Starting PostgreSQL (twice: ours and the airline's), Redis, and an AWS account (moto)")
    admin_url = servers.postgres(stack, state, name="pg")
    airline_url = servers.postgres(stack, state, name="airline")
    redis_url = servers.redis(stack, state)
    cloud_url = cloud.aws(stack, state, say=say)
    web = ports.next_free(port, say=say)
    slack = ports.next_free(web + 1, besides=[web], say=say)
    kept = secrets_of(state)
    stage = Stage(
        state, f"http://127.0.0.1:{web}", f"http://127.0.0.1:{slack}", airline_url, cloud_url, kept["password"]
    )
    os.environ |= environment(stage, admin_url=admin_url, redis_url=redis_url, kept=kept)
    make_database(admin_url, say=say)
    people = workspace(token=kept["slack_token"], signing_secret=kept["slack_signing"])
    servers.write_private(state / "workspace.json", json.dumps(people))
    start_slack(stack, stage, slack)
    wait_for(stack, lambda: cloud.answers(f"{stage.slack}/version"), "the simulated Slack", stage)
    return stage


def secrets_of(state: Path) -> dict[str, str]:
    """The folder's own secrets, made once."""
    path = state / "secrets.json"
    if not path.exists():
        made = {
            "secret_key": secrets.token_urlsafe(50),
            "encryption_key": b64encode(secrets.token_bytes(32)).decode(),
            "slack_token": f"xoxb-simulated-{secrets.token_hex(16)}",
            "slack_signing": secrets.token_hex(16),
            "password": secrets.token_urlsafe(9),
        }
        servers.write_private(path, json.dumps(made))
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


def environment(stage: Stage, *, admin_url: str, redis_url: str, kept: dict[str, str]) -> dict[str, str]:
    """What every process of the demo reads. Only `migrate` gets the owner's log-in, only the sequencer its own."""
    key = stage.state / "ledger.key"
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "COUNTERSIGN_DEMO": "1",
        "COUNTERSIGN_SECRET_KEY": kept["secret_key"],
        "COUNTERSIGN_ENCRYPTION_KEYS": f"demo={kept['encryption_key']}",
        "COUNTERSIGN_BASE_URL": stage.site,
        "COUNTERSIGN_SWEEP_SECONDS": "1",
        "COUNTERSIGN_LOG_LEVEL": "WARNING",
        "DATABASE_URL": roles.url(admin_url, "app", DATABASE),
        "SEQUENCER_DATABASE_URL": roles.url(admin_url, "sequencer", DATABASE),
        "REDIS_URL": redis_url,
        "LEDGER_ORIGIN": ORIGIN,
        "LEDGER_SIGNING_KEY_FILE": str(key),
        "LEDGER_CHECKPOINT_SECONDS": "1",
        "LEDGER_VKEY": ledger_key(key),
        "SLACK_API_BASE_URL": f"{stage.slack}/api/",
        "SLACK_SIGNING_SECRET": kept["slack_signing"],
        "SLACK_SIMULATED": "1",
        "COUNTERSIGN_DEMO_SLACK_TOKEN": kept["slack_token"],
    }


def ledger_key(path: Path) -> str:
    """The public key that auditors pin; the private one is made once and read by the sequencer alone."""
    public = path.with_suffix(".vkey")
    if not public.exists():
        path.unlink(missing_ok=True)
        public.write_text(
            manage("sequence", "--make-key", str(path), env=os.environ | {"LEDGER_ORIGIN": ORIGIN}).strip()
        )
    return public.read_text()


def make_database(admin_url: str, *, say: Callable[[str], None]) -> None:
    """Roles, database, migrations as owner."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        roles.create_missing(admin, admin_url)
        if not admin.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
            say("Making the database")
            roles.create_database(admin, DATABASE)
    owner = os.environ | {"DATABASE_URL": roles.url(admin_url, "owner", DATABASE)}
    manage("migrate", "--verbosity=0", env=owner)


def manage(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run one command of ours as a process of its own; return what it printed. SystemExit where it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"manage.py {' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def start_slack(stack: Stack, stage: Stage, port: int) -> None:
    """The simulated Slack."""
    arguments = ["--port", str(port), "--workspace", str(stage.state / "workspace.json")]
    arguments += ["--state", str(stage.state / "slack.json")]
    for kind in ("interactivity", "events", "commands"):
        arguments += [f"--{kind}-url", f"{stage.site}/slack/{kind}"]
    start(stack, stage, "slack", ["-m", "demo.slack", *arguments], dict(os.environ))


def start_product(stack: Stack, stage: Stage, *, say: Callable[[str], None]) -> None:
    """Web, worker, beat and sequencer, as `manage.py run` starts them; returns when the site answers."""
    say("Starting the site, the workers, the timetable and the sequencer")
    from config.management.commands.run import processes  # noqa: PLC0415  (a command: it wants Django set up)

    host, port = stage.site.removeprefix("http://").split(":")
    options = {"host": host, "port": int(port), "web_processes": 2, "worker_processes": 2}
    for process in processes(options, stage.state):
        start(stack, stage, process.name, list(process.arguments), dict(process.env))
    wait_for(stack, lambda: cloud.answers(f"{stage.site}/healthz"), "the site", stage)


def wait_for(stack: Stack, ready: Callable[[], object], what: str, stage: Stage) -> None:
    """Until it is so; SystemExit says what did not come, and where the logs are."""
    if not came(stack, ready, PATIENCE):
        raise SystemExit(f"{what} did not come within {PATIENCE} seconds; the logs are in {stage.state}")


def came(stack: Stack, ready: Callable[[], object], seconds: int) -> bool:
    """Whether it was so within that time. Raises ChildDied where a process ended meanwhile."""
    ends = time.monotonic() + seconds
    while True:
        stack.check()
        if ready():
            return True
        if time.monotonic() > ends:
            return False
        time.sleep(0.1)


def start(stack: Stack, stage: Stage, name: str, arguments: list[str], env: dict[str, str]) -> None:
    """One process with a log of its own."""
    log = stage.state / f"{name}.log"
    log.unlink(missing_ok=True)
    stack.start([sys.executable, *arguments], log=log, cwd=BASE_DIR, env=env)
