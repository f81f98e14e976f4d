"""Systems in the admin: connected and changed by a form, tried, and read."""

import re
from base64 import b64encode

import pytest
from django.test import Client

from governance import access, connecting
from governance.access import Right
from governance.ledger import Actor
from governance.models import Entry, OrgUnit, Probe, System, SystemSecret
from tests.admin.world import staff
from tests.factories import OrgUnitFactory, PersonFactory, PolicyFactory, SystemFactory

pytestmark = pytest.mark.django_db
NEW = "/admin/governance/system/connect/postgresql/"


@pytest.fixture(autouse=True)
def keys(settings):
    settings.ENCRYPTION_KEYS = {"k1": b64encode(bytes(32)).decode()}
    PolicyFactory()


@pytest.fixture
def unit():
    return OrgUnitFactory(name="operations")


@pytest.fixture
def governor(unit):
    return staff("governor", unit)


@pytest.fixture
def client(governor):
    client = Client()
    client.force_login(governor)
    return client


@pytest.fixture
def given(unit, governor):
    """What is filled in to connect a system."""
    return {
        "slug": "air",
        "name": "Air",
        "owner": governor.email,
        "unit": unit.pk,
        "config.host": "db.example",
        "config.user": "reader",
        "config.password": "correct horse",
        "config.databases": "air\nsea",
        "config.port": "5432",
        "config.sslmode": "prefer",
        "config.connect_timeout": "10",
        "config.statement_timeout": "60",
    }


def page_of(system, action="change"):
    return f"/admin/governance/system/{system.pk}/{action}/"


@pytest.fixture
def air(client, given):
    client.post(NEW, given)
    return System.objects.get()


def test_the_list_leads_to_the_form(client):
    assert 'href="/admin/governance/system/connect/"' in client.get("/admin/governance/system/").content.decode()
    kinds = client.get("/admin/governance/system/connect/").content.decode()
    assert f'href="{NEW}"' in kinds
    assert "AWS IAM…" in kinds
    page = client.get(NEW).content.decode()
    assert "CONNECT on every listed database" in page, "what the credential needs stands beside it"
    assert client.get("/admin/governance/system/connect/abacus/").status_code == 404


def test_who_governs_nothing_finds_no_form(unit):
    client = Client()
    client.force_login(staff("viewer", unit, right=Right.VIEW))
    assert "Connect a system" not in client.get("/admin/governance/system/").content.decode()
    assert client.get(NEW).status_code == 404
    assert client.post(NEW, {}).status_code == 404


