"""Who works here: people, their managers, units and employment."""

from zoneinfo import ZoneInfo

from governance import leaving, registering
from governance.importing.columns import PEOPLE
from governance.importing.lines import CLEAR, Kind, Take
from governance.importing.reading import Cells, moment


class People(Kind):
    """A manager may come later in the file than who reports to them: so there are several passes."""

    name = "people"
    columns = PEOPLE

    def about(self, cells: Cells) -> tuple[str, ...]:
        """A person, whatever the case of their address."""
        return (cells["email"].lower(),)

    def passes(self) -> list[Take]:
        """First the people, then whom they report to and whether they are here."""
        return [self.take_person, self.take_manager, self.take_employment]

    def take_person(self, cells: Cells) -> None:
        """Register a person."""
        path = cells.get("unit", "")
        registering.register_person(
            email=cells["email"],
            name=cells["name"],
            unit=registering.unit_at(path, tops=self.tops, actor=self.actor) if path else None,
            time_zone=cells.get("time_zone", ""),
            actor=self.actor,
        )

    def take_manager(self, cells: Cells) -> None:
        """State who a person reports to."""
        word = cells.get("manager", "")
        if not word:
            return
        manager = None if word == CLEAR else registering.person_called("manager", word)
        registering.set_manager(
            person=registering.person_called("email", cells["email"]), manager=manager, at=self.at, actor=self.actor
        )

    def take_employment(self, cells: Cells) -> None:
        """State whether a person is here."""
        until, employment = cells.get("away_until", ""), cells.get("employment", "").lower()
        if not employment:
            return
        person = registering.person_called("email", cells["email"])
        leaving.set_employment(
            person=person,
            employment=employment,
            away_until=moment("away_until", until, ZoneInfo(person.time_zone)) if until else None,
            at=self.at,
            actor=self.actor,
        )
