"""Since when grants are held, where the systems themselves don't say."""

from governance import registering
from governance.importing.columns import HELD_SINCE
from governance.importing.lines import Kind, Take
from governance.importing.reading import Cells, moment


class HeldSince(Kind):
    """The date's basis is *stated*: it is in the ledger and on the card that it was a person who said so."""

    name = "held-since"
    columns = HELD_SINCE

    def about(self, cells: Cells) -> tuple[str, ...]:
        """A grant."""
        return tuple(cells.get(name, "") for name in ("system", "account", "entitlement", "origin"))

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
