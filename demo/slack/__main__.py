"""`python -m demo.slack`: run the simulated workspace until told to stop. On this machine alone, in a demo alone."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from demo.slack.directory import SECRET_ENV, BadWorkspace, read
from demo.slack.events import AGAIN
from demo.slack.limits import Rates
from demo.slack.serving import Ways, running
from demo.slack.web import NotLocal
from demo.slack.workspace import Workspace

FLAG = "COUNTERSIGN_DEMO"
RATES = {
    "channel": ("rate", float, "messages a second in each channel"),
    "burst": ("burst", int, "messages at once in each channel"),
    "workspace": ("workspace-rate", int, "messages a minute in all channels"),
    "tier2": ("tier2", int, "calls a minute of each method of tier 2"),
    "tier3": ("tier3", int, "calls a minute of each method of tier 3, chat.update among them"),
    "tier4": ("tier4", int, "calls a minute of each method of tier 4"),
}
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m demo.slack", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="an address of this machine alone")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--interactivity-url", required=True, help="where clicks are posted to")
    parser.add_argument("--workspace", type=Path, required=True, help="team, app and users, as JSON")
    parser.add_argument("--signing-secret-env", default=SECRET_ENV, help="the variable that holds the signing secret")
    parser.add_argument("--state", type=Path, help="a file that keeps messages over a restart")
    parser.add_argument("--events-url", default="", help="where events are posted to, if not there too")
    parser.add_argument("--commands-url", default="", help="where slash commands are posted to, if not there too")
    parser.add_argument("--socket", action="store_true", help="let the app connect in Socket Mode")
    parser.add_argument("--again", type=float, nargs=3, default=AGAIN, help="seconds between an event's attempts")
    for name, (flag, kind, words) in RATES.items():
        usual = getattr(Rates(), name)
        parser.add_argument(f"--{flag}", dest=f"{name}_rate", type=kind, default=usual, help=f"{words}; 0: no limit")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Run; return 0 after being told to stop, 2 with a sentence if it cannot start."""
    given = arguments(argv)
    if os.environ.get(FLAG) != "1":
        return complain(f"this is a simulation: it starts in a demo alone ({FLAG}=1)")
    stopped = Event()
    for number in STOPS:
        signal.signal(number, lambda *_: stopped.set())
    try:
        company = read(given.workspace, environ=os.environ, secret_env=given.signing_secret_env)
        workspace = Workspace(
            company, clock=time.time, rates=Rates(**{name: getattr(given, f"{name}_rate") for name in RATES})
        )
        place = {"host": given.host, "port": given.port, "state": given.state, "ways": ways(given)}
        with running(workspace, interactivity_url=given.interactivity_url, **place) as slack:
            sys.stdout.write(f"simulated Slack at {slack.url}/\n")
            sys.stdout.flush()
            stopped.wait()
    except (BadWorkspace, NotLocal, OSError) as error:
        return complain(str(error))
    return 0


def ways(given: argparse.Namespace) -> Ways:
    """How the app is reached."""
    return Ways(
        events_url=given.events_url, commands_url=given.commands_url, socket=given.socket, again=tuple(given.again)
    )


def complain(sentence: str) -> int:
    """Say why it does not start."""
    sys.stderr.write(f"demo.slack: {sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
