"""
The first page of grants, most risk first, for four kinds of viewer, against looking the same rows up by their keys.

What is measured are the statements that the page makes, asked by themselves: how many there are, and which come first.
The slowest viewer counts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import RequestFactory
from django.urls import reverse

from benchmarks import FLAT, Measured, company, median_ms, say
from benchmarks.acting import act
from governance import access
from governance.access import Right
from governance.admin.site import site
from governance.ledger import Actor
from governance.models import Grant, OrgUnit, Person

GOAL = 5.0
EVERYTHING = "everything"
AGAIN = 20  # a page is quick: so many of it count as one
ACTOR = Actor.operator("bench")
Asked = tuple[str, Any]


def run(n: int) -> Iterator[Measured]:
    """Let each viewer look, and measure memory by who sees everything."""
    with seen(n // 10):
        small = act("pages", "show")
    with seen(n) as viewers:
        found = [looked(name, person) for name, person in viewers.items()]
        large = act("pages", "show")
    yield max(found, key=lambda each: each.ratio)
    yield Measured("pages_memory", large.peak, small.peak, FLAT, "MiB", n)


@contextmanager
def seen(n: int) -> Iterator[dict[str, Person]]:
    """Give the viewers of a company of so many grants."""
    with company.of(n) as admin:
        admin.execute(
            "SELECT setval(pg_get_serial_sequence('governance_person', 'id'), max(id)) FROM governance_person"
        )
        yield {name: viewer(name, units) for name, units in kinds().items()}


def kinds() -> dict[str, Sequence[int]]:
    """Which units each kind of viewer was given."""
    teams = list(OrgUnit.objects.filter(parent__parent__isnull=False).order_by("pk").values_list("pk", flat=True))
    return {
        "two divisions": [2, 3],
        "one team": teams[:1],
        EVERYTHING: [1],
        "a tenth of the teams": teams[:: company.DIVISIONS // 2],
    }


def viewer(name: str, units: Sequence[int]) -> Person:
    """Somebody who may see these units."""
    person: Person = Person.objects.create(email=f"{name}@example.org", name=name, is_staff=True, unit_id=1)
    for unit in OrgUnit.objects.filter(pk__in=units):
        access.permit(who=person, unit=unit, right=Right.VIEW, actor=ACTOR)
    return person


def looked(name: str, person: Person) -> Measured:
    """Measure what one viewer's page asks for, and the look-up of the rows that it shows."""
    asked, keys = page(person)
    rows = Grant.objects.select_related("entitlement", "account__system").filter(pk__in=keys)
    ours = timed(asked)
    limit = timed([rows.query.sql_with_params()])
    say(f"{name}: {ours:.2f} ms, by keys {limit:.2f} ms, {len(asked)} statements")
    return Measured("pages", ours, limit, GOAL, "ms", len(keys))


def page(person: Person) -> tuple[list[Asked], list[int]]:
    """The statements about grants that the admin's list makes, and the keys of the rows that it shows."""
    asked: list[Asked] = []

    def listening(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        if 'FROM "governance_grant"' in statement:
            asked.append((statement, params))
        return execute(statement, params, many, context)

    request = RequestFactory().get(reverse("admin:governance_grant_changelist"))
    request.user = person
    with connection.execute_wrapper(listening):
        listed = site.get_model_admin(Grant).get_changelist_instance(request)
        keys = [row.pk for row in listed.result_list]
    return asked, keys


def show() -> int:
    """Read the page of who sees everything."""
    _, keys = page(Person.objects.get(name=EVERYTHING))
    return len(keys)


def timed(asked: Sequence[Asked]) -> float:
    """Return what asking takes, once, in milliseconds."""
    with connection.cursor() as cursor:

        def ask() -> None:
            for _ in range(AGAIN):
                for statement, params in asked:
                    cursor.execute(statement, params)
                    cursor.fetchall()

        ask()
        return median_ms(ask, before=lambda: None) / AGAIN
