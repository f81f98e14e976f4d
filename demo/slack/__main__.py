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
from demo.slack.serving import running
from demo.slack.web import NotLocal
from demo.slack.workspace import Workspace

FLAG = "COUNTERSIGN_DEMO"
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
    parser.add_argument("--rate", type=float, default=1.0, help="messages a second in each channel; 0: no limit")
    parser.add_argument("--burst", type=int, default=20, help="messages at once in each channel")
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
        workspace = Workspace(company, clock=time.time, rate=given.rate, burst=given.burst)
        place = {"host": given.host, "port": given.port, "state": given.state}
        with running(workspace, interactivity_url=given.interactivity_url, **place) as slack:
            sys.stdout.write(f"simulated Slack at {slack.url}/\n")
            sys.stdout.flush()
            stopped.wait()
    except (BadWorkspace, NotLocal, OSError) as error:
        return complain(str(error))
    return 0


def complain(sentence: str) -> int:
    """Say why it does not start."""
    sys.stderr.write(f"demo.slack: {sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
