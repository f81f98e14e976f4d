"""
Everything that can be checked without running the product: `make check`, and `make fix` to repair.

One line a step with its time; the first step that fails prints what it said and ends the run.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
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
    env: dict[str, str] = field(default_factory=dict)


def tracked(*patterns: str) -> tuple[str, ...]:
    """Return the files of these patterns that git knows or would add."""
    listing = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns)
    names = subprocess.run(listing, cwd=HERE, check=True, capture_output=True, text=True).stdout
    return tuple(name for name in names.splitlines() if (HERE / name).exists())


def python_files() -> tuple[str, ...]:
    """Return our Python files; migrations that are merged are history."""
    return tuple(name for name in tracked("*.py") if "/migrations/" not in name)


def checks() -> list[Step]:
    """Return what `make check` does, the cheapest first."""
    templates = tracked("templates/*.html", "*/templates/*.html")
    djade = ("djade", "--target-version", "5.2", "--check", *templates)
    upgrade = ("django-upgrade", "--target-version", "5.2", "--check", *python_files())
    deploy = (*MANAGE, "check", "--deploy", "--fail-level", "WARNING")
    return [
        Step("format", ("ruff", "format", "--check", ".")),
        Step("lint", ("ruff", "check", ".")),
        Step("imports", ("lint-imports", "--no-logo")),
        *([Step("templates", djade)] if templates else []),
        Step("idioms of Django 5.2", upgrade),
        Step("dependencies", ("deptry", ".")),
        Step("migrations", (*MANAGE, "makemigrations", "--check", "--dry-run"), NO_DATABASE),
        Step("deployment", deploy, PRODUCTION),
        Step("types", ("mypy", ".")),
    ]


def fixes() -> list[Step]:
    """Return what `make fix` does."""
    templates = tracked("templates/*.html", "*/templates/*.html")
    return [
        *([Step("templates", ("djade", "--target-version", "5.2", *templates))] if templates else []),
        Step("idioms", ("django-upgrade", "--target-version", "5.2", *python_files())),
        Step("lint", ("ruff", "check", "--fix", "--exit-zero", "--quiet", ".")),
        Step("format", ("ruff", "format", ".")),
    ]


def run(step: Step) -> bool:
    """Run a step; print its name and time, and what it said if it failed."""
    print(f"{step.name:22}", end="", flush=True)
    start = time.monotonic()
    program, *arguments = step.command
    done = subprocess.run(
        [str(BIN / program), *arguments],
        cwd=HERE,
        env=os.environ | {"NO_COLOR": "1"} | step.env,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = "ok" if done.returncode == 0 else "FAILED"
    print(f"{said:8}{time.monotonic() - start:5.1f} s", flush=True)
    if done.returncode:
        print(f"\n{done.stdout.strip()}\n\n{' '.join(step.command[:6])} …: {done.returncode}")
    return done.returncode == 0


def main(*, fix: bool) -> int:
    """Run the steps in order until one fails; return the exit code."""
    steps = fixes() if fix else checks()
    return 0 if all(map(run, steps)) else 1


if __name__ == "__main__":
    sys.exit(main(fix="--fix" in sys.argv[1:]))
