"""`make demo`: an airline with four agents, to click through; `ONCE=1`: unattended, with the endings compared."""

import argparse
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import django

from config.embedded import folders
from config.embedded.stack import ChildDied, Stack
from demo import company
from demo import stage as stages


def main() -> int:
    """Run the demo; 0 when everything came out as written, or when somebody ended it."""
    options = arguments()
    state = folders.claim("once" if options.once else "demo")
    if options.fresh or options.once or not (state / "company.made").exists():  # broken off: begin anew
        empty(state)
    try:
        with Stack() as stack:
            return run(stack, state, options)
    except ChildDied as died:
        print(died, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The company is kept; FRESH=1 starts over.")
        return 0


def arguments() -> argparse.Namespace:
    """What the Makefile passes on."""
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="unattended; exits 0 only if every ending is as written")
    parser.add_argument("--fresh", action="store_true", help="forget the company of last time")
    parser.add_argument("--port", type=int, default=8000, help="the site's port; the next free one where it is taken")
    return parser.parse_args()


def empty(state: Path) -> None:
    """Forget everything but the lock that we hold and the servers' programs."""
    for each in state.iterdir():
        if each.name != "lock" and not each.name.startswith("bin-"):
            shutil.rmtree(each) if each.is_dir() else each.unlink()


def run(stack: Stack, state: Path, options: argparse.Namespace) -> int:
    """Build the stage, found the company, and either play the scenario or wait for a person."""
    stage = stages.build(stack, state, port=options.port, workspace=company.workspace, say=say)
    django.setup()
    from demo import founding  # noqa: PLC0415  (models can be imported once Django is set up)

    founding.found(stage, stack, say=say)
    return unattended(stage, stack) if options.once else attended(stage, stack)


def attended(stage: stages.Stage, stack: Stack) -> int:
    """Say where everything is, and stay until Ctrl-C."""
    print(f"""
Countersign is running. Reviews are waiting in the simulated Slack within a few seconds.

  Slack, as the airline's people   {stage.slack}/          (start as Maria Okafor)
  Admin, as the governance lead    {stage.site}/admin/     priya@meridian.example   {stage.password}
  Admin, as an agent's owner       {stage.site}/admin/     maria@meridian.example   {stage.password}

  legacy-batch's owner has left and nobody answers: watch silence suspend, and the brake hold, in governance's queue.
  Logs and state: {stage.state}
  Ctrl-C ends it; the company is kept.
""")
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
