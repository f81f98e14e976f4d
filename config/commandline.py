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
        if getattr(error.__cause__, "sqlstate", None):
            raise  # the server's own word in the middle of the work
        sys.exit(unreachable(error))


def unreachable(error: OperationalError) -> str:
    """Say that there is no database, or that none answers where one is said to be."""
    if not os.environ.get("DATABASE_URL"):
        return "Set DATABASE_URL: this command needs the database. See docs/reference/settings.md."
    return f"The database at DATABASE_URL cannot be reached: {error}"
