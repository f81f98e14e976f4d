"""
Everything that can be checked without running the product: `make check`, and `make fix` to repair.

One line a step with its time. `make check` ends with the first step that fails and prints what it said; `make fix` lets
every tool repair what it can, then prints all that still is wrong.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

HERE = Path(__file__).parents[1]
BIN = HERE / ".venv/bin"
MANAGE = ("python", "manage.py")

# Production settings that name nothing real: only their shape is checked.
PRODUCTION = {
    "COUNTERSIGN_BASE_URL": "https://countersign.example",
    "COUNTERSIGN_HOSTS": "countersign.example",
    "COUNTERSIGN_SECRET_KEY": "0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "COUNTERSIGN_DEBUG": "0",
    "COUNTERSIGN_DEMO": "0",
}
# Without a server Django warns that it could not compare with the database: files are enough here.
NO_DATABASE = {"PYTHONWARNINGS": "ignore:Got an error checking a consistent migration:RuntimeWarning"}


@dataclass(frozen=True, slots=True)
class Step:
    """A command, what it is called, and what it needs in its environment."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict, hash=False)


def tracked(*patterns: str) -> tuple[str, ...]:
    """Return the files of these patterns that git knows or would add."""
    listing = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns)
    names = subprocess.run(listing, cwd=HERE, check=True, capture_output=True, text=True).stdout
    return tuple(name for name in names.splitlines() if (HERE / name).exists())


def templates_of_ours() -> tuple[str, ...]:
    """Return our templates."""
    return tracked("templates/*.html", "*/templates/*.html")


def python_files() -> tuple[str, ...]:
    """Return our Python files; migrations that are merged are history."""
    return tuple(name for name in tracked("*.py") if "/migrations/" not in name)


def repairable() -> list[Step]:
    """Return the checks of what a tool could repair by itself."""
    templates = templates_of_ours()
    djade = ("djade", "--target-version", "5.2", "--check", *templates)
    return [
        Step("format", ("ruff", "format", "--check", ".")),
        Step("lint", ("ruff", "check", ".")),
        *([Step("templates", djade)] if templates else []),
        Step("idioms of Django 5.2", ("django-upgrade", "--target-version", "5.2", "--check", *python_files())),
    ]


def checks() -> list[Step]:
    """Return what `make check` does, the cheapest first."""
    deploy = (*MANAGE, "check", "--deploy", "--fail-level", "WARNING")
    return [
        *repairable(),
        Step("imports", ("lint-imports", "--no-logo")),
        Step("dependencies", ("deptry", ".")),
        Step("migrations", (*MANAGE, "makemigrations", "--check", "--dry-run"), NO_DATABASE),
        Step("deployment", deploy, PRODUCTION),
        Step("types", ("mypy", ".")),
    ]


def repairs() -> list[Step]:
    """Return what `make fix` does; some of these tools exit 1 because they have repaired something."""
    templates = templates_of_ours()
    return [
        *([Step("templates", ("djade", "--target-version", "5.2", *templates))] if templates else []),
        Step("idioms", ("django-upgrade", "--target-version", "5.2", *python_files())),
        Step("lint", ("ruff", "check", "--fix", "--quiet", ".")),
        Step("format", ("ruff", "format", ".")),
    ]


Done = tuple["subprocess.CompletedProcess[str]", float]


def run(step: Step) -> Done:
    """Run a step's command to its end; keep what it says, and how many seconds it took."""
    program, *arguments = step.command
    start = time.monotonic()
    done = subprocess.run(
        [str(BIN / program), *arguments],
        cwd=HERE,
        env=os.environ | {"NO_COLOR": "1"} | step.env,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done, time.monotonic() - start


def passed(step: Step, ending: Callable[[], Done]) -> bool:
    """Print a step's name, then its time, and what it said if it failed."""
    print(f"{step.name:22}", end="", flush=True)
    done, seconds = ending()
    print(f"{'FAILED' if done.returncode else 'ok':8}{seconds:5.1f} s", flush=True)
    if done.returncode:
        print(f"\n{done.stdout.strip()}\n\n{' '.join(step.command[:6])} …: {done.returncode}\n")
    return done.returncode == 0


def check() -> bool:
    """Check until something fails; whether nothing did. The last takes longest: it runs beside all others."""
    *quick, longest = checks()
    with ThreadPoolExecutor(2) as pool:
        running = {step: pool.submit(run, step) for step in (longest, *quick)}
        well = all(passed(step, running[step].result) for step in (*quick, longest))
        pool.shutdown(cancel_futures=True)
    return well


def fix() -> bool:
    """Let every tool repair what it can; whether nothing is left for a person."""
    for step in repairs():
        run(step)
    well = [passed(step, partial(run, step)) for step in repairable()]
    return all(well)


if __name__ == "__main__":
    sys.exit(0 if (fix if "--fix" in sys.argv[1:] else check)() else 1)
