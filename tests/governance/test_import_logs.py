"""Systems' own logs through `manage.py import_usage`: recorded ones, whichever way they are packed."""

import gzip
import json
import zipfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from governance import clock, registering
from governance.ledger import Actor
from governance.models import Account, Coverage, Grant, GrantDue, GrantUse, UsageDay, UsageEvent
from governance.policy import use
from governance.policy.terms import Terms
from tests.factories import AccountFactory, EntitlementFactory, GrantFactory, SourceFactory
from tests.governance.commands import run

pytestmark = pytest.mark.django_db

TRAIL = Path("tests/data/cloudtrail.zip")
AUDIT = Path("tests/data/postgresql_audit.json")
PERSON, ROLE = "AIDATFQR7NSC5AU2ZV3IE", "AROATFQR7NSCWCZMFXMXZ"
DAYS = {"covers": "2023-07-10..2023-07-11", "source": "trail"}


@pytest.fixture(autouse=True)
def long_memory(settings):
    settings.USAGE_RETENTION_DAYS = 20_000


@pytest.fixture
def trail(policy):
    """The trail of the AWS account in which the attack was recorded."""
    return SourceFactory(name="trail")


@pytest.fixture
def person(trail):
    """A human, whom nobody has claimed for an agent."""
    return AccountFactory(system=trail.system, native_id=PERSON, name="bert-jan", kind=Account.Kind.HUMAN)


def held(account, *patterns):
    entitlement = EntitlementFactory(system=account.system, action="")
    for action, resource in patterns:
        entitlement.actions.create(action=action, resource=resource, wild=True)
    long_ago = clock.now() - timedelta(days=5000)
    return GrantFactory(account=account, entitlement=entitlement, held_since=long_ago, opened_at=long_ago)


def test_a_recorded_trail_shows_who_did_what(trail, person):
    code, said = run("import_usage", TRAIL, **DAYS)
    assert code == 0
    assert "1,233 events: 1,233 kept, 0 already there, 0 refused." in said
    assert "92 by accounts that are not known (unmatched)" in said
    assert "Use was observable" not in said, "nothing that is known here allows any of it"
    assert Counter(UsageEvent.objects.values_list("native_account", flat=True))[PERSON] == 1141
    assert not UsageEvent.objects.exclude(agent_id=None).exists(), "it is nobody's agent"
    assert not UsageDay.objects.exclude(agent=None).exists()
    assert run("import_usage", TRAIL, **DAYS)[1].startswith("1,233 events: 0 kept, 1,233 already there")


def test_its_use_is_every_grants_that_could_have_allowed_it_and_what_was_denied_is_none(trail, person):
    role = AccountFactory(system=trail.system, native_id=ROLE, name="get-usr-data", kind=Account.Kind.ROLE)
    everything, ec2, refused = held(person, ("*:*", "*")), held(person, ("ec2:*", "*")), held(role, ("ec2:*", "*"))
    decrypt = held(person, ("kms:decrypt", "arn:aws:kms:us-east-1:123837392027:key/0e5d*"))
    code, said = run("import_usage", TRAIL, **DAYS)
    assert code == 0
    assert "Use was observable from 2023-07-10" in said
    events = UsageEvent.objects.values_list("native_account", "outcome")
    assert Counter(outcome for _, outcome in events) == {"allowed": 1203, "denied": 30}
    assert Counter(events)[ROLE, "denied"] == 15, "all that it tried, in a session that is resolved to the role"
    uses = {each.grant_id: (each.uses, each.shared) for each in GrantUse.objects.all()}
    assert uses == {everything.pk: (1132, False), ec2.pk: (378, True), decrypt.pk: (54, True)}
    assert refused.pk not in uses


def test_what_is_done_to_data_is_not_called_unused_by_a_trail_that_need_not_show_it(trail, person):
    reads, starts = held(person, ("s3:getobject", "*")), held(person, ("ec2:runinstances", "*"))
    reads.entitlement.actions.update(shown="if_set")
    observable = Grant.objects.filter(use.attributable(Terms.of()))
    assert set(observable) == {starts}
    source = registering.set_source(
        name=trail.name, system=trail.system, shows_all=True, at=clock.now(), actor=Actor.operator("test")
    )
    assert source.shows_all
    assert set(observable.all()) == {reads, starts}
    assert GrantDue.objects.filter(grant=reads, at__lte=clock.now()).exists(), "it can newly speak"


