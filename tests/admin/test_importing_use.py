"""Import of use in the admin: tried or taken in, by the same verb as the command."""

from datetime import UTC, datetime, timedelta
from tempfile import gettempdir

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from governance.admin import using
from governance.models import Coverage, Entry, UsageEvent
from tests.admin.test_importing import client, lead
from tests.factories import AccountFactory, OrgUnitFactory, PolicyFactory, SourceFactory, SystemFactory

__all__ = ["client", "lead"]
pytestmark = pytest.mark.django_db
AT = "/admin/import/use/"
DAY = (datetime.now(UTC) - timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
FIRST, NEXT = f"{DAY:%Y-%m-%d}", f"{DAY + timedelta(days=1):%Y-%m-%d}"
EVENTS = f"""at,event_id,account,action,resource,outcome
{FIRST}T09:00:00Z,e1,bot,execute,air.pay(),allowed
{FIRST}T10:00:00Z,,bot,execute,air.pay(),allowed
"""
RUNS = f"run,agent,started,ended\nr1,nobody,{FIRST}T09:00:00Z,{FIRST}T09:05:00Z\n"


@pytest.fixture
def source(lead):
    PolicyFactory()
    system = SystemFactory(unit=lead.unit, owner=lead)
    source = SourceFactory(name="audit-log", provenance="system", system=system)
    AccountFactory(system=source.system, name="bot")
    return source


def send(client, verb, *, events=EVENTS, runs="", **more):
    files = {"file": SimpleUploadedFile("october.csv", events.encode())}
    if runs:
        files["runs"] = SimpleUploadedFile("runs.csv", runs.encode())
    given = {"source": "audit-log", "starts": FIRST, "ends": NEXT, "verb": verb} | files | more
    return client.post(AT, given).content.decode()


def test_a_try_says_what_would_happen_and_changes_nothing(client, source):
    page = send(client, "look", runs=RUNS)
    assert "Dry run: nothing was changed" in page
    assert "2 events: 1 kept, 0 already there, 1 refused." in page
    assert "line 3: " in page
    assert "1 runs: 0 kept, 0 already there, 1 refused." in page
    assert not UsageEvent.objects.exists()


def test_what_is_taken_in_stands_in_the_ledger_under_the_persons_name(client, source, lead):
    page = send(client, "apply")
    assert "The files were taken in." in page
    assert f"Use was observable from {FIRST}" in page
    assert (UsageEvent.objects.count(), Coverage.objects.get().source) == (1, source)
    assert Entry.objects.filter(actor_kind="person", actor_id=str(lead.pk), act__startswith="usage.").exists()
    assert "1 already there" in send(client, "apply")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"events": "when,what\n"}, "<span>october.csv: column missing: at, event_id"),
        ({"events": ""}, "The submitted file is empty."),
        ({"runs": "run\n"}, "<span>runs.csv: column missing: agent, started"),
        ({"starts": "yesterday"}, "yesterday"),
        ({"starts": NEXT, "ends": FIRST}, "ends before it starts"),
        ({"ends": "2999-01-01"}, "in the future"),
        ({"source": "nobody"}, "Select a valid choice."),
        ({"file": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_taken_in(client, source, wrong, says):
    page = send(client, "apply", **wrong)
    assert says in page
    assert gettempdir() not in page, "no folder of ours is named"
    assert "were taken in" not in page
    assert not UsageEvent.objects.exists()


def test_what_nobody_would_wait_for_is_left_to_the_command(client, source):
    events = EVENTS + "x" * using.MOST_BYTES
    assert "More than 20,000,000 bytes. The command takes files of any size." in send(client, "apply", events=events)


def test_without_a_source_it_says_what_names_one(client):
    page = client.get(AT).content.decode()
    assert "No source of use is named yet." in page
    assert 'type="file"' not in page


def test_who_does_not_govern_everything_finds_no_such_page(client, source):
    OrgUnitFactory(name="another top")
    assert client.get(AT).status_code == client.post(AT).status_code == 404
