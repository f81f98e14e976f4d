"""The first day in a browser: a password by a link, a system connected, tried and read, people imported."""

import re
from base64 import b64encode

import pytest
from django.core.management import call_command
from django.db import transaction

from config.environment import entries_of
from governance import access, probing, syncing
from governance.access import Right
from governance.ledger import Actor
from governance.models import OrgUnit, Person, Probe, System
from tests.admin.world import staff
from tests.browser.test_admin import PASSWORD, fits, seen
from tests.connectors import clusters, company
from tests.factories import OrgUnitFactory, PolicyFactory

KEYS = ("COUNTERSIGN_SECRET_KEY", "COUNTERSIGN_ENCRYPTION_KEYS", "LEDGER_SIGNING_KEY_FILE", "LEDGER_VKEY")


@pytest.fixture
def airline(cluster_of):
    """A database of somebody's, with a log-in that may log in and nothing else."""
    with company.with_a_reader(cluster_of(*clusters.NEWEST)) as founded:
        yield founded


@pytest.fixture
def lead(committed, settings):
    settings.ENCRYPTION_KEYS = {"k1": b64encode(bytes(32)).decode()}
    with transaction.atomic():
        PolicyFactory()
        lead = staff("lead", OrgUnitFactory(name="Operations"), time_zone="Europe/Copenhagen")
        for root in OrgUnit.objects.filter(parent=None):
            access.permit(who=lead, unit=root, right=Right.GOVERN, actor=Actor.operator("test"))
    return lead


@pytest.fixture
def inside(lead, page, enter):
    """Logged in as who governs all."""
    enter(lead)
    return page


def fill(page, airline, **more):
    """Fill the form in."""
    admin = airline.admin
    given = {
        "Short name": "air",
        "Name": "Reservations",
        "Owner": "lead@staff.example",
        "Host": admin["host"],
        "Port": str(admin["port"]),
        "User": "scanner",
        "Password": company.PASSWORD,
        "Databases": airline.database,
    }
    for label, text in (given | more).items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("Unit", exact=True).select_option(label="Operations")


@pytest.fixture
def form(inside):
    """Before the form by which a system is connected."""
    inside.goto("/admin/governance/system/")
    inside.get_by_role("link", name="Connect a system…").click()
    inside.get_by_role("link", name="PostgreSQL…").click()
    inside.wait_for_url("**/connect/postgresql/")
    return inside


@pytest.fixture
def connected(form, airline):
    """On the page of a system that was connected just now."""
    fill(form, airline)
    form.keyboard.press("Tab")
    form.get_by_role("button", name="Connect it").click()
    form.wait_for_url(re.compile(r"/governance/system/\d+/change/"))
    return form


def test_a_form_that_is_refused_keeps_all_but_secrets(form, airline, shot):
    for scheme in ("light", "dark"):
        seen(form, form.url, scheme)
        fits(form, shot, f"system-connect-{scheme}")
    fill(form, airline, Port="0")
    form.get_by_role("button", name="Connect it").click()
    form.get_by_text("Secrets are not kept").wait_for()
    assert form.get_by_label("Host", exact=True).input_value() == airline.admin["host"]
    assert form.get_by_label("Password", exact=True).input_value() == ""
    assert form.locator("[autofocus]").get_attribute("name") == "config.port"
    fits(form, shot, "system-connect-refused")


def test_the_page_follows_the_try_and_the_first_read_by_itself(connected, shot):
    connected.get_by_text("It is being tried.").wait_for()
    connected.get_by_text("The first read begins within a minute.").wait_for()
    assert probing.probe_waiting() == 1
    connected.get_by_text("It can be read, as").wait_for()
    connected.get_by_text("cannot act as the grantor air_owner").first.wait_for()
    system = System.objects.get()
    begun = {"cursor": "7", "pages": 1, "rows": 1000, "complete": False, "left_out": {}}
    run = system.sync_runs.create(started_at=system.next_at, streams={"principals": begun})
    connected.get_by_text("The first read goes on.").wait_for()
    fits(connected, shot, "system-reading")
    run.delete()
    assert syncing.sync_due() == 1
    connected.get_by_text("Next read due").wait_for()
    connected.locator(".words").get_by_text("grants directly.").wait_for()  # it comes with the rest, without a reload
    for scheme in ("light", "dark"):
        seen(connected, connected.url, scheme)
        assert "grants directly." in connected.locator(".words").inner_text()
        fits(connected, shot, f"system-{scheme}")


def test_a_change_that_the_system_refuses_is_said_on_its_page(connected, airline, shot):
    probing.probe_waiting()
    connected.get_by_role("link", name="Change it…").click()
    assert connected.get_by_label("Password", exact=True).get_attribute("placeholder") == "stored, not shown"
    connected.get_by_label("Databases", exact=True).fill(f"{airline.database}\nnowhere")
    connected.get_by_role("button", name="Change Reservations").click()
    connected.wait_for_url(re.compile(r"/change/$"))
    probing.probe_waiting()
    connected.get_by_text("The configuration is wrong.").wait_for()
    assert Probe.objects.latest("pk").ok is False
    fits(connected, shot, "system-refused")


def test_people_are_imported_after_a_look(inside, shot):
    inside.goto("/admin/import/")
    inside.get_by_label("Or its text").fill("email,name,manager\nada@a.example,Ada,bob@a.example\nnobody,N,\n")
    inside.get_by_role("button", name="See what would change").click()
    inside.get_by_text("Line 3, nobody").wait_for()
    for scheme in ("light", "dark"):
        inside.emulate_media(color_scheme=scheme)
        fits(inside, shot, f"import-{scheme}")
    people = b"email,name,manager\nada@a.example,Ada,bob@a.example\nbob@a.example,Bob,\n"
    inside.get_by_label("A file").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": people})
    inside.get_by_role("button", name="See what would change").click()
    inside.get_by_role("button", name="Take 2 lines in").click()
    inside.get_by_text("2 new, 0 changed").wait_for()
    assert Person.objects.get(email="ada@a.example").manager.name == "Bob"


@pytest.fixture
def link(live_server, tmp_path, settings, monkeypatch, capsys):
    """The link that setup gives its first administrator."""
    for name in (*KEYS, "LEDGER_ORIGIN"):
        monkeypatch.delenv(name, raising=False)
    settings.BASE_URL = live_server.url
    call_command(
        "setup",
        *("--organisation=Meridian Air", "--admin=priya@a.example", "--admin-name=Priya Raman"),
        *("--origin=a.example/ledger", f"--env={tmp_path / 'environment'}"),
    )
    settings.SECRET_KEY = entries_of(tmp_path / "environment")["COUNTERSIGN_SECRET_KEY"]
    [found] = re.findall(r"^http\S+/welcome/\S+$", capsys.readouterr().out, re.MULTILINE)
    return found


def test_the_first_administrator_sets_a_password_by_a_link(link, page, shot):
    page.goto(link)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        shot(f"welcome-{width}")
    page.get_by_label("New password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    page.get_by_text("Your password is set. Log in with it.").wait_for()
    page.get_by_label("Email").fill("priya@a.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/queue/")
