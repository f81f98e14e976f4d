"""The organisation, its units, and the policy in force. Names enter the ledger as commitments only."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction

from governance import due, ledger, vetting
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.models import Grant, Organisation, OrgUnit, OrgUnitClosure, Person, Policy
from governance.registering import previewing
from governance.registering.changing import change
from governance.registering.naming import LONGEST_UNIT, SEPARATOR, names_along, perhaps

MONDAY_TO_FRIDAY = (1, 2, 3, 4, 5)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def set_organisation(
    *, name: str, time_zone: str = "UTC", working_days: Sequence[int] = MONDAY_TO_FRIDAY, actor: Actor
) -> Organisation:
    """State the organisation's name, time zone and working days (ISO weekdays). Raises Invalid."""
    if not name.strip():
        raise Invalid("the organisation's name is missing")
    vetting.fitting(Organisation, name=name)
    if not working_days:
        raise Invalid("working days are missing: somebody must be asked on some day")
    if not set(working_days) <= set(range(1, 8)):
        raise Invalid(f"working days {list(working_days)} are not all of 1 (Monday) to 7 (Sunday)")
    stated = {"name": name, "time_zone": zone(time_zone).key, "working_days": sorted(set(working_days))}
    with transaction.atomic():
        organisation, new = Organisation.objects.get_or_create(pk=1, defaults=stated)
        if change(organisation, **stated) or new:
            body = {"time_zone": organisation.time_zone, "working_days": organisation.working_days}
            ledger.record(
                act=Act.ORGANISATION_SET, actor=actor, subjects=[organisation], body=body, commit={"name": name}
            )
    return organisation


def days_called(text: str) -> list[int]:
    """Read weekdays such as `mon-fri` or `sun,mon,tue`, as ISO numbers. Raises Invalid."""
    days: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if {first, last} - set(WEEK):
            raise Invalid(f"working days {text!r}: {part!r} is none; days are {', '.join(WEEK)}, such as mon-fri")
        begin, end = WEEK.index(first), WEEK.index(last)
        days |= {number % len(WEEK) + 1 for number in range(begin, end + 1 if begin <= end else end + 1 + len(WEEK))}
    return sorted(days)


def days_in_words(days: Sequence[int]) -> str:
    """Weekdays as `days_called` reads them."""
    if len(days) > 1 and list(days) == list(range(days[0], days[-1] + 1)):
        return f"{WEEK[days[0] - 1]}-{WEEK[days[-1] - 1]}"
    return ",".join(WEEK[day - 1] for day in days)


@cache
def zones() -> frozenset[str]:
    """The names of all time zones. Read once: it looks through a folder of hundreds of files."""
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    """A time zone by its name. Raises Invalid."""
    if name not in zones():
        raise Invalid(f"time zone {name!r} is unknown; names are such as Europe/Paris")
    return ZoneInfo(name)


def make_unit(*, name: str, parent: OrgUnit | None = None, actor: Actor) -> OrgUnit:
    """
    Make a unit below another one, or return it if it is there.

    A name is given once: raises Invalid if a unit of this name lies elsewhere, and for a name with nothing in it.
    """
    name = name.strip()
    if not name:
        raise Invalid("a unit's name may not be empty", field="unit")
    vetting.legible("unit", name, most=LONGEST_UNIT)
    with transaction.atomic():
        there = OrgUnit.objects.filter(name=name).select_related("parent").first()
        if there is not None:
            if there.parent != parent:
                raise Invalid(f"unit {name!r} lies in {there.parent or 'no other unit'}; a unit's name is given once")
            return there
        unit = OrgUnit.objects.create(name=name, parent=parent)
        above = OrgUnitClosure.objects.filter(descendant=parent) if parent else OrgUnitClosure.objects.none()
        pairs = [OrgUnitClosure(ancestor_id=p.ancestor_id, descendant=unit, depth=p.depth + 1) for p in above]
        OrgUnitClosure.objects.bulk_create([OrgUnitClosure(ancestor=unit, descendant=unit, depth=0), *pairs])
        body = {"parent": str(parent.pk) if parent else ""}
        ledger.record(act=Act.UNIT_CREATED, actor=actor, subjects=[unit], body=body, commit={"name": name})
    return unit


def unit_at(path: str, *, tops: bool = False, actor: Actor) -> OrgUnit:
    """
    The unit at a path such as "Operations/Support", made where it is missing.

    One name alone means the unit of that name, wherever it lies. Raises Invalid, also for one that would be the second
    to lie in no other, unless `tops` lets it be made: nobody governs it, so that nobody governs the whole any more.
    """
    names = names_along("unit", path)
    unit = OrgUnit.objects.filter(name=names[0]).first()
    if unit is None:
        if not tops:
            refuse_second_top(names)
        unit = make_unit(name=names[0], actor=actor)
    for name in names[1:]:
        unit = make_unit(name=name, parent=unit, actor=actor)
    return unit


def refuse_second_top(names: Sequence[str]) -> None:
    """Raise Invalid, with what to write instead, where a unit lies in no other already."""
    top = OrgUnit.objects.filter(parent=None).order_by("pk").first()
    if top is not None:
        meant = perhaps(names[0], OrgUnit.objects.values_list("name", flat=True))
        raise Invalid(
            f"unit {names[0]!r} is unknown.{meant} To make it, write where it lies: "
            f"{SEPARATOR.join([top.name, *names])}. "
            "Units that lie in no other are made by import_people --new-tops",
            field="unit",
        )


def set_policy(*, parameters: dict[str, Any], at: datetime, actor: Actor, by: Person | None = None) -> Policy:
    """
    Put a policy in force from now on; return it, or the one in force if it says the same.

    What isn't given keeps the value that is in force (at first, the default), also within an object such as the
    weights of risk; `preview_policy` says what that would change. Raises Invalid naming the first wrong one. Every
    grant falls due: another policy may make any check speak.
    """
    with transaction.atomic():
        number = Policy.objects.select_for_update().order_by("-number").values_list("number", flat=True).first() or 0
        before = Policy.objects.in_force(at) if Policy.objects.filter(in_force_from__lte=at).exists() else None
        wanted = previewing.merged(parameters, at)
        if before is not None and wanted == before.parameters:
            return before
        stored = wanted.as_json()
        policy = Policy.objects.create(number=number + 1, stored=stored, in_force_from=at, set_by=by)
        ledger.record(act=Act.POLICY_SET, actor=actor, subjects=[policy], body={"number": number + 1, **stored})
        due.pull(Grant.objects.open(), at)
    return policy
