"""
Files of facts that people write by hand: who works here, which agents there are, since when access is held.

    columns     what each kind of file has in a line
    reading     CSV or YAML into numbered lines of cells
    lines       every line in its own savepoint; what became of it, as the ledger was told
    people, agents, held_since   what each kind of line means, by the verbs of registering and leaving

Commands and the admin's forms take the same files in by the same verbs. A file that is taken in again changes only what
is different.
"""

from governance.importing.agents import Agents
from governance.importing.columns import Columns
from governance.importing.held_since import HeldSince
from governance.importing.lines import Kind, Outcome, take_in
from governance.importing.people import People
from governance.importing.reading import Cells, lines_of, text_of

KINDS: dict[str, type[Kind]] = {each.name: each for each in (People, Agents, HeldSince)}

__all__ = [
    "KINDS",
    "Agents",
    "Cells",
    "Columns",
    "HeldSince",
    "Kind",
    "Outcome",
    "People",
    "lines_of",
    "take_in",
    "text_of",
]
