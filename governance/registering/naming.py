"""The words by which an operator names people and units, and what is said where nothing bears them."""

from collections.abc import Iterable
from difflib import get_close_matches

from governance import vetting
from governance.errors import Invalid
from governance.models import OrgUnit, Person

SEPARATOR = "/"
MENTIONED = 10


def person_called(field: str, email: str) -> Person:
    """The person of this address. Raises Invalid naming the field."""
    vetting.storable(field, email)
    person: Person | None = Person.objects.called(email)
    if person is None:
        raise Invalid(f"{field} {email!r} is nobody we know; import_people makes people known")
    return person


def people_like(email: str) -> str:
    """Addresses that are nearly this one, as a sentence; nothing where none is."""
    return perhaps(email.strip().lower(), Person.objects.values_list("email", flat=True))


def perhaps(word: str, known: Iterable[str]) -> str:
    """Ask whether what is nearly this word was meant; nothing where nothing is."""
    near = get_close_matches(word, known, n=3)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def unit_called(field: str, path: str) -> OrgUnit:
    """The unit at NAME or PARENT/NAME; it is never made. Raises Invalid naming the units that there are."""
    vetting.storable(field, path)
    above, _, name = path.strip().rpartition(SEPARATOR)
    unit = OrgUnit.objects.filter(name=name.strip()).select_related("parent").first()
    if unit is None:
        names = list(OrgUnit.objects.order_by("name").values_list("name", flat=True))
        there = ", ".join(names[:MENTIONED]) or "none yet; import people first"
        more = f" and {len(names) - MENTIONED} more" if len(names) > MENTIONED else ""
        raise Invalid(f"{field} {path!r} is unknown; there are: {there}{more}")
    if above and (unit.parent is None or unit.parent != unit_called(field, above)):
        raise Invalid(f"{field} {path!r}: {unit.name} lies in {unit.parent or 'no other unit'}")
    return unit
