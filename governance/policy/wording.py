"""Words for what a finding's facts hold: days, counts, shares."""

from datetime import datetime
from typing import Any

from governance.policy.use import COUNTED

BASES = {
    "source": "as the system says",
    "stated": "as stated",
    "first_seen": "when we first saw it",
}


def day(text: Any) -> str:
    """Write a stored moment as a day; "an unknown day" where there is none."""
    if not text:
        return "an unknown day"
    moment = datetime.fromisoformat(str(text))
    return f"{moment.day} {moment:%b %Y}"


def counted(number: int, thing: str) -> str:
    """Write a number with its noun: "1 run", "214 runs"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def many(runs: int) -> str:
    """Write a number of runs, which are counted up to a point."""
    return f"{'at least ' if runs >= COUNTED else ''}{counted(runs, 'run')}"


def based(advice: str, basis: str) -> str:
    """Write what policy would do, and what in the facts that rests on: who is asked judges it by that."""
    return f"{advice} Basis: {basis}."


def percent(per_mille: int) -> str:
    """Write tenths of a percent as a percentage."""
    return f"{per_mille / 10:g} %"
