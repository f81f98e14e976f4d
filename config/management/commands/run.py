"""
Start everything that an installation needs on one machine: web, worker, beat and sequencer.

Where a Slack workspace has an app token, also what hears it by Socket Mode.

    export DATABASE_URL=…app… SEQUENCER_DATABASE_URL=…sequencer… REDIS_URL=…
    export LEDGER_SIGNING_KEY_FILE=… COUNTERSIGN_SECRET_KEY=…
    manage.py run

The processes live and die together: if one ends by itself, the last lines of its log are shown and
the others are stopped. On several machines start the same commands by your own supervisor instead;
they are listed in `processes` below.
"""

import http.client
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config.embedded import folders, ports
from config.embedded.stack import ChildDied, Stack
from reviews.models import Workspace

NEEDED = (
    "DATABASE_URL",
    "SEQUENCER_DATABASE_URL",
    "REDIS_URL",
    "LEDGER_SIGNING_KEY_FILE",
    "COUNTERSIGN_SECRET_KEY",
)
SEQUENCER_ALONE = ("SEQUENCER_DATABASE_URL", "LEDGER_SIGNING_KEY_FILE")
ANSWER_SECONDS = 5  # a site whose database is far away answers that late


@dataclass(frozen=True, slots=True)
class Process:
    """One of the processes: its name, the arguments of python, and its environment."""

    name: str
    arguments: tuple[str, ...]
    env: Mapping[str, str]


class Command(BaseCommand):
    """`manage.py run`."""

    help = "Start web, worker, beat and sequencer on the given URLs, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add what may differ between machines."""
        parser.add_argument("--host", default="127.0.0.1", help="where the site listens")
        parser.add_argument("--port", type=ports.number, default=8000, help="if taken, the next free one")
        parser.add_argument("--web-processes", type=int, default=2)
        parser.add_argument("--worker-processes", type=int, default=2)

    def handle(self, *args: object, **options: Any) -> None:
        """Start the processes, say where they are, and stay until one ends or a signal comes."""
        if missing := [name for name in NEEDED if not os.environ.get(name)]:
            raise CommandError(f"Set {', '.join(missing)}. See docs/reference/settings.md.")
        call_command("collectstatic", interactive=False, verbosity=0)
        options["port"] = ports.next_free(options["port"], host=options["host"], say=self.stdout.write)
        try:
            with Stack(say=self.stdout.write) as stack:
                self.start(stack, options)
                stack.wait()
        except ChildDied as died:
            raise CommandError(str(died)) from None
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def start(self, stack: Stack, options: Mapping[str, Any]) -> None:
        """Start every process; say where it writes, and when the site answers."""
        logs = folders.claim("run", slots=8)
        for process in processes(options, logs):
            log = logs / f"{process.name}.log"
            log.unlink(missing_ok=True)
            stack.start(
                [sys.executable, *process.arguments],
                log=log,
                cwd=settings.BASE_DIR,
                env={**process.env, "COUNTERSIGN_PROCESS": process.name},
            )
            self.stdout.write(f"{process.name:12} {log}")
        while not answers(options["host"], options["port"]):
            stack.check()
            time.sleep(0.1)
        self.stdout.write(f"Listening on http://{options['host']}:{options['port']}/")


def answers(host: str, port: int) -> bool:
    """Whether the site says how it is; gunicorn takes the port before it knows whether the site can start."""
    site = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        site.request("GET", "/healthz", headers={"Host": settings.ALLOWED_HOSTS[0].lstrip(".")})
        site.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        site.close()
    return True


def processes(options: Mapping[str, Any], state: Path) -> list[Process]:
    """Return what is started. Only the sequencer gets its log-in and the signing key."""
    given = {key: value for key, value in os.environ.items() if key not in SEQUENCER_ALONE}
    celery = ("-m", "celery", "-A", "config")
    web = ("--bind", f"{options['host']}:{options['port']}", "--control-socket", str(state / "web"))
    return [
        Process("sequencer", ("manage.py", "sequence"), sequencer_environment()),
        Process("beat", (*celery, "beat", "--pidfile", "", "-s", str(state / "beat")), given),
        Process(
            "worker",
            (*celery, "worker", f"--concurrency={options['worker_processes']}"),
            given,
        ),
        Process(
            "web",
            ("-m", "gunicorn", "config.wsgi", "--preload", *web, "--workers", str(options["web_processes"])),
            given,
        ),
        *([Process("slack_socket", ("manage.py", "slack_socket"), given)] if Workspace.objects.by_socket() else []),
    ]


def sequencer_environment() -> dict[str, str]:
    """Return our environment with the sequencer's log-in in DATABASE_URL."""
    return os.environ | {"DATABASE_URL": os.environ["SEQUENCER_DATABASE_URL"]}
