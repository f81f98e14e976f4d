"""Take in who works here: a CSV file of people, their managers, units and employment."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from governance import leaving, registering
from governance.errors import Invalid
from governance.management.lines import CLEAR, Cells, Columns, LinesCommand, Take
from governance.models import Person


class Command(LinesCommand):
    """Import people, in two passes: a manager may come later in the file than who reports to them."""

    help = __doc__
    columns = Columns(required=("email", "name"), optional=("manager", "unit", "time_zone", "employment", "away_until"))

    def passes(self) -> list[Take]:
        """First the people, then whom they report to and whether they are here."""
        return [self.take_person, self.take_manager, self.take_employment]

    def take_person(self, cells: Cells) -> None:
        """Register a person."""
        path = cells.get("unit", "")
        registering.register_person(
            email=cells["email"],
            name=cells["name"],
            unit=registering.unit_at(path, actor=self.actor) if path else None,
            time_zone=cells.get("time_zone", ""),
            actor=self.actor,
        )

    def take_manager(self, cells: Cells) -> None:
        """State who a person reports to."""
        word = cells.get("manager", "")
        if not word:
            return
        manager = None if word == CLEAR else called("manager", word)
        registering.set_manager(person=called("email", cells["email"]), manager=manager, at=self.at, actor=self.actor)

    def take_employment(self, cells: Cells) -> None:
        """State whether a person is here."""
        person = called("email", cells["email"])
        until, employment = cells.get("away_until", ""), cells.get("employment", "").lower()
        if employment:
            leaving.set_employment(
                person=person,
                employment=employment,
                away_until=moment(until, person) if until else None,
                at=self.at,
                actor=self.actor,
            )


def called(field: str, email: str) -> Person:
    """The person of this address. Raises Invalid."""
    person: Person | None = Person.objects.called(email)
    if person is None:
        raise Invalid(f"{field} {email!r} is nobody we know; add a line for them")
    return person


def moment(text: str, person: Person) -> datetime:
    """A time with its zone, or the beginning of a day where the person is. Raises Invalid."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), ZoneInfo(person.time_zone))
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"away_until {text!r} is no date; wanted: 2026-12-24") from error
    if found.tzinfo is None:
        raise Invalid(f"away_until {text!r} has no time zone; give a date, or end it with Z")
    return found