def unpacked(folder):
    with zipfile.ZipFile(TRAIL) as pack:
        pack.extractall(folder)
    return sorted(folder.iterdir())


def test_a_folder_a_gzip_and_a_record_a_line_are_the_same_records(trail, person, tmp_path):
    (tmp_path / "us-east-1").mkdir()
    first, second, *others = unpacked(tmp_path / "us-east-1")
    for each in others:
        each.unlink()
    second.with_suffix(".json.gz").write_bytes(gzip.compress(second.read_bytes()))
    records = json.loads(first.read_text())["Records"]
    lines = tmp_path / "lines.json"
    lines.write_text("".join(f"{json.dumps(each)}\n" for each in records))
    pretty = tmp_path / "pretty.json"
    pretty.write_text(json.dumps({"Records": records}, indent=1))
    assert f"{len(records)} kept" in run("import_usage", lines, **DAYS)[1]
    assert f"0 kept, {len(records)} already there" in run("import_usage", pretty, **DAYS)[1]
    second.unlink()
    assert f" {len(records)} already there, 0 refused" in run("import_usage", tmp_path / "us-east-1", **DAYS)[1]


def test_a_bad_record_is_refused_by_its_number_and_given_back(trail, person, tmp_path):
    (first, *_), refused = unpacked(tmp_path / "all"), tmp_path / "refused.json"
    records = json.loads(first.read_text())["Records"]
    records[1]["userIdentity"] = {"type": "Unknown"}
    records[2]["eventTime"] = "2023-08-01T00:00:00Z"
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps({"Records": records}, indent=1))
    code, said = run("import_usage", broken, refused=refused, **DAYS)
    assert code == 2
    assert "line 2: userIdentity names nobody" in said
    assert "line 3: at lies outside the time that is covered" in said
    given_back = [json.loads(line) for line in refused.read_text().splitlines()]
    assert given_back[0]["refused_because"] == "userIdentity names nobody"
    given_back[0]["userIdentity"] = records[0]["userIdentity"]
    refused.write_text(json.dumps(given_back[0]) + "\n")
    assert "1 events: 1 kept" in run("import_usage", refused, **DAYS)[1]


CUT_OFF = b'{"Records": [{"eventID": "e", "eventTime": "t", "eventSource": "s", "eventName": "n", "userIdentity": {}}'
STARTED = b'{"timestamp": "t", "session_id": "s", "line_num": 1, "error_severity": "LOG", "message": "started"}'


@pytest.mark.parametrize(("content", "why"), [(CUT_OFF, "cut off"), (STARTED, "no entry of pgaudit")])
def test_a_log_that_is_cut_off_or_shows_no_use_is_refused_whole(trail, tmp_path, content, why):
    path = tmp_path / "log.json"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=why):
        run("import_usage", path, **DAYS)
    assert not UsageEvent.objects.exists()
    assert not Coverage.objects.exists()


def test_a_folder_that_holds_no_log_is_refused(trail, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(CommandError, match="holds no log that is known: CloudTrail, PostgreSQL"):
        run("import_usage", tmp_path, **DAYS)


def test_a_recorded_log_of_postgresql_is_use_of_what_the_connector_lists(policy):
    source = SourceFactory(name="pg")
    bot = AccountFactory(system=source.system, native_id="16400", name="bot")
    grants = {}
    for action, resource in (
        ("select", "bookings"),
        ("insert", "bookings"),
        ("execute", "refund"),
        ("select", "secret"),
    ):
        what = EntitlementFactory(system=source.system, resource=f"airline.air.{resource}", action=action)
        grants[action, resource] = GrantFactory(account=bot, entitlement=what).pk
    code, said = run("import_usage", AUDIT, source="pg", covers="2023-11-30..2023-12-01")
    assert code == 0, said
    uses = dict(GrantUse.objects.values_list("grant", "uses"))
    assert uses == {
        grants["select", "bookings"]: 8,
        grants["insert", "bookings"]: 3,
        grants["execute", "refund"]: 2,
    }
    assert UsageEvent.objects.filter(outcome="denied").count() == 5
    assert set(UsageEvent.objects.values_list("native_account", flat=True)) == {"16400"}
