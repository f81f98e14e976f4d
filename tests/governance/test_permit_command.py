"""`manage.py permit`: who may see, govern and audit what, and who may open the admin."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import CommandError

from governance import access
from governance.access import Right
from governance.models import Agent, Entry, Person
from tests.factories import AgentFactory, GroupFactory, OrgUnitFactory, PersonFactory
from tests.governance.commands import run, written


@pytest.fixture
def air():
    return OrgUnitFactory(name="Air")


@pytest.fixture
def operations(air):
    return OrgUnitFactory(name="Operations", parent=air)


@pytest.fixture
def priya(air):
    return PersonFactory(email="priya@a.example", name="Priya", unit=air)


def permit(*arguments):
    code, said = run("permit", *arguments)
    assert code == 0
    return said


def told():
    return list(Entry.objects.order_by("id").values_list("act", "body__right"))


@pytest.mark.django_db
def test_a_person_governs_a_unit_and_all_below(air, operations, priya):
    said = permit("--person", "Priya@A.example", "--govern", "Air")
    assert "Priya <priya@a.example> may govern Air and all that lies below from now on." in said
    assert "They can't open the admin yet: --staff lets them." in said
    assert list(access.governors(operations)) == [priya]
    entry = Entry.objects.get()
    assert (entry.actor_kind, entry.actor_id) == ("operator", "permit")


@pytest.mark.django_db
def test_several_things_are_given_at_once(air, operations, priya):
    permit("--person", priya.email, "--audit", "Air", "--view", "Air / Operations", "--view", "Air", "--staff")
    assert told() == [
        ("permission.granted", "view_orgunit"),
        ("permission.granted", "view_orgunit"),
        ("permission.granted", "audit_orgunit"),
        ("person.changed", None),
    ]
    assert access.oversees_all(priya)


@pytest.mark.django_db
def test_the_same_again_writes_nothing(air, priya):
    order = ("--person", priya.email, "--govern", "Air", "--in", "leads", "--staff", "--create-group")
    permit(*order)
    before = told()
    said = permit(*order)
    assert told() == before
    assert [line.rpartition(" ")[2] for line in said.splitlines()[:3]] == ["already."] * 3


@pytest.mark.django_db
def test_what_was_given_is_taken_back_and_twice_is_no_harm(air, priya):
    order = ("--person", priya.email, "--govern", "Air", "--in", "leads", "--staff")
    permit(*order, "--create-group")
    assert "may not govern Air any more" in permit(*order, "--withdraw")
    priya.refresh_from_db()
    assert (list(access.governors(air)), priya.is_staff, list(priya.groups.all())) == ([], False, [])
    before = told()
    said = permit(*order, "--withdraw")
    assert "was never given that: govern Air" in said
    assert "may not open the admin anyhow" in said
    assert told() == before


@pytest.mark.django_db
def test_it_says_where_somebody_still_may(air, operations, priya):
    for unit in ("Air", "Operations"):
        permit("--person", priya.email, "--govern", unit)
    said = permit("--person", priya.email, "--govern", "Operations", "--withdraw")
    assert said.strip() == "Priya <priya@a.example> may still govern Operations: they may govern Air."
    assert access.may_govern(priya, operations)


@pytest.mark.django_db
def test_who_governs_or_audits_still_sees_and_it_says_so(air, operations, priya):
    permit("--person", priya.email, "--view", "Operations", "--govern", "Operations")
    permit("--person", priya.email, "--audit", "Air", "--in", "leads", "--create-group")
    permit("--group", "leads", "--govern", "Air")
    assert permit("--person", priya.email, "--view", "Operations", "--withdraw").strip() == (
        "Priya <priya@a.example> may still view Operations: they may govern Operations, and they may audit Air,"
        " and they may govern Air as a member of leads."
    )
    assert "was never given that: view Air, and may view it all the same: they may audit Air, and" in permit(
        "--person", priya.email, "--view", "Air", "--withdraw"
    )


@pytest.mark.django_db
def test_who_loses_a_right_and_still_sees_is_told_so(air, operations, priya):
    permit("--person", priya.email, "--govern", "Operations", "--audit", "Air")
    said = permit("--person", priya.email, "--govern", "Operations", "--withdraw")
    assert "may not govern Operations any more, but still view it: they may audit Air." in said
    assert not access.may_govern(priya, operations)


@pytest.mark.django_db
def test_what_one_option_leaves_and_another_takes_is_not_said_to_remain(air, operations, priya):
    order = ("--person", priya.email, "--view", "Operations", "--govern", "Air", "--in", "leads")
    permit(*order, "--create-group")
    permit("--group", "leads", "--audit", "Air")
    assert permit(*order, "--withdraw").splitlines() == [
        "Priya <priya@a.example> may not view Operations any more.",
        "Priya <priya@a.example> may not govern Air any more.",
        "Priya <priya@a.example> is not in leads any more.",
    ]
    assert not access.units_of(priya, *Right).exists()


@pytest.mark.django_db
def test_what_a_group_and_a_superuser_may_still_do_is_said(air, operations):
    permit("--group", "leads", "--view", "Operations", "--govern", "Air", "--create-group")
    said = permit("--group", "leads", "--view", "Operations", "--withdraw")
    assert said.strip() == "leads may still view Operations: they may govern Air."
    root = PersonFactory(is_superuser=True)
    permit("--person", root.email, "--view", "Air")
    assert "may still view Air: they are a superuser." in permit("--person", root.email, "--view", "Air", "--withdraw")


@pytest.mark.django_db
def test_who_left_keeps_nothing(air, priya):
    permit("--person", priya.email, "--view", "Air", "--govern", "Air")
    Person.objects.update(employment="left", is_active=False)
    assert "may not view Air any more." in permit("--person", priya.email, "--view", "Air", "--withdraw")


@pytest.mark.django_db
def test_a_group_gives_what_it_has_to_its_members(air, priya):
    permit("--group", "leads", "--govern", "Air", "--create-group")
    assert not access.governors(air).exists()
    assert "is in leads from now on" in permit("--person", priya.email, "--in", "leads")
    assert list(access.governors(air)) == [priya]
    assert told() == [("permission.granted", "govern_orgunit"), ("permission.granted", "member")]
    permit("--group", "leads", "--govern", "Air", "--withdraw")
    assert not access.governors(air).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("--person pria@a.example --view Air", "--person 'pria@a.example' is nobody .*Did you mean priya@a.example"),
        ("--person zzz --view Air", r"--person 'zzz' is nobody we know; import_people makes people known\.$"),
        ("--person gone@a.example --view Air", "--person gone@a.example has left"),
        ("--person priya@a.example --govern Sea", "--govern 'Sea' is unknown; there are: Air, Operations"),
        ("--person priya@a.example --govern Sea/Operations", "--govern 'Sea' is unknown"),
        ("--person priya@a.example --govern Operations/Air", "'Operations/Air': Air lies in no other unit"),
        ("--person priya@a.example --govern Air --in lads", "--in 'lads' is unknown; there are: leads; --create-group"),
        ("--person priya@a.example", "nothing was asked for: say --view"),
        ("--group lads --view Air", "--group 'lads' is unknown; there are: leads"),
        ("--group leads --view Air --staff", "--in and --staff are for a --person"),
        ("--view Air", "one of the arguments --person --group is required"),
    ],
)
def test_a_refusal_names_the_argument_and_the_fix_and_changes_nothing(operations, priya, order, reason):
    GroupFactory(name="leads")
    PersonFactory(email="gone@a.example", employment="left", is_active=False)
    with pytest.raises(CommandError, match=reason):
        run("permit", *order.split())
    assert not Entry.objects.exists()
    assert Group.objects.count() == 1


@pytest.mark.django_db
def test_what_somebody_had_who_left_can_be_taken_back(air):
    gone = PersonFactory(employment="left", is_active=False, is_staff=True)
    permit("--person", gone.email, "--staff", "--withdraw")
    assert not Person.objects.get(pk=gone.pk).is_staff


@pytest.mark.django_db
def test_where_no_unit_is_known_it_says_so():
    person = PersonFactory(unit=None)
    with pytest.raises(CommandError, match="there are: none yet; import people first"):
        run("permit", "--person", person.email, "--view", "Air")


def test_an_operator_makes_a_governance_lead_who_can_log_in(committed, client, tmp_path):
    people = written(tmp_path, "email,name,unit", "priya@a.example,Priya,Air")
    run("import_people", people)
    _, said = run("permit", "--person", "priya@a.example", "--govern", "Air", "--staff")
    assert "They have no password yet: manage.py changepassword priya@a.example" in said
    priya = Person.objects.get()
    assert list(access.governors(priya.unit)) == [priya]
    word = "sufficiently-long-9"
    manage("changepassword", "priya@a.example", typed=f"{word}\n{word}\n")
    AgentFactory(unit=priya.unit, name="rebooking")
    log_in = client.get("/admin/", follow=True).redirect_chain[-1][0]
    page = client.post(log_in, {"username": "priya@a.example", "password": word}, follow=True)
    assert page.redirect_chain[-1][0] == "/admin/queue/"
    assert "rebooking" in client.get("/admin/governance/agent/").text
    assert access.visible(Agent.objects.all(), to=priya).exists()
    assert access.units_of(priya, Right.GOVERN).exists()


def manage(*arguments, typed=""):
    """Run manage.py as a process of its own, without a terminal: passwords are read from what is typed."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env=os.environ,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
