"""State since when grants are held, where the systems themselves don't say: a CSV file."""

from governance import registering
from governance.management.lines import LinesCommand, Take
from governance.management.reading import Cells, Columns, moment


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
        registering.state_held_since(grant=grant, since=moment("date", cells["date"]), at=self.at, actor=self.actor)
