"""What each kind of file has in a line; and what is said of a file that has something else: only what is wrong."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from governance.errors import Invalid
from governance.observing.judging import EVENT_COLUMNS, RUN_COLUMNS
from governance.registering.naming import perhaps

LONGEST, MOST = 300, 10  # characters that are shown of a first line; names that are looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What a line must have, and may have; and what an import of such lines is called."""

    title: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.required, *self.optional)

    def are(self, names: Sequence[str]) -> bool:
        """Whether these are nothing but our columns, and none is missing."""
        return set(self.required) <= set(names) <= set(self.known)

    def check(self, names: Sequence[str], *, where: str, what: str) -> None:
        """Raise Invalid, with the place and `what` stands there, for a name that is missing, unknown or given twice."""
        wrong = {
            "missing": [name for name in self.required if name not in names],
            "unknown": [name for name in dict.fromkeys(names) if name not in self.known],
            "twice": [name for name, number in Counter(names).items() if number > 1],
        }
        said = [f"column {how}: {shortly(which)}" for how, which in wrong.items() if which]
        if said:
            said.append(f"{what} has: {shortly(names)}")
            raise Invalid(f"{where}: {'; '.join(said)}.{self.meant(wrong['unknown'], names)}")

    def meant(self, unknown: Sequence[str], names: Sequence[str]) -> str:
        """What may have been meant, as sentences: another kind of file, or a column that is spelled nearly so."""
        if other := next((each.title for each in ALL if each is not self and each.are(names)), ""):
            return f" These are the columns of {other}."
        free = [name for name in self.known if name not in names]
        near = "".join(perhaps(name, free) for name in unknown[:MOST])
        return f"{near} Known: {', '.join(self.known)}." if unknown else ""


def shortly(names: Sequence[str]) -> str:
    """Names in a row, as far as anybody reads; that there is none is said too."""
    text = ", ".join(names) or "nothing"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


PEOPLE = Columns(
    title="Import people",
    required=("email", "name"),
    optional=("manager", "unit", "time_zone", "employment", "away_until"),
)
AGENTS = Columns(
    title="Import agents",
    required=("name", "unit"),
    optional=(
        *("purpose", "autonomy", "owner", "deputies", "accounts", "lifecycle"),
        *("allowed_systems", "reads_outsiders"),
    ),
)
HELD_SINCE = Columns(
    title="State since when access is held",
    required=("system", "account", "entitlement", "date"),
    optional=("origin",),
)
USE, RUNS = (
    Columns(title="Import use", required=each.required, optional=(*each.one_of, *each.optional))
    for each in (EVENT_COLUMNS, RUN_COLUMNS)
)
ALL = (PEOPLE, AGENTS, HELD_SINCE, USE, RUNS)
