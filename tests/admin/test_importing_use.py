"""Import of use in the admin: tried or taken in, by the same verb as the command."""

from datetime import UTC, datetime, timedelta
from tempfile import gettempdir

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from governance.admin import using
from governance.models import Coverage, Entry, Source, UsageEvent
from tests.admin.test_importing import client, lead
from tests.factories import (
    AccountFactory,
    EntitlementFactory,
    OrgUnitFactory,
    PolicyFactory,
    SourceFactory,
    SystemFactory,
)

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
    EntitlementFactory(system=source.system, resource="air.pay()")
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
    assert "1 line was refused that may tell of that time, so nothing counts as observed." in page
    assert (UsageEvent.objects.count(), Coverage.objects.count()) == (1, 0)
    assert Entry.objects.filter(actor_kind="person", actor_id=str(lead.pk), act__startswith="usage.").exists()
    page = send(client, "apply", events=EVENTS.replace(",,", ",e2,"))
    assert "2 events: 1 kept, 1 already there, 0 refused." in page
    assert f"Use was observable from {FIRST}" in page
    assert Coverage.objects.get().source == source


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"events": "when,what\n"}, "<span>october.csv: column missing: at, event_id"),
        ({"events": ""}, "The submitted file is empty."),
        ({"runs": "run\n"}, "<span>runs.csv: column missing: agent, started"),
        (
            {"starts": "29.11.2026"},
            "<span>Complete from &#x27;29.11.2026&#x27; is no time; wanted: 2026-11-24T09:30:00Z",
        ),
        ({"starts": ""}, "This field is required."),
        ({"ends": "29.11.2026"}, "<span>Until &#x27;29.11.2026&#x27; is no time"),
        ({"ends": f"{NEXT}T10:00"}, "has no time zone"),
        ({"starts": NEXT, "ends": FIRST}, "<span>Until ends before it starts"),
        ({"starts": "0001-01-01"}, "use is kept for 400 days, and 0001-01-01T00:00:00+00:00 is earlier"),
        ({"ends": "2999-01-01"}, "<span>Until is in the future"),
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


def test_a_files_name_may_be_longer_than_a_path_can_be(client, source):
    name = f"{'日' * 200}.csv"
    assert "2 events: 1 kept" in send(client, "look", file=SimpleUploadedFile(name, EVENTS.encode()))
    assert f"<span>{name}: column missing" in send(client, "look", file=SimpleUploadedFile(name, b"when,what\n"))


@pytest.mark.parametrize(
    ("field", "date", "says"),
    [
        ("starts", "0001-01-01", f"begin at {datetime.now(UTC) - timedelta(days=399):%Y-%m-%d} or later"),
        ("starts", "soon", "is no time"),
        ("ends", "soon", "is no time"),
        ("ends", "2999-01-01", "in the future"),
        ("ends", "2020-01-01", "must be later than Complete from"),
    ],
)
def test_a_wrong_date_is_refused_at_its_field(client, source, field, date, says):
    page = send(client, "look", **{field: date})
    assert says in page.split(f'name="{field}"')[1].split('<div class="field')[0]
    assert "covers " not in page.split('<form method="post"')[1].split("</form>")[0]


def test_what_was_refused_is_said_with_what_to_do(client, source):
    bad = "".join(f"{FIRST}T10:00:00Z,,bot,execute,air.pay(),allowed\n" for _ in range(4))
    page = send(client, "apply", events=EVENTS + bad, runs=RUNS)
    assert "The files were taken in. It stands in the ledger under your name." in page
    assert "6 lines refused: line 3: event_id is missing; line 4: event_id is missing; line 5: " in page
    assert "runs, line 2: agent &#x27;nobody&#x27; is unknown; register it first; and 2 more. A mended line" in page
    assert "imported again with the same Complete from and Until" in page
    mended = EVENTS.replace("Z,,", "Z,e2,")
    assert "2 events: 1 kept, 1 already there, 0 refused." in (page := send(client, "apply", events=mended))
    assert "imported again" not in page
    assert "No line of them was new." in send(client, "apply", events=mended)
    assert UsageEvent.objects.count() == 2


def test_where_every_line_was_refused_nothing_was_taken_in(client, source):
    page = send(client, "apply", events=EVENTS.replace("Z,e1,", "Z,,"))
    assert "were taken in" not in page
    assert "2 lines refused: line 2: event_id is missing; line 3: event_id is missing. A mended line" in page


def test_what_nobody_would_wait_for_is_left_to_the_command(client, source):
    events = EVENTS + "x" * using.MOST_BYTES
    assert "More than 20,000,000 bytes. The command takes files of any size." in send(client, "apply", events=events)


def name(client, **given):
    return client.post(AT, {"verb": "name", "name": "calls", "provenance": "agent"} | given)


@pytest.fixture
def shop(lead):
    return SystemFactory(slug="shop", unit=lead.unit, owner=lead)


def test_without_a_system_it_says_to_connect_one(client):
    page = client.get(AT).content.decode()
    assert "No source of use is named yet, and no system is connected" in page
    assert 'type="file"' not in page
    assert "/admin/governance/system/connect/" in page


def test_without_a_source_one_is_named_and_the_page_goes_on_with_it(client, lead, shop):
    SourceFactory(name="another", system=shop)
    assert "manage.py connect_system shop --source NAME --provenance agent" in client.get(AT).content.decode()
    answer = name(client, system=shop.pk, provenance="system", rhythm="6")
    assert answer["Location"] == f"{AT}?source=calls"
    source = Source.objects.get(name="calls")
    assert (source.system, source.provenance, source.rhythm) == (shop, "system", timedelta(hours=6))
    assert not source.shows_all, "nobody said so"
    told = Entry.objects.get(act="source.changed")
    assert (told.actor_kind, told.actor_id) == ("person", str(lead.pk))
    page = client.get(answer["Location"]).content.decode()
    assert '<option value="calls" selected>' in page
    assert "calls is named. It stands in the ledger under your name." in page


def test_whoever_names_a_log_may_say_that_it_shows_all(client, shop):
    name(client, system=shop.pk, provenance="system", shows_all="on")
    assert Source.objects.get(name="calls").shows_all
    assert Entry.objects.get(act="source.changed").body["shows_all"] is True


@pytest.mark.parametrize(
    ("given", "at", "says"),
    [
        ({"name": ""}, "name", "Its name is missing."),
        ({"name": "no slug"}, "name", "Letters, numbers, _ and - only."),
        ({"name": "audit-log"}, "name", "There is a source audit-log already."),
        ({"provenance": "hearsay"}, "provenance", "hearsay is not one of the available choices"),
        ({"system": "0"}, "system", "Select a valid choice."),
        ({"rhythm": "9000"}, "rhythm", "less than or equal to 8784"),
        ({"shows_all": "on"}, "shows_all", "said of a system&#x27;s own log"),
    ],
)
def test_what_is_no_source_is_refused_at_its_field(client, source, shop, given, at, says):
    page = name(client, **{"system": shop.pk} | given).content.decode()
    assert says in page.split(f'name="{at}"')[1].split('<div class="field')[0]
    assert Source.objects.get() == source, "it was not changed either"
    assert not Entry.objects.filter(act="source.changed").exists()


def test_who_does_not_govern_everything_finds_no_such_page(client, source):
    OrgUnitFactory(name="another top")
    assert client.get(AT).status_code == client.post(AT).status_code == 404
    assert name(client, system=source.system_id).status_code == 404
