"""Give a person or a group sight of a unit, or the right to govern or audit it; or take that back."""

from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from governance import access, ledger, registering
from governance.access import Right
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.management.naming import people_like, person_called, unit_called
from governance.models import OrgUnit, OrgUnitGroupPermission, OrgUnitUserPermission, Person

ACTOR = Actor.operator("permit")
MEANT = {
    Right.VIEW: "may see what is in this unit and below",
    Right.GOVERN: "is asked when nobody else is left, and decides there",
    Right.AUDIT: "may see it all, to check it",
}


class Command(BaseCommand):
    """Each option says one thing; with --withdraw all of them are taken back. What is so already is not written."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say who, and what."""
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--person", metavar="EMAIL")
        who.add_argument("--group", metavar="NAME")
        for right in Right:
            name = f"--{right.name.lower()}"
            parser.add_argument(name, action="append", default=[], metavar="UNIT", help=f"{MEANT[right]}; repeatable")
        parser.add_argument("--in", action="append", default=[], metavar="GROUP", help="puts the person into a group")
        parser.add_argument("--staff", action="store_true", help="the person may log in to the admin")
        parser.add_argument("--create-group", action="store_true", help="make a group that is missing")
        parser.add_argument("--withdraw", action="store_true", help="take back what is named")

    def handle(self, **options: Any) -> None:
        """Do all of it or nothing, and say what changed."""
        try:
            with transaction.atomic():
                said = list(self.done(options))
        except Invalid as refusal:
            raise CommandError(f"Nothing was changed: {refusal}") from refusal
        self.stdout.write("\n".join(said))

    def done(self, options: dict[str, Any]) -> list[str]:
        """Do what was asked; say each thing in a sentence. Raises Invalid."""
        give = not options["withdraw"]
        who = whom(options)
        asked = [(right, unit) for right in Right for unit in options[right.name.lower()]]
        if not (asked or options["in"] or options["staff"]):
            raise Invalid("nothing was asked for: say --view, --govern or --audit UNIT, --in GROUP, or --staff")
        units = [(right, unit_called(f"--{right.name.lower()}", path)) for right, path in asked]
        said = [on_unit(who, right, unit, give=give) for right, unit in units]
        if isinstance(who, Person):
            groups = [group_called("--in", name, make=options["create_group"] and give) for name in options["in"]]
            said += [in_group(who, group, give=give) for group in groups]
            said += [in_admin(who, give=give)] if options["staff"] else []
            said += what_is_missing(who, governs=any(right == Right.GOVERN for right, _ in asked)) if give else []
        return said


def whom(options: dict[str, Any]) -> Person | Group:
    """Who is meant. Raises Invalid."""
    if options["person"] is not None:
        return present(options["person"], give=not options["withdraw"])
    if options["in"] or options["staff"]:
        raise Invalid("--in and --staff are for a --person, not for a --group")
    return group_called("--group", options["group"], make=options["create_group"] and not options["withdraw"])


def present(email: str, *, give: bool) -> Person:
    """The person of this address. Raises Invalid for nobody, and where something is given to somebody who left."""
    try:
        person = person_called("--person", email)
    except Invalid as unknown:
        raise Invalid(f"{unknown}.{people_like(email)}") from unknown
    if give and not access.present(person):
        raise Invalid(f"--person {person.email} has left or may not log in; --withdraw takes back what they had")
    return person


def group_called(option: str, name: str, *, make: bool) -> Group:
    """The group of this name, made where that is wished for. Raises Invalid naming the groups that there are."""
    name = name.strip()
    group = Group.objects.filter(name=name).first()
    if group is not None:
        return group
    if not make or not name:
        there = ", ".join(Group.objects.order_by("name").values_list("name", flat=True)) or "none yet"
        raise Invalid(f"{option} {name!r} is unknown; there are: {there}; --create-group makes a new one")
    return Group.objects.create(name=name)


def on_unit(who: Person | Group, right: Right, unit: OrgUnit, *, give: bool) -> str:
    """Give or take back a right on a unit; say what became of it."""
    verb = right.name.lower()
    if has(who, right, unit) == give:
        return f"{who} may {verb} {unit} already." if give else f"{who} was never given that: {verb} {unit}."
    if give:
        access.permit(who=who, unit=unit, right=right, actor=ACTOR)
        return f"{who} may {verb} {unit} and all that lies below from now on."
    access.withdraw(who=who, unit=unit, right=right, actor=ACTOR)
    if isinstance(who, Person) and access.units_of(who, right).filter(descendant=unit).exists():
        return f"{who} was given it by more than this, and may still {verb} {unit}: by a group, or on a unit above."
    return f"{who} may not {verb} {unit} any more."


def has(who: Person | Group, right: Right, unit: OrgUnit) -> bool:
    """Whether exactly this was given: to them, on this unit."""
    this = {"content_object": unit, "permission__codename": right.value}
    if isinstance(who, Person):
        return OrgUnitUserPermission.objects.filter(user=who, **this).exists()
    return OrgUnitGroupPermission.objects.filter(group=who, **this).exists()


def in_group(person: Person, group: Group, *, give: bool) -> str:
    """Put a person into a group or take them out, and tell the ledger; say what became of it."""
    if person.groups.filter(pk=group.pk).exists() == give:
        return f"{person} is in {group} already." if give else f"{person} was not in {group}."
    person.groups.add(group) if give else person.groups.remove(group)
    act = Act.PERMISSION_GRANTED if give else Act.PERMISSION_WITHDRAWN
    ledger.record(act=act, actor=ACTOR, subjects=[person, group], body={"right": "member"})
    return f"{person} is in {group} from now on." if give else f"{person} is not in {group} any more."


def in_admin(person: Person, *, give: bool) -> str:
    """Let a person open the admin, or no longer; say what became of it."""
    changed = registering.set_staff(person=person, staff=give, actor=ACTOR)
    when = ("from now on" if give else "any more") if changed else ("already" if give else "anyhow")
    return f"{person} may{'' if give else ' not'} open the admin {when}."


def what_is_missing(person: Person, *, governs: bool) -> list[str]:
    """What is still to be done before they can work in the admin."""
    if governs and not person.is_staff:
        return ["They can't open the admin yet: --staff lets them."]
    if person.is_staff and not person.has_usable_password():
        return [f"They have no password yet: manage.py changepassword {person.email}"]
    return []
