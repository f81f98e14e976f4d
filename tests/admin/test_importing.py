"""Imports in the admin: first a look, then what was looked at is taken in."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from governance import access
from governance.access import Right
from governance.ledger import Actor
from governance.models import Agent, Entry, Grant, Person
from tests.admin.world import staff
from tests.factories import GrantFactory, OrgUnitFactory, SystemFactory

pytestmark = pytest.mark.django_db
PEOPLE = "email,name,manager\nada@a.example,Ada,bob@a.example\nbob@a.example,Bob,\n"
AT = "/admin/import/people/"


@pytest.fixture
def lead():
    """Somebody who governs every unit that lies in no other."""
    top = OrgUnitFactory(name="top")
    lead = staff("lead", top)
    access.permit(who=lead, unit=lead.unit, right=Right.GOVERN, actor=Actor.operator("test"))
    return lead


@pytest.fixture
def client(lead):
    client = Client()
    client.force_login(lead)
    return client


def hidden(answer):
    """What the page would send back of what was looked at."""
    found = re.search(r'name="seen" value="(\w*)"', answer.content.decode())
    return found[1] if found else ""


def look(client, text=PEOPLE, at=AT, **more):
    return client.post(at, {"text": text, "form": "csv", "verb": "look", **more})


def apply(client, seen, text=PEOPLE, at=AT, **more):
    return client.post(at, {"text": text, "form": "csv", "verb": "apply", "seen": seen, **more})


def test_a_look_says_what_would_change_and_changes_nothing(client):
    before = Entry.objects.count(), Person.objects.count()
    page = look(client).content.decode()
    assert "2 lines: 2 new, 0 changed, 0 the same, 0 refused" in page
    assert "is new, changes manager" in page
    assert "Take 2 lines in" in page
    assert (Entry.objects.count(), Person.objects.count()) == before


def test_what_was_looked_at_is_taken_in_under_the_persons_name(client, lead):
    answer = apply(client, hidden(look(client)))
    assert answer["Location"] == "/admin/governance/person/"
    assert Person.objects.get(email="ada@a.example").manager.email == "bob@a.example"
    told = Entry.objects.filter(act="person.imported")
    assert {(each.actor_kind, each.actor_id) for each in told} == {("person", str(lead.pk))}
    page = client.get(answer["Location"]).content.decode()
    assert "2 new, 0 changed, 0 the same, 0 refused. It stands in the ledger under your name." in page


def test_a_second_import_changes_only_what_is_different(client):
    apply(client, hidden(look(client)))
    again = PEOPLE.replace("Ada,", "Ada Quist,")
    page = look(client, again).content.decode()
    assert "0 new, 1 changed, 1 the same, 0 refused" in page
    assert "changes name" in page
    assert "Nothing: all of it is so already." in look(client).content.decode()


def test_a_mistyped_unit_shuts_nobody_out(client):
    text = "email,name,unit\nada@a.example,Ada,tap\nbob@a.example,Bob,top/new\n"
    answer = look(client, text)
    page = answer.content.decode()
    assert "Line 2, ada@a.example: unit &#x27;tap&#x27; is unknown. Did you mean top?" in page
    assert "makes the unit new in top, is new" in page
    assert "Refused; the others were taken in" in apply(client, hidden(answer), text).content.decode()
    assert client.get(AT).status_code == 200


def test_signs_that_turn_a_line_are_written_out(client):
    page = look(client, "email,name\nada@a.example,\u202eadA\n").content.decode()
    assert "name has U+202E as character 1" in page
    assert "ada@a.example,\\u202eadA" in page
    assert "\u202e" not in page


@pytest.mark.parametrize("seen", ["", "0" * 64])
def test_nothing_is_taken_in_that_was_not_looked_at(client, seen):
    page = apply(client, seen).content.decode()
    assert "What would change" in page
    assert not Person.objects.filter(email="ada@a.example").exists()


def test_a_text_that_was_changed_since_is_looked_at_again(client):
    seen = hidden(look(client))
    page = apply(client, seen, PEOPLE + "cid@a.example,Cid,\n").content.decode()
    assert "3 new" in page
    assert not Person.objects.filter(email="ada@a.example").exists()


def test_bad_lines_are_named_and_the_text_stays_to_be_mended(client):
    text = PEOPLE + "nobody,N,\ncid@a.example,<b>Cid</b>,zed@a.example\n"
    answer = look(client, text)
    page = answer.content.decode()
    assert "Line 4, nobody: email &#x27;nobody&#x27; is no address" in page
    assert "Line 5, cid@a.example: manager &#x27;zed@a.example&#x27; is nobody we know" in page
    assert "&lt;b&gt;Cid&lt;/b&gt;,zed@a.example" in page.split("<textarea")[1]
    done = apply(client, hidden(answer), text).content.decode()
    assert "Refused; the others were taken in" in done
    assert Person.objects.filter(email="ada@a.example").exists()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"text": "", "form": "csv"}, "Choose a file, or paste its text."),
        ({"text": "email,nom\n", "form": "csv"}, "text.csv: column missing: name"),
        ({"text": "name,unit,purpose\n", "form": "csv"}, "These are the columns of Import agents."),
        ({"text": "- [", "form": "yaml"}, "text.yaml, line "),
        ({"text": "a\0b", "form": "csv"}, "Null characters are not allowed."),
        ({"text": PEOPLE, "form": "xls"}, "xls is not one of the available choices"),
        ({"text": "email,name\n" + "a@a.example,A\n" * 251, "form": "csv"}, "251 lines; here 250 at once."),
        ({"text": "x" * 500_001, "form": "csv"}, "More than 500,000 characters."),
        ({"file": SimpleUploadedFile("people.csv", b"email,name\na@a.example,Zo\xeb\n")}, "people.csv is not UTF-8"),
        ({"file": SimpleUploadedFile("people.csv", b"")}, "The submitted file is empty."),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(client, sent, said):
    before = Person.objects.count()
    answer = client.post(AT, {"verb": "look", **sent})
    assert said in answer.content.decode()
    assert Person.objects.count() == before


def test_a_file_of_either_form_is_taken(client):
    csv = SimpleUploadedFile("people.csv", "\ufeffemail,name\nada@a.example,Zoë\n".encode())
    page = client.post(AT, {"file": csv, "verb": "look"}).content.decode()
    assert "1 new" in page
    assert "ada@a.example,Zoë" in page.split("<textarea")[1], "it can be mended"
    yaml = SimpleUploadedFile("people.yml", b"- email: ada@a.example\n  name: Ada\n")
    answer = client.post(AT, {"file": yaml, "verb": "look"})
    assert '<option value="yaml" selected>' in answer.content.decode()
    text = "- email: ada@a.example\n  name: Ada\n"
    assert apply(client, hidden(answer), text, form="yaml").status_code == 302
    assert Person.objects.get(email="ada@a.example").name == "Ada"


def test_a_file_is_taken_in_as_a_browser_sends_its_lines_back(client):
    looked = look(client, "", file=SimpleUploadedFile("people.csv", PEOPLE.encode()))
    apply(client, hidden(looked), PEOPLE.replace("\n", "\r\n"))
    assert Person.objects.get(email="ada@a.example").manager.name == "Bob"


def test_agents_and_dates_are_imported_by_the_same_page(client, lead):
    at = "/admin/import/agents/"
    text = "name,unit\nbot,top\n"
    assert apply(client, hidden(look(client, text, at)), text, at)["Location"] == "/admin/governance/agent/"
    assert Agent.objects.get().unit.name == "top"
    grant = GrantFactory(system=SystemFactory(slug="air", owner=lead), account__name="bot", entitlement__name="pay")
    at, text = "/admin/import/held-since/", "system,account,entitlement,date\nair,bot,pay,2020-01-01\n"
    answer = look(client, text, at)
    assert "0 new, 1 changed" in answer.content.decode()
    apply(client, hidden(answer), text, at)
    assert Grant.objects.get(pk=grant.pk).held_since_basis == "stated"


@pytest.mark.parametrize("right", list(Right))
def test_who_does_not_govern_all_finds_no_page(right):
    unit = OrgUnitFactory(name="a part", parent=OrgUnitFactory())
    client = Client()
    client.force_login(staff("somebody", unit, right=right))
    for at in (AT, "/admin/import/", "/admin/import/agents/"):
        assert client.get(at).status_code == 404
        assert look(client, at=at).status_code == 404
    assert "/admin/import/" not in client.get("/admin/queue/").content.decode()


def test_an_unknown_kind_is_not_there(client):
    assert client.get("/admin/import/shoes/").status_code == 404
    assert client.get("/admin/import/").status_code == 200
