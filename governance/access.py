"""
Who may see and govern what: the only door to guardian.

Sight is given to groups (or single people) on a few, long-lived units and reaches everything below. What carries a
unit, or hangs on something that does, follows by query: `unit = ANY(ARRAY(…))`, never a list of rows per person.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import TypeVar

from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Least
from guardian.shortcuts import assign_perm, remove_perm

from governance import ledger
from governance.ledger import Act, Actor
from governance.models import Employment, OrgUnit, OrgUnitClosure, Person, System
from governance.models import OrgUnitGroupPermission as OfGroup
from governance.models import OrgUnitUserPermission as OfPerson
from governance.once import FIRST, SECOND, Once

Row = TypeVar("Row", bound=models.Model)
SOMEBODY, SOMEWHERE = Person(pk=FIRST), OrgUnit(pk=SECOND)


class Right(StrEnum):
    """What can be given on a unit. To govern or to audit is to see as well."""

    VIEW = "view_orgunit"
    GOVERN = "govern_orgunit"
    AUDIT = "audit_orgunit"


# Where each noun's unit is found; a noun that is not here is nobody's to see, but for superusers.
PATHS: Mapping[str, str] = {
    "governance.Account": "system__unit",
    "governance.ActionUse": "grant__unit",
    "governance.Agent": "unit",
    "governance.Claim": "agent__unit",
    "governance.Coverage": "system__unit",
    "governance.Credential": "account__system__unit",
    "governance.Disclaimer": "account__system__unit",
    "governance.Entitlement": "system__unit",
    "governance.Finding": "unit",
    "governance.Grant": "unit",
    "governance.GrantDue": "grant__unit",
    "governance.GrantUse": "grant__unit",
    "governance.Lease": "grant__unit",
    "governance.OrgUnit": "id",
    "governance.Ownership": "agent__unit",
    "governance.Person": "unit",
    "governance.Probe": "system__unit",
    "governance.Run": "agent__unit",
    "governance.Source": "system__unit",
    "governance.SourceToken": "source__system__unit",
    "governance.SyncRun": "system__unit",
    "governance.System": "unit",
    "governance.UsageIntake": "source__system__unit",
    "reviews.Answer": "item__review__unit",
    "reviews.Assignment": "review__unit",
    "reviews.Attempt": "remediation__system__unit",
    "reviews.Decision": "item__review__unit",
    "reviews.Hold": "system__unit",
    "reviews.Item": "review__unit",
    "reviews.Remediation": "system__unit",
    "reviews.Review": "unit",
    "reviews.Undo": "decision__item__review__unit",
}
# Seen as a whole or not at all: by whoever governs or audits the whole organisation.
WHOLE = {
    "governance.Checkpoint",
    "governance.Entry",
    "governance.Epoch",
    "governance.Leaf",
    "governance.Organisation",
    "governance.Policy",
    "reviews.Attestation",
    "reviews.Campaign",
    "reviews.Workspace",
}


def visible(queryset: QuerySet[Row], *, to: Person, also: Q | None = None) -> QuerySet[Row]:
    """
    Narrow rows to those that a person may see.

    `also` adds what the person may see for another reason, such as an open assignment; it counts for active people.
    A superuser sees everything; somebody who left or may not log in sees nothing.
    """
    if not present(to):
        return queryset.none()
    if to.is_superuser:
        return queryset
    seen = seen_in(queryset.model, to)
    return queryset.filter(seen if also is None else seen | also)


def seen_in(model: type[models.Model], person: Person) -> Q:
    """Say which rows of a model a person sees by the units that they were given."""
    label = model._meta.label
    if label in WHOLE and oversees_all(person):
        return ~Q(pk=None)
    if label not in PATHS:
        return Q(pk__in=[])
    return Q(**{f"{PATHS[label]}__any_of": units_seen(person)})


def units_seen(person: Person) -> RawSQL:
    """Return the keys of the units in which a person sees anything, as an array."""
    return UNITS_SEEN.within(person.pk, wrapped="ARRAY({})", output=ArrayField(models.BigIntegerField()))


def units_of(person: Person, *rights: Right) -> QuerySet[OrgUnitClosure, int]:
    """Return the keys of the units on which a person has one of these rights, there or above."""
    return OrgUnitClosure.objects.filter(given_to(person, rights)).values_list("descendant_id", flat=True)


def given_to(person: Person, rights: tuple[Right, ...]) -> Q:
    """Say on which ancestors a person, or a group of theirs, has one of these rights."""
    own = OfPerson.objects.filter(user=person, permission__codename__in=rights)
    by_group = OfGroup.objects.filter(group__user=person, permission__codename__in=rights)
    return Q(ancestor__in=own.values("content_object")) | Q(ancestor__in=by_group.values("content_object"))


def sees_some(person: Person) -> bool:
    """Whether a person may see anything by right, and not only what they are asked or answer for."""
    return person.is_superuser or units_of(person, *Right).exists()


def oversees_all(person: Person) -> bool:
    """Whether a person governs or audits the whole organisation."""
    return holds_all(person, Right.GOVERN, Right.AUDIT)


def governs_all(person: Person) -> bool:
    """Whether a person governs the whole organisation."""
    return holds_all(person, Right.GOVERN)


def holds_all(person: Person, *rights: Right) -> bool:
    """Whether a person is a superuser, or has one of these rights on every unit that lies in no other."""
    if person.is_superuser or not present(person):
        return present(person)
    held = tops_held(rights).answers(person.pk)
    return bool(held) and all(held)


@cache
def tops_held(rights: tuple[Right, ...]) -> Once:
    """Ask of each unit that lies in no other whether SOMEBODY has one of these rights on it."""
    this = {"permission__codename__in": rights, "content_object": OuterRef("pk")}  # there is nothing above
    own, by_group = OfPerson.objects.filter(user=SOMEBODY, **this), OfGroup.objects.filter(group__user=SOMEBODY, **this)
    given = ExpressionWrapper(Exists(own) | Exists(by_group), BooleanField())
    return Once(lambda: OrgUnit.objects.filter(parent=None).values_list(given, flat=True))


def governed_by(person: Person) -> QuerySet[OrgUnit]:
    """Return the units that a person may govern."""
    if not present(person):
        return OrgUnit.objects.none()
    return (
        OrgUnit.objects.all() if person.is_superuser else OrgUnit.objects.filter(pk__in=units_of(person, Right.GOVERN))
    )


def governors(unit: OrgUnit) -> QuerySet[Person]:
    """
    Return who may govern a unit, given on it or on one above, by group or person: the nearest first, then by key.

    People who left or may not log in are not among them; whether somebody is away is for the caller to ask (`able`).
    """
    this = {"permission__codename": Right.GOVERN, "content_object__below__descendant": unit}
    nearest = Min("content_object__below__depth")
    own = OfPerson.objects.filter(user=OuterRef("pk"), **this).values("user")
    by_group = OfGroup.objects.filter(group__user=OuterRef("pk"), **this).values("group__user")
    depths = [Subquery(each.annotate(depth=nearest).values("depth")) for each in (own, by_group)]
    people: QuerySet[Person] = Person.objects.filter(is_active=True).exclude(employment=Employment.LEFT)
    return people.annotate(nearness=Least(*depths)).exclude(nearness=None).order_by("nearness", "pk")


def governing() -> QuerySet[Person]:
    """Return who may govern any unit, given by group or person; without people who left or may not log in."""
    this = {"permission__codename": Right.GOVERN}
    given = Q(pk__in=OfPerson.objects.filter(**this).values("user"))
    given |= Q(groups__in=OfGroup.objects.filter(**this).values("group"))
    people: QuerySet[Person] = Person.objects.filter(given, is_active=True).exclude(employment=Employment.LEFT)
    return people.distinct()


def may_govern(person: Person, unit: OrgUnit) -> bool:
    """Whether a person may govern a unit: a superuser, or one of its governors."""
    if person.is_superuser or not present(person):
        return present(person)
    return bool(GOVERNS.answers(person.pk, unit.pk))


def may_steer(person: Person, system: System) -> bool:
    """Whether a person decides about reads of a system: its owner, or who governs its unit."""
    return (system.owner_id == person.pk and present(person)) or may_govern(person, system.unit)


def present(person: Person) -> bool:
    """Whether a person may see anything at all."""
    return person.is_active and person.employment != Employment.LEFT


def permit(*, who: Person | Group, unit: OrgUnit, right: Right, actor: Actor) -> None:
    """Give a person or a group a right on a unit and all that lies below."""
    with transaction.atomic():
        assign_perm(right.value, who, unit)
        record(Act.PERMISSION_GRANTED, who, unit, right, actor)


def withdraw(*, who: Person | Group, unit: OrgUnit, right: Right, actor: Actor) -> None:
    """Take that right back."""
    with transaction.atomic():
        remove_perm(right.value, who, unit)
        record(Act.PERMISSION_WITHDRAWN, who, unit, right, actor)


def record(act: Act, who: Person | Group, unit: OrgUnit, right: Right, actor: Actor) -> None:
    """Tell the ledger."""
    ledger.record(act=act, actor=actor, subjects=[who, unit], body={"right": right.value})


# asked on every page, or at every click
UNITS_SEEN = Once(lambda: units_of(SOMEBODY, *Right))
GOVERNS = Once(lambda: governors(SOMEWHERE).order_by().filter(pk=SOMEBODY.pk).values_list("pk", flat=True)[:1])
