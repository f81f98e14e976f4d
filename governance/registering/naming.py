"""The words by which an operator names people and units, and what is said where nothing bears them."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import pairwise
from operator import itemgetter

from governance import vetting
from governance.errors import Invalid
from governance.models import OrgUnit, Person

SEPARATOR = "/"
MENTIONED = 10
LONGEST_UNIT = 200


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
    units = [unit_named(field, name) for name in names_along(field, path)]
    for above, unit in pairwise(units):
        if unit.parent != above:
            raise Invalid(f"{field} {path!r}: {unit.name} lies in {unit.parent or 'no other unit'}")
    return units[-1]


def unit_named(field: str, name: str) -> OrgUnit:
    """The unit of this name. Raises Invalid naming the units that there are."""
    unit = OrgUnit.objects.filter(name=name).select_related("parent").first()
    if unit is None:
        names = list(OrgUnit.objects.order_by("name").values_list("name", flat=True))
        there = ", ".join(names[:MENTIONED]) or "none yet; import people first"
        more = f" and {len(names) - MENTIONED} more" if len(names) > MENTIONED else ""
        raise Invalid(f"{field} {name!r} is unknown; there are: {there}{more}")
    return unit


def names_along(field: str, path: str) -> list[str]:
    """
    The names in a path such as "Operations/Support", from above; "Meridian A/S" is one where a unit is called so.

    Raises Invalid for a part with nothing in it.
    """
    vetting.storable(field, path)
    parts, names = path.split(SEPARATOR), list[str]()
    while parts:
        name, number = first_name(parts)
        if not name:
            raise Invalid(f"{field} {path!r} has an empty part; wanted: NAME or PARENT/NAME", field=field)
        names.append(name)
        parts = parts[number:]
    return names


def first_name(parts: Sequence[str]) -> tuple[str, int]:
    """The longest name of a unit with which a path begins, else its first part; and how many parts that is."""
    numbers = range(1, min(len(parts), LONGEST_UNIT) + 1)
    spelled = {SEPARATOR.join(parts[:number]).strip(): number for number in numbers}
    known = OrgUnit.objects.filter(name__in=spelled).values_list("name", flat=True)
    return max(((name, spelled[name]) for name in known), key=itemgetter(1), default=(parts[0].strip(), 1))
