"""What steps raise themselves, because they alone saw it: the words, and no condition."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from governance.policy.check import Facts
from governance.policy.wording import based, counted, day

Says: TypeAlias = Callable[[Facts], str]


@dataclass(frozen=True, slots=True)
class Words:
    """A finding's name, and what it says."""

    name: str
    title: str
    says: Says
    suggests: str = ""
    basis: Says | None = None  # of what it suggests

    def reason(self, facts: Facts) -> str:
        """Say in one sentence why this was raised; facts that are not there are left out."""
        return self.says(facts)

    def suggestion(self, facts: Facts) -> str | None:
        """Say what policy would do, and on what basis."""
        return based(self.suggests, self.basis(facts)) if self.basis else None


def appeared(facts: Facts) -> str:
    """Syncing saw a grant that was not there at the last complete read."""
    return f"Appeared{on(facts, 'seen_at')}: nobody has said that it may be held."


def returned(facts: Facts) -> str:
    """Syncing saw a grant again that had been absent."""
    return f"Came back after it was gone{on(facts, 'closed_at', word='since')}; it has no lease."


def on(facts: Facts, name: str, *, word: str = "on") -> str:
    """The day of a moment that may not be there."""
    return f" {word} {day(facts[name])}" if facts.get(name) else ""


def enabled_again(facts: Facts) -> str:
    """Syncing saw that a credential can be used that was shut as somebody decided."""
    return f"Enabled again outside{on(facts, 'seen_at')}, after it was disabled as decided here."


def changed(facts: Facts) -> str:
    """Syncing saw that something is no longer what it was; revoking that it is not what was decided on."""
    what = facts.get("changed") or ["what it allows"]
    named = [what] if isinstance(what, str) else what
    return f"Changed since it was last looked at: {' and '.join(named)}."


def still_effective(facts: Facts) -> str:
    """Verifying saw that what was taken away lives on, through the grant that this is about."""
    what = facts.get("revoked") or "What was taken away"
    return f"Removed, and still effective: {what} lives on through {facts['path']}."


def requested(facts: Facts) -> str:
    """Somebody asked for a decision about all that an agent holds."""
    return f"{facts['by']} asked{on(facts, 'at')} that all this agent holds is certified."


def missed(facts: Facts) -> str:
    """The nightly sweep saw what a due date should have made the due sweep see."""
    number = facts.get("grants", 0)
    return (
        f"The nightly check found {counted(number, 'grant')} that the running checks had missed"
        f" ({', '.join(facts.get('checks', ()))}). A due date was wrong; it is right now."
    )


def silent(facts: Facts) -> str:
    """Observing hears nothing of a source any more, or never did."""
    heard = facts.get("heard_until")
    since, then = (f" since {day(heard)}", " since then") if heard else (" yet", "")
    return (
        f"{facts['source']} has told of no use{since}, and should at least every {facts['rhythm']}. Use that it alone"
        f" could show is not observable{then}, and nothing is called unused for it."
    )


APPEARED = Words(
    "appeared",
    "Appeared",
    appeared,
    "Revoke, unless somebody asked for it.",
    lambda facts: f"it appeared{on(facts, 'seen_at')}, and nobody has said that it may be held",
)
RETURNED = Words(
    "returned",
    "Came back",
    returned,
    "Revoke again, and find out who grants it.",
    lambda facts: f"it was gone{on(facts, 'closed_at', word='since')}, and somebody granted it anew",
)
ENABLED_AGAIN = Words(
    "enabled_again",
    "Enabled again",
    enabled_again,
    "Revoke again, and find out who enabled it.",
    lambda facts: f"somebody enabled it outside{on(facts, 'seen_at')}",
)
CHANGED = Words("changed", "Changed", changed)
STILL_EFFECTIVE = Words(
    "still_effective",
    "Still effective",
    still_effective,
    "Close the other path, or keep it with a reason.",
    lambda facts: f"what was revoked is still open through {facts['path']}",
)
REQUESTED = Words("requested", "Asked for by a person", requested)
MISSED = Words(
    "missed",
    "Missed by the running checks",
    missed,
    "Tell the maintainers.",
    lambda facts: f"{counted(facts.get('grants', 0), 'grant')} had a due date that was too late",
)
SILENT = Words(
    "silent",
    "Source silent",
    silent,
    "See why nothing comes.",
    lambda facts: f"nothing came of {facts['source']} for longer than {facts['rhythm']}",
)
