"""The command line: `manage.py` in a checkout, `countersign` where the package is installed."""

import os
import sys
from io import TextIOWrapper

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError
from environs import EnvError


def main() -> None:
    """Run a command. Where the environment lacks or garbles what it needs, it ends with which and what."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if sys.argv[1:2] == ["slack_socket"]:  # it answers people, and so never waits for Redis
        os.environ.setdefault("COUNTERSIGN_PROCESS", "slack_socket")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, EnvError) as error:
        sys.exit(f"{str(error).rstrip('.')}. See docs/reference/settings.md.")
    except OperationalError as error:
        if not os.environ.get("DATABASE_URL"):
            sys.exit("Set DATABASE_URL: this command needs the database. See docs/reference/settings.md.")
        if getattr(error.__cause__, "sqlstate", None):
            raise  # the server's own word in the middle of the work
        sys.exit(f"The database at DATABASE_URL cannot be reached: {error}")
