"""Give a person or a group sight of a unit, or the right to govern or audit it; or take that back."""

from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from governance import access, ledger, registering
from governance.access import Right
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.models import OrgUnit, OrgUnitGroupPermission, OrgUnitUserPermission, Person
from governance.registering.naming import people_like, person_called, unit_called

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
        changed = [set_on_unit(who, right, unit, give=give) for right, unit in units]
        said = []
        if isinstance(who, Person):
            groups = [group_called("--in", name, make=options["create_group"] and give) for name in options["in"]]
            said += [in_group(who, group, give=give) for group in groups]
            said += [in_admin(who, give=give)] if options["staff"] else []
            said += what_is_missing(who, governs=any(right == Right.GOVERN for right, _ in asked)) if give else []
        # said after all is done: what one option takes back, another may have left
        tell = given if give else taken
        return [tell(who, right, unit, new=new) for (right, unit), new in zip(units, changed, strict=True)] + said


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


def set_on_unit(who: Person | Group, right: Right, unit: OrgUnit, *, give: bool) -> bool:
    """Give or take back a right on a unit; return whether that changed anything."""
    if has(who, right, unit) == give:
        return False
    act = access.permit if give else access.withdraw
    act(who=who, unit=unit, right=right, actor=ACTOR)
    return True


def given(who: Person | Group, right: Right, unit: OrgUnit, *, new: bool) -> str:
    """Say that a right is there, and whether it is new."""
    return f"{who} may {word(right)} {unit} " + ("and all that lies below from now on." if new else "already.")


def taken(who: Person | Group, right: Right, unit: OrgUnit, *, new: bool) -> str:
    """Say that a right is not given here any more, and what they may do all the same, and why."""
    left = remaining(who, unit)
    same = [why for each, why in left if right in {each, Right.VIEW}]
    if not new:
        all_the_same = f", and may {word(right)} it all the same: {listed(same)}" if same else ""
        return f"{who} was never given that: {word(right)} {unit}{all_the_same}."
    if same:
        return f"{who} may still {word(right)} {unit}: {listed(same)}."
    sight = f", but still view it: {listed([why for _, why in left])}" if left else ""
    return f"{who} may not {word(right)} {unit} any more{sight}."


def remaining(who: Person | Group, unit: OrgUnit) -> list[tuple[Right, str]]:
    """Every right that they have on a unit now, there or above, each with why; each of them is sight as well."""
    here = {"content_object__below__descendant": unit, "permission__codename__in": list(Right)}
    if isinstance(who, Group):
        return [(right_of(each), may(each)) for each in OrgUnitGroupPermission.objects.filter(group=who, **here)]
    if not access.present(who):
        return []
    own = OrgUnitUserPermission.objects.filter(user=who, **here).order_by("pk")
    by_group = OrgUnitGroupPermission.objects.filter(group__user=who, **here).order_by("pk")
    above_all = [(right, "they are a superuser") for right in Right] if who.is_superuser else []
    as_members = [(right_of(each), f"{may(each)} as a member of {each.group}") for each in by_group]
    return above_all + [(right_of(each), may(each)) for each in own] + as_members


def right_of(row: OrgUnitUserPermission | OrgUnitGroupPermission) -> Right:
    """Which right was given."""
    return Right(row.permission.codename)


def may(row: OrgUnitUserPermission | OrgUnitGroupPermission) -> str:
    """Say what was given where."""
    return f"they may {word(right_of(row))} {row.content_object}"


def word(right: Right) -> str:
    """A right as a verb."""
    return right.name.lower()


def listed(reasons: list[str]) -> str:
    """Reasons in one sentence, each once."""
    return ", and ".join(dict.fromkeys(reasons))


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