def test_a_system_is_connected_tried_and_read(client, given, governor, unit, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as hints:
        answer = client.post(NEW, given)
    system = System.objects.get()
    assert answer["Location"] == page_of(system)
    assert (system.slug, system.owner, system.unit) == ("air", governor, unit)
    assert system.config == {"host": "db.example", "user": "reader", "databases": ["air", "sea"]}
    assert connecting.unseal(SystemSecret.objects.get()) == "correct horse"
    assert Probe.objects.get().asked_by == governor
    assert [each.args[0] for each in hints] == ["governance.tasks.probe_systems", "governance.tasks.sync_systems"]
    entry = Entry.objects.get(act="system.connected")
    assert (entry.actor_kind, entry.actor_id) == ("person", str(governor.pk))
    page = client.get(page_of(system)).content.decode()
    assert "It is being tried." in page
    assert "The first read begins within a minute." in page
    assert "correct horse" not in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"slug": "a b"}, "Enter a valid"),
        ({"slug": ""}, "Short name is missing."),
        ({"name": ""}, "Name is missing."),
        ({"owner": "nobody@a.example"}, "Nobody whom you may see has the address nobody@a.example"),
        ({"owner": ""}, "Owner is missing"),
        ({"unit": ""}, "Unit is missing"),
        ({"unit": "999999"}, "Select a valid choice"),
        ({"config.host": ""}, "Host is missing."),
        ({"config.port": "many"}, "Enter a whole number."),
        ({"config.port": "0"}, "greater than or equal to 1"),
        ({"config.databases": " \n"}, "Databases is missing."),
        ({"config.password": ""}, "Password is missing."),
        ({"config.password": "env:COUNTERSIGN_SECRET_KEY"}, "an operator alone"),
        ({"config.host": "env:DATABASE_URL"}, "env:NAME is for secrets"),
        ({"config.canary.role": "r"}, "Canary: entitlement is missing"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(client, given, wrong, said):
    page = client.post(NEW, given | wrong).content.decode()
    [name] = wrong
    field = page.split(f'name="{name}"')[1] if "canary" not in name else page
    assert said in field.split('<div class="field')[0] or "canary" in name, "at its field"
    assert said in page
    assert not System.objects.exists()
    for kept in set(given) - {name, "unit", "config.password", "config.databases", "config.sslmode"}:
        assert re.search(rf'name="{re.escape(kept)}"[^>]*value="{re.escape(str(given[kept]))}"', page) or re.search(
            rf'value="{re.escape(str(given[kept]))}"[^>]*name="{re.escape(kept)}"', page
        ), kept
    assert "correct horse" not in page
    assert "Secrets are not kept" in page


def test_somebody_of_another_unit_is_neither_offered_nor_named(client, given):
    PersonFactory(email="far@a.example", name="Far Away")
    assert "Far Away" not in client.get(NEW).content.decode()
    page = client.post(NEW, given | {"owner": "far@a.example"}).content.decode()
    assert "Nobody whom you may see" in page
    assert "Far Away" not in page


def test_a_short_name_is_taken_once(client, given, air):
    for taken, said in (({"name": "Another"}, "&#x27;air&#x27;"), ({"slug": "sea"}, "called &#x27;Air&#x27;")):
        page = client.post(NEW, given | taken | {"config.password": "other"}).content.decode()
        [field] = {"slug", "name"} - taken.keys()
        assert f"There is a system {said} already." in page.split(f'name="{field}"')[1].split('<div class="field')[0]
    assert connecting.unseal(SystemSecret.objects.get()) == "correct horse"


def test_it_is_changed_and_its_secret_stays_unless_given(client, given, air):
    page = client.get(page_of(air, "edit")).content.decode()
    assert 'placeholder="stored, not shown"' in page
    assert 'name="slug"' not in page
    changed = {name: value for name, value in given.items() if name not in {"slug", "config.password"}}
    client.post(page_of(air, "edit"), changed | {"name": "Airline", "config.databases": "air"})
    air.refresh_from_db()
    assert (air.slug, air.name, air.config["databases"]) == ("air", "Airline", ["air"])
    assert connecting.unseal(SystemSecret.objects.get()) == "correct horse"
    assert Entry.objects.get(act="system.changed").body["changed"] == ["name", "config"]


def test_what_nobody_changed_is_not_written(client, given, air):
    before = Entry.objects.count()
    same = {name: value for name, value in given.items() if name not in {"slug", "config.password"}}
    assert client.post(page_of(air, "edit"), same).status_code == 302
    assert Entry.objects.count() == before


def test_where_a_secret_goes_is_changed_by_who_knows_it(client, given, air):
    moved = {name: value for name, value in given.items() if name not in {"slug", "config.password"}}
    page = client.post(page_of(air, "edit"), moved | {"config.host": "evil.example"}).content.decode()
    assert "Give password again: host decides where it is sent." in page
    assert 'value="evil.example"' in page
    air.refresh_from_db()
    assert air.config["host"] == "db.example"
    client.post(page_of(air, "edit"), moved | {"config.host": "new.example", "config.password": "known"})
    assert connecting.unseal(SystemSecret.objects.get()) == "known"


def test_a_system_that_one_only_sees_is_not_changed(unit, given):
    system = SystemFactory(unit=unit)
    client = Client()
    client.force_login(staff("viewer", unit, right=Right.VIEW))
    page = client.get(page_of(system)).content.decode()
    assert "Change it" not in page
    assert "Check the credential" not in page
    assert client.post(page_of(system, "edit"), given).status_code == 404
    for verb in ("probe", "read"):
        client.post(page_of(system, verb))
        said = client.get(page_of(system)).content.decode()
        assert "who governs operations, can have it" in said
    assert not Probe.objects.exists()


def test_its_owner_has_it_tried_and_read_without_governing(unit, django_capture_on_commit_callbacks):
    owner = staff("owner", unit, right=Right.VIEW)
    system = SystemFactory(unit=unit, owner=owner)
    client = Client()
    client.force_login(owner)
    with django_capture_on_commit_callbacks() as hints:
        assert client.post(page_of(system, "probe"))["Location"] == page_of(system)
        client.post(page_of(system, "read"))
    assert Probe.objects.get().asked_by == owner
    assert [each.args[0] for each in hints] == ["governance.tasks.probe_systems", "governance.tasks.sync_systems"]
    assert client.get(page_of(system, "edit")).status_code == 404


def test_the_page_says_what_is_missing_and_what_the_credential_may(client, air, governor):
    Probe.objects.update(
        ok=True,
        ended_at=air.next_at,
        identity="reader",
        server_version="18.1",
        capabilities={
            "function": ["entitlements", "grants", "verify_effective"],
            "table": ["entitlements", "grants", "verify_effective"],
            "role": ["principals"],
        },
        warnings=["function: cannot act as the grantor <boss>"],
    )
    page = client.get(page_of(air)).content.decode()
    assert "It can be read, as <b>reader</b>, in version 18.1." in page
    assert "function: cannot act as the grantor &lt;boss&gt;" in page
    assert '<td data-label="Type">function, table</td>' in page, "what is alike stands in one row"
    row = page.split('<td data-label="Type">function')[1].split("</tr>")[0]
    assert '<td data-label="It may">list, list who holds it, say by which path</td>' in row
    assert "revoke, narrow, give back, try without doing" in row


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("AuthFailed: password authentication failed", "Change the system and give another one."),
        ("NotPermitted: permission denied for database air", "A right is missing."),
        ("Transient: connection refused", "It does not answer."),
        ("Invalid: config.password is env:X", "The secret is not to be had."),
    ],
)
def test_a_refusal_says_what_to_do(client, air, trouble, said):
    Probe.objects.update(ok=False, ended_at=air.next_at, trouble=trouble)
    page = client.get(page_of(air)).content.decode()
    assert f"It cannot be read: {trouble.partition(': ')[2]}" in page
    assert said in page


