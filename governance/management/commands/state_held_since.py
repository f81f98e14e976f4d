"""State since when grants are held, where the systems themselves don't say: a CSV file."""

from datetime import UTC, date, datetime, time

from governance import registering
from governance.errors import Invalid
from governance.management.lines import Cells, Columns, LinesCommand, Take


class Command(LinesCommand):
    """The date's basis is *stated*: it is in the ledger and on the card that it was a person who said so."""

    help = __doc__
    columns = Columns(required=("system", "account", "entitlement", "date"), optional=("origin",))

    def passes(self) -> list[Take]:
        """Each line is one statement."""
        return [self.state]

    def state(self, cells: Cells) -> None:
        """State it of one grant."""
        system = registering.system_called(cells["system"])
        grant = registering.grant_of(
            registering.account_called(system, cells["account"]),
            registering.entitlement_called(system, cells["entitlement"]),
            cells.get("origin", ""),
        )
        registering.state_held_since(grant=grant, since=moment(cells["date"]), at=self.at, actor=self.actor)


def moment(text: str) -> datetime:
    """A date (its midnight in UTC) or a time with its zone. Raises Invalid."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"date {text!r} is no date; wanted: 2026-10-01") from error
    if found.tzinfo is None:
        raise Invalid(f"date {text!r} has no time zone; give a date, or end it with Z")
    return found
