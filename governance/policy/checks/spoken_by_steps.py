"""What steps raise themselves, because they alone saw it: the words, and no condition."""

from collections.abc import Callable
from dataclasses import dataclass

from governance.policy.check import Facts
from governance.policy.wording import counted, day


@dataclass(frozen=True, slots=True)
class Words:
    """A finding's name, and what it says."""

    name: str
    title: str
    says: Callable[[Facts], str]
    suggests: str | None = None

    def reason(self, facts: Facts) -> str:
        """Say in one sentence why this was raised; facts that are not there are left out."""
        return self.says(facts)

    def suggestion(self, facts: Facts) -> str | None:
        """Say what policy would do."""
        return self.suggests


def appeared(facts: Facts) -> str:
    """Syncing saw a grant that was not there at the last complete read."""
    when = f" on {day(facts['seen_at'])}" if facts.get("seen_at") else ""
    return f"Appeared{when}: nobody has said that it may be held."


def returned(facts: Facts) -> str:
    """Syncing saw a grant again that had been absent."""
    gone = facts.get("closed_at")
    return f"Came back after it was gone{f' since {day(gone)}' if gone else ''}; it has no lease."


def changed(facts: Facts) -> str:
    """Syncing saw that something is no longer what it was; revoking that it is not what was decided on."""
    what = facts.get("changed") or ["what it allows"]
    named = [what] if isinstance(what, str) else what
    return f"Changed since it was last looked at: {' and '.join(named)}."


def still_effective(facts: Facts) -> str:
    """Verifying saw that what was taken away lives on, through the grant that this is about."""
    what = facts.get("revoked") or "What was taken away"
    return f"Removed, and still effective: {what} lives on through {facts['path']}."


def missed(facts: Facts) -> str:
    """The nightly sweep saw what a due date should have made the due sweep see."""
    number = facts.get("grants", 0)
    return (
        f"The nightly check found {counted(number, 'grant')} that the running checks had missed"
        f" ({', '.join(facts.get('checks', ()))}). A due date was wrong; it is right now."
    )


APPEARED = Words("appeared", "Appeared", appeared, "Revoke, unless somebody asked for it.")
RETURNED = Words("returned", "Came back", returned, "Revoke again, and find out who grants it.")
CHANGED = Words("changed", "Changed", changed)
STILL_EFFECTIVE = Words(
    "still_effective",
    "Still effective",
    still_effective,
    "Close the other path, or keep it with a reason.",
)
MISSED = Words("missed", "Missed by the running checks", missed, "Tell the maintainers.")
