"""`make demo`: an airline with ten agents, to click through; `ONCE=1`: unattended, with the endings compared."""

import argparse
import json
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import django

from config.embedded import folders, ports
from config.embedded.stack import ChildDied, Stack
from demo import company
from demo import stage as stages


def main() -> int:
    """Run the demo; 0 when everything came out as written, or when somebody ended it."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # what goes into a file or a pager comes as it happens
    options = arguments()
    state = folders.claim("once" if options.once else "demo")
    try:
        if options.fresh or options.once or not complete(state):
            folders.empty(state, keep="bin-")  # all but the servers' programs
        with Stack(say=print) as stack:
            return run(stack, state, options)
    except ChildDied as died:
        print(died, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(farewell(complete(state), once=options.once))
        return 0


def complete(state: Path) -> bool:
    """Whether the company was set up to its end, so that it can be gone on with."""
    return (state / "company.made").exists()


def farewell(kept: bool, *, once: bool) -> str:
    """What becomes of the company after Ctrl-C."""
    if once:
        return "Stopped."
    if kept:
        return "Stopped. The company is kept; FRESH=1 starts over."
    return "Stopped before the company was complete; the next start makes it anew."


def arguments() -> argparse.Namespace:
    """What the Makefile passes on."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="unattended; exits 0 only if every ending is as written")
    parser.add_argument("--fresh", action="store_true", help="forget the company of last time")
    parser.add_argument(
        "--port", type=ports.number, default=8000, help="the site's port; the next free one where it is taken"
    )
    return parser.parse_args()


def run(stack: Stack, state: Path, options: argparse.Namespace) -> int:
    """Build the stage, found the company, and either play the scenario or wait for a person."""
    stage = stages.build(stack, state, port=options.port, workspace=company.workspace, say=say)
    django.setup()
    from demo import founding  # noqa: PLC0415  (models can be imported once Django is set up)

    founding.found(stage, stack, say=say)
    return unattended(stage, stack) if options.once else attended(stage, stack)


def attended(stage: stages.Stage, stack: Stack) -> int:
    """Say where everything is, and stay until Ctrl-C."""
    from demo import telling  # noqa: PLC0415

    print(telling.banner(stage), flush=True)
    stack.wait()
    return 0


def unattended(stage: stages.Stage, stack: Stack) -> int:
    """Play the scenario, compare the endings, print the JSON line."""
    from demo import scenario, telling  # noqa: PLC0415

    endings = scenario.Scenario(stage, stack, print).play()
    wrong = telling.compare(endings)
    summary, verified = telling.attest(stage)
    print(json.dumps(summary))
    return 0 if verified and not wrong else 1


def say(text: str, **_more: Any) -> None:
    """One line of progress."""
    print(f"· {text}", flush=True)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
