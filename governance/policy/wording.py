"""Words for what a finding's facts hold: days, counts, shares."""

from collections.abc import Mapping
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


def made(facts: Mapping[str, Any]) -> str:
    """Say when a credential was made; where its system does not tell, since when it was there at least."""
    days = counted(facts["days"], "day")
    if facts["created_at"]:
        return f"was made on {day(facts['created_at'])}, {days} ago"
    return f"has been there since {day(facts['first_seen_at'])} at least, for {days}"


def many(runs: int) -> str:
    """Write a number of runs, which are counted up to a point."""
    return f"{'at least ' if runs >= COUNTED else ''}{counted(runs, 'run')}"


def based(advice: str, basis: str) -> str:
    """Write what policy would do, and what in the facts that rests on: who is asked judges it by that."""
    return f"{advice} Basis: {basis}."


def percent(per_mille: int) -> str:
    """Write tenths of a percent as a percentage."""
    return f"{per_mille / 10:g} %"
