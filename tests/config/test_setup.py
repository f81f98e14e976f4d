"""`manage.py setup` with options, and again."""

import re
import stat
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.test import Client

from config.environment import entries_of
from governance import access, connecting, registering
from governance.errors import Invalid
from governance.ledger import Actor
from governance.ledger.notes import Signer, Verifier
from governance.models import Agent, Entry, Organisation, OrgUnit, Person, Policy
from tests.factories import OrgUnitFactory, PersonFactory, SystemFactory
from tests.governance.commands import run

pytestmark = pytest.mark.django_db
ACTOR = Actor.operator("test")
KEYS = ("COUNTERSIGN_SECRET_KEY", "COUNTERSIGN_ENCRYPTION_KEYS", "LEDGER_SIGNING_KEY_FILE", "LEDGER_VKEY")
WORD = "correct horse battery"
GIVEN = {
    "organisation": "Meridian Air",
    "zone": "Europe/Copenhagen",
    "days": "sun-thu",
    "admin": "Priya@meridian.example",
    "admin_name": "Priya Raman",
    "origin": "access.meridian.example/ledger",
}


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """An environment without keys."""
    for name in (*KEYS, "LEDGER_ORIGIN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def set_up(tmp_path, monkeypatch):
    """set_up(name=…): run it with options, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda **options: run("setup", **{**GIVEN, **options})


def test_it_makes_the_organisation_a_policy_and_who_governs_it(set_up, tmp_path):
    code, said = set_up(env=tmp_path / "environment")
    assert code == 0
    organisation, unit, person = Organisation.objects.get(), OrgUnit.objects.get(), Person.objects.get()
    assert (organisation.name, organisation.time_zone) == ("Meridian Air", "Europe/Copenhagen")
    assert organisation.working_days == [1, 2, 3, 4, 7]
    assert Policy.objects.get().number == 1
    assert (person.email, person.is_staff, person.is_superuser) == ("priya@meridian.example", True, False)
    assert list(access.governors(unit)) == [person]
    assert access.governs_all(person)
    assert "Priya Raman <priya@meridian.example> may open the admin, and governs Meridian Air" in said
    assert set(Entry.objects.values_list("act", flat=True)) == {
        "organisation.set",
        "policy.set",
        "unit.created",
        "person.imported",
        "person.changed",
        "permission.granted",
    }


def test_keys_go_into_a_file_that_its_owner_alone_can_read_and_are_not_shown(set_up, tmp_path):
    file = tmp_path / "environment"
    _, said = set_up(env=file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    there = entries_of(file)
    assert list(there) == [*KEYS[:2], "LEDGER_ORIGIN", *KEYS[2:]]
    for secret in (there["COUNTERSIGN_SECRET_KEY"], there["COUNTERSIGN_ENCRYPTION_KEYS"].partition("=")[2]):
        assert secret not in said
    signer = Signer.load(tmp_path / "ledger.key")
    assert stat.S_IMODE((tmp_path / "ledger.key").stat().st_mode) == 0o600
    assert signer.verifier.vkey == there["LEDGER_VKEY"]
    assert there["LEDGER_VKEY"] in said, "it is public, and to be pinned"


def test_a_shell_reads_the_file(set_up, tmp_path):
    set_up(env=tmp_path / "environment")
    script = 'set -a; . ./environment; printf %s "$COUNTERSIGN_ENCRYPTION_KEYS"'
    read = subprocess.run(["sh", "-c", script], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert read == entries_of(tmp_path / "environment")["COUNTERSIGN_ENCRYPTION_KEYS"]


def test_a_second_time_it_says_what_is_there_and_changes_nothing(set_up, tmp_path):
    file = tmp_path / "environment"
    set_up(env=file)
    registering.set_password(person=Person.objects.get(), password=WORD, actor=ACTOR)
    before, text = Entry.objects.count(), file.read_text()
    code, said = run("setup", env=file)
    assert code == 0
    assert (Entry.objects.count(), file.read_text()) == (before, text)
    assert said.count("there already") == 4
    assert "http" not in said


def test_an_empty_value_in_the_environment_is_none(set_up, tmp_path, monkeypatch):
    file = tmp_path / "environment"
    set_up(env=file)
    text = file.read_text()
    for name in (*KEYS, "LEDGER_ORIGIN"):
        monkeypatch.setenv(name, "")
    assert "The keys are there already." in run("setup", env=file)[1]
    assert file.read_text() == text


def test_without_a_file_the_keys_are_shown_once(set_up, monkeypatch):
    _, said = set_up()
    made = dict(re.findall(r"^([A-Z_]+)='(.*)'$", said, re.MULTILINE))
    assert set(made) == {*KEYS, "LEDGER_ORIGIN"}
    for name, value in made.items():
        monkeypatch.setenv(name, value)
    _, again = set_up()
    assert "The keys are there already." in again
    assert made["COUNTERSIGN_SECRET_KEY"] not in again


def test_what_is_given_changes_what_is_there(set_up):
    set_up()
    set_up(organisation="Meridian", zone="Asia/Tokyo")
    assert (Organisation.objects.get().name, Organisation.objects.get().time_zone) == ("Meridian", "Asia/Tokyo")
    assert OrgUnit.objects.get().name == "Meridian Air", "a unit keeps its name"


def test_the_link_sets_a_password_once(set_up, tmp_path, settings):
    _, said = set_up(env=tmp_path / "environment")
    settings.SECRET_KEY = entries_of(tmp_path / "environment")["COUNTERSIGN_SECRET_KEY"]
    [path] = re.findall(r"^http://localhost:8000(/welcome/\S+)$", said, re.MULTILINE)
    client = Client()
    form = client.get(path, follow=True)
    assert "You log in with priya@meridian.example" in form.content.decode()
    there = form.redirect_chain[-1][0]
    refused = client.post(there, {"new_password1": "horse", "new_password2": "horse"}).content.decode()
    assert "too short" in refused
    assert 'value="horse"' not in refused
    assert client.post(there, {"new_password1": WORD, "new_password2": WORD})["Location"] == "/"
    assert Person.objects.get().check_password(WORD)
    assert Entry.objects.filter(act="person.changed", body__changed=["password"]).count() == 1
    assert "does not work any more" in Client().get(path, follow=True).content.decode()


def test_the_link_of_somebody_who_left_works_no_more(set_up, tmp_path, settings):
    _, said = set_up(env=tmp_path / "environment")
    settings.SECRET_KEY = entries_of(tmp_path / "environment")["COUNTERSIGN_SECRET_KEY"]
    [path] = re.findall(r"(/welcome/\S+)", said)
    Person.objects.update(employment="left", is_active=False)
    assert "does not work any more" in Client().get(path, follow=True).content.decode()


def test_all_that_is_missing_is_named_at_once(bare):
    with pytest.raises(CommandError) as refusal:
        run("setup")
    assert "--organisation, --admin, --admin-name, --origin must be given" in str(refusal.value)
    assert not Organisation.objects.exists()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"zone": "Mars/Base"}, "--zone: time zone 'Mars/Base' is unknown"),
        ({"days": "mon-"}, "--days: working days 'mon-': 'mon-' is none"),
        ({"days": "mon-noon"}, "--days: working days 'mon-noon': 'mon-noon' is none"),
        ({"admin": "priya"}, "--admin: email 'priya' is no address"),
        ({"origin": "two words"}, "--origin: 'two words' cannot name a ledger"),
        ({"organisation": "x" * 201}, "--organisation: name has 201 characters: shorten it to 200"),
        ({"admin_name": "Priya\u202e"}, "--admin-name: name has U+202E as character 6"),
        ({"admin": f"{'p' * 64}@{'m' * 60}.{'a' * 60}.{'b' * 60}.{'c' * 60}.example"}, "--admin: email has"),
        ({"unit": " "}, "a unit's name may not be empty"),
        ({"unit": "x" * 201}, "unit has 201 characters"),
        ({"env": Path("no/folder/environment")}, "no/folder/environment cannot be written: No such file or directory"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(set_up, tmp_path, given, reason):
    with pytest.raises(CommandError, match=re.escape(reason)):
        set_up(**{"env": tmp_path / "environment", "ledger_key": tmp_path / "ledger.key", **given})
    assert not Organisation.objects.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        ("A='b'\n", 0o644, "can be read or written by others: chmod 600"),
        ("A='b'\nrm -rf\n", 0o600, "line 2: NAME='value' is wanted"),
        ("A='b\n", 0o600, "line 1: No closing quotation"),
    ],
)
def test_a_strange_file_is_refused_and_left_alone(set_up, tmp_path, text, mode, reason):
    file = tmp_path / "environment"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(CommandError, match=reason):
        set_up(env=file)
    assert (file.read_text(), Organisation.objects.exists()) == (text, False)


def test_what_is_refused_later_changes_nothing_of_what_is_there(set_up, tmp_path):
    set_up(env=tmp_path / "environment")
    text, count = (tmp_path / "environment").read_text(), Entry.objects.count()
    for given in ({"origin": "other.example/ledger"}, {"unit": "Nope"}):
        with pytest.raises(CommandError, match=r"LEDGER_VKEY is of|unit 'Nope' is none .* there: Meridian Air"):
            set_up(env=tmp_path / "environment", organisation="Renamed", **given)
    assert ((tmp_path / "environment").read_text(), Entry.objects.count()) == (text, count)
    assert Organisation.objects.get().name == "Meridian Air"


def test_what_is_added_to_a_file_begins_on_a_line_of_its_own(set_up, tmp_path):
    kept, file = tmp_path / "kept", tmp_path / "environment"
    kept.write_text("REDIS_URL='redis://127.0.0.1/0'")  # without an end of line
    kept.chmod(0o600)
    file.symlink_to(kept)
    set_up(env=file)
    assert list(entries_of(kept))[:2] == ["REDIS_URL", "COUNTERSIGN_SECRET_KEY"]
    assert file.is_symlink()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == ["environment", "kept", "ledger.key"]


def test_an_organisation_whose_name_has_a_slash_can_be_filled(set_up, tmp_path):
    set_up(organisation="Meridian A/S")
    top = OrgUnit.objects.get()
    file = tmp_path / "agents.csv"
    file.write_text("name,unit\nbot,Meridian A/S\nhelper,Meridian A/S/Support\n")
    assert run("import_agents", file)[0] == 0
    assert dict(OrgUnit.objects.values_list("name", "parent")) == {"Meridian A/S": None, "Support": top.pk}
    assert dict(Agent.objects.values_list("name", "unit__name")) == {"bot": "Meridian A/S", "helper": "Support"}


def test_who_left_is_made_no_administrator(set_up):
    PersonFactory(email="priya@meridian.example", employment="left", is_active=False)
    with pytest.raises(CommandError, match="has left or may not log in"):
        set_up()
    assert not Organisation.objects.exists()


def test_of_several_uppermost_units_one_must_be_named(set_up):
    OrgUnitFactory(name="East"), OrgUnitFactory(name="West")
    with pytest.raises(CommandError, match="several units lie in no other: East, West"):
        set_up()
    code, said = set_up(unit="West")
    assert (code, "governs West" in said) == (0, True)


def test_no_new_key_is_made_where_secrets_are_sealed_with_one_that_is_lost(set_up, settings):
    settings.ENCRYPTION_KEYS = {"old": b64encode(bytes(32)).decode()}
    connecting.seal(system=SystemFactory(), field="password", value="hush")
    with pytest.raises(CommandError, match="Secrets are sealed with the key old"):
        set_up()


def test_a_key_of_another_ledger_is_refused(set_up, monkeypatch):
    monkeypatch.setenv("LEDGER_VKEY", Signer.generate("other.example/ledger").verifier.vkey)
    with pytest.raises(CommandError, match=r"LEDGER_VKEY is of 'other\.example/ledger'"):
        set_up()
    monkeypatch.setenv("LEDGER_VKEY", "rubbish")
    with pytest.raises(CommandError, match="LEDGER_VKEY is no key"):
        set_up()


def test_a_key_that_is_there_is_kept(set_up, tmp_path):
    signer, _ = Signer.kept(tmp_path / "kept.key", GIVEN["origin"])
    set_up(env=tmp_path / "environment", ledger_key=tmp_path / "kept.key")
    assert Verifier.parse(entries_of(tmp_path / "environment")["LEDGER_VKEY"]).raw == signer.verifier.raw


def test_days_are_read_as_they_are_written():
    for text, days in {"mon-fri": [1, 2, 3, 4, 5], "sun,mon": [1, 7], "sat - mon": [1, 6, 7], "Tue": [2]}.items():
        assert registering.days_called(text) == days
        assert registering.days_called(registering.days_in_words(days)) == days
    with pytest.raises(Invalid, match="days are mon, tue"):
        registering.days_called("")