def test_the_newest_result_stays_while_it_is_tried_again(client, air):
    Probe.objects.update(ok=True, ended_at=air.next_at, identity="reader")
    client.post(page_of(air, "probe"))
    page = client.get(page_of(air)).content.decode()
    assert "as <b>reader</b>" in page
    assert "It is being tried." in page


def test_a_read_shows_how_far_it_has_come(client, air):
    done = {"cursor": None, "pages": 2, "rows": 1200, "complete": True, "left_out": {}}
    going = {"cursor": "7", "pages": 1, "rows": 1000, "complete": False, "left_out": {}}
    air.sync_runs.create(started_at=air.next_at, streams={"principals": done, "entitlements": going})
    page = client.get(page_of(air)).content.decode()
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in page.split("<tbody>")[1].split("</tr>")[:3]]
    assert rows == [
        ["Accounts", "2", "1,200", "read"],
        ["Entitlements", "1", "1,000", "reading"],
        ["Grants", "0", "0", "next"],
    ]
    assert 'hx-trigger="every 2s"' in page


def test_a_page_at_rest_asks_nothing_again(client, air):
    Probe.objects.update(ok=True, ended_at=air.next_at)
    System.objects.update(synced_at=air.next_at)
    assert "every 2s" not in client.get(page_of(air)).content.decode()


def test_a_kind_that_is_not_installed_any_more_is_shown_all_the_same(client, unit):
    system = SystemFactory(unit=unit, kind="abacus")
    assert client.get(page_of(system)).status_code == 200


def test_a_form_without_its_token_is_refused(governor, given):
    client = Client(enforce_csrf_checks=True)
    client.force_login(governor)
    assert client.post(NEW, given).status_code == 403


def test_who_governs_all_names_the_systems_own_secret(unit, given):
    lead = staff("lead", unit)
    for root in OrgUnit.objects.filter(parent=None):
        access.permit(who=lead, unit=root, right=Right.GOVERN, actor=Actor.operator("test"))
    client = Client()
    client.force_login(lead)
    client.post(NEW, given | {"owner": lead.email, "config.password": "env:SYSTEM_AIR_PASSWORD"})
    system = System.objects.get()
    assert not system.secrets.exists()
    assert 'placeholder="env:SYSTEM_AIR_PASSWORD"' in client.get(page_of(system, "edit")).content.decode()
