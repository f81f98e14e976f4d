"""Hear Slack by Socket Mode: one WebSocket for every workspace with an app token, until SIGTERM or Ctrl-C."""

import signal
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance import ledger
from reviews.slack.socket import Switchboard


class Command(BaseCommand):
    """What is connected or taken out meanwhile is seen within seconds; what has begun is finished before it ends."""

    help = __doc__
    requires_system_checks = ()  # they would load all pages

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which workspaces."""
        parser.add_argument("--team", action="append", default=[], help="only this workspace's id; may be repeated")

    def handle(self, **options: Any) -> None:
        """Listen until told to stop."""
        if settings.SECRET_KEY == "unset":  # noqa: S105  (with which no button would be ours)
            raise CommandError("COUNTERSIGN_SECRET_KEY is not set. Give the one that web processes and workers have.")
        ledger.refuse_owner()
        stopping = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        self.stdout.write("Listening to Slack by Socket Mode.")
        Switchboard(teams=frozenset(options["team"])).attend(stopping)
