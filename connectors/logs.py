"""
The logs that systems keep of use by themselves: how a record becomes events, in the words of an import.

A log is one file of its connector and one line in `connectors.catalog`. It knows neither files nor lines: it is given
one record, as its JSON reads, and says what was done, or that nothing was.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import Action

# at, event_id, account, action, resource, run, on_behalf_of, outcome: what is unknown is empty, or left out.
Cells = Mapping[str, str]
Entry = Mapping[str, Any]

ALLOWED, DENIED = "allowed", "denied"


@dataclass(frozen=True, slots=True)
class Log:
    """One kind of log."""

    name: str
    recognises: Callable[[Entry], bool]
    events: Callable[[Entry], Sequence[Cells]]  # what a record tells of: nothing, or SchemaDrift with the reason
    objection: Callable[[Iterable[bytes]], str]  # why these records, all of a delivery, show nobody's use; or nothing
    shows: Callable[[Action, Collection[str]], bool]  # whether such a use leaves a trace, by all that it tells of
    leaves_out: str  # of what it does not: a sentence for a person
    called_by_id: frozenset[str] = frozenset()  # types of principals that it calls by an id that is never given twice
