"""`manage.py import_usage`, end to end: files of every kind, lines that are refused, and what is stored."""

import gzip
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from governance.models import Account, Coverage, Entitlement, Entry, GrantUse, Run, UsageDay, UsageEvent, UsageIntake
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ClaimFactory,
    EntitlementFactory,
    GrantFactory,
    PolicyFactory,
    SourceFactory,
)

pytestmark = pytest.mark.django_db

HEADER = "at,event_id,account,action,resource,run,on_behalf_of,outcome"
DAY = (datetime.now(UTC) - timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
COVERS = f"{DAY:%Y-%m-%d}..{DAY + timedelta(days=1):%Y-%m-%d}"


@pytest.fixture(autouse=True)
def policy():
    return PolicyFactory()


@pytest.fixture
def source():
    """Of a system that has what the lines below are of."""
    source = SourceFactory(name="audit-log")
    EntitlementFactory(system=source.system, resource="air.public.pay()")
    AccountFactory(system=source.system, native_id="16400", name="bot")
    return source


@pytest.fixture
def file(tmp_path):
    def write(*lines, name="use.csv", packed=False):
        content = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if packed else content)
        return path

    return write


def at(hour, minute=0):
    return f"{DAY + timedelta(hours=hour, minutes=minute):%Y-%m-%dT%H:%M:%SZ}"


def line(number, account="bot", action="execute", resource="air.public.pay()", **more):
    said = {"run": "r1", "hour": 9, "outcome": "allowed"} | more
    return f"{at(said['hour'])},e{number},{account},{action},{resource},{said['run']},,{said['outcome']}"


def run(path, *, source="audit-log", covers=COVERS, **options):
    """Run the command; return its exit code and its words."""
    out = io.StringIO()
    try:
        call_command("import_usage", str(path), source=source, covers=covers, stdout=out, stderr=out, **options)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_it_keeps_every_good_line(source, file):
    code, said = run(file(HEADER, line(1), line(2)))
    assert code == 0
    assert UsageEvent.objects.count() == 2
    assert "2 kept" in said


def test_it_tells_csv_json_and_gzip_apart_by_content(source, file):
    event = {"at": at(9), "event_id": 5, "account": "bot", "action": "execute", "resource": "f", "outcome": "allowed"}
    ndjson = file(json.dumps(event), name="looks.csv", packed=True)
    assert run(ndjson)[0] == 0
    assert UsageEvent.objects.get().event_id == "5"
    assert run(file(HEADER, line(1), name="looks.json"))[0] == 0
    assert UsageEvent.objects.count() == 2


def test_a_redelivery_stores_nothing_and_is_told(source, file):
    path = file(HEADER, line(1), line(2))
    run(path)
    entries = Entry.objects.count()
    code, said = run(path)
    assert code == 0
    assert "2 already there" in said
    assert (UsageEvent.objects.count(), UsageIntake.objects.count(), Coverage.objects.count()) == (2, 1, 1)
    assert Entry.objects.count() == entries
    assert UsageDay.objects.get().allowed == 2


def test_a_line_may_be_found_again_within_its_file(source, file):
    code, said = run(file(HEADER, line(1), line(1)))
    assert (code, UsageEvent.objects.count()) == (0, 1)
    assert "1 already there" in said


def test_the_same_key_with_other_content_is_refused_in_the_file_and_against_what_is_stored(source, file):
    code, said = run(file(HEADER, line(1), line(1, resource="other")))
    assert code == 2
    assert "line 3: its event id and time are taken" in said
    code, said = run(file(HEADER, line(1, resource="other"), line(2)))
    assert code == 2
    assert UsageEvent.objects.get(event_id="e1").resource == "air.public.pay()"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(9).replace("Z,", ",", 1), "has no time zone"),
        (line(9).replace(at(9), "yesterday"), "is no time"),
        (line(9).replace(at(9), ""), "at is missing"),
        (line(9, hour=30), "outside the time that is covered"),
        (line(9).replace(at(9), "2019-01-01T00:00:00Z"), "for which use is kept"),
        (line(9).replace(at(9), "2919-01-01T00:00:00Z"), "5 minutes in the future"),
        (line(9).replace("e9", ""), "event_id is missing"),
        (line(9, account=""), "account and agent are both missing"),
        (line(9, action=""), "action is missing"),
        (line(9, outcome="perhaps"), "outcome 'perhaps' is unknown"),
        (line(9, resource="a\0b"), "NUL"),
        (line(9).encode() + b"\xff\xfe", "not UTF-8"),
        (line(9, resource="x" * 2000), "resource is longer than 1800 bytes"),
        (line(9, resource='"never closed'), "no CSV line"),
        (line(9) + ",more", "has 9 cells"),
    ],
)
def test_it_refuses_a_bad_line_with_its_number_and_reason_and_keeps_the_rest(source, file, bad, reason):
    code, said = run(file(HEADER, line(1), bad, line(2)))
    assert code == 2
    assert "line 3: " in said
    assert reason in said
    assert UsageEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"at": ', "no JSON"),
        ("[1]", "no JSON object"),
        ('{"at": 1.5}', "at is float"),
        ('{"event_id": "\\u0000"}', "event_id holds a NUL"),
        ('{"event_id": "\\ud800"}', "event_id holds half a character"),
        ("{}", "at is missing"),
    ],
)
def test_it_refuses_a_bad_object(source, file, bad, reason):
    good = {"at": at(9), "event_id": "1", "account": "bot", "action": "x", "resource": "f", "outcome": "denied"}
    code, said = run(file(json.dumps(good), bad))
    assert code == 2
    assert f"line 2: {reason}" in said


def test_none_kept_is_another_end_and_claims_no_coverage(source, file):
    code, _ = run(file(HEADER, line(1, hour=40)))
    assert code == 1
    assert not Coverage.objects.exists()


def test_a_day_without_use_is_covered_too(source, file):
    assert run(file(HEADER))[0] == 0
    assert Coverage.objects.get().starts_at == DAY


def test_a_dry_run_says_what_would_happen_and_changes_nothing(source, file):
    code, said = run(file(HEADER, line(1), line(2, outcome="?")), dry_run=True)
    assert code == 2
    assert "Dry run" in said
    assert not UsageEvent.objects.exists()
    assert not Coverage.objects.exists()
    assert not Entry.objects.exists()


def test_an_account_has_several_spellings(source, file):
    run(file(HEADER, line(1, account="16400"), line(2, account="bot")))
    assert set(UsageEvent.objects.values_list("native_account", flat=True)) == {"16400"}


def test_a_native_id_goes_before_a_name(source, file):
    AccountFactory(system=source.system, native_id="1", name="2")
    AccountFactory(system=source.system, native_id="2", name="other")
    run(file(HEADER, line(1, account="2")))
    assert UsageEvent.objects.get().native_account == "2"


def test_an_unknown_account_is_kept_and_counted(source, file):
    AccountFactory(system=source.system, native_id="7", name="twin")
    AccountFactory(system=source.system, native_id="8", name="twin")
    code, said = run(file(HEADER, line(1, account="stranger"), line(2, account="twin")))
    assert code == 0
    assert "2 by accounts that are not known (unmatched)" in said
    assert UsageEvent.objects.count() == 2
    assert UsageIntake.objects.get().unmatched == 2


def test_an_agents_tool_is_mapped_and_an_unmapped_one_named(source, file):
    source.mapping = {"pay": {"action": "execute", "resource": "air.public.pay()"}}
    source.save()
    AgentFactory(name="helper")
    header = HEADER.replace("account", "agent")
    code, said = run(file(header, line(1, "helper", "pay", ""), line(2, "helper", "sing", "")))
    assert code == 0
    assert "sing (1)" in said
    assert set(UsageEvent.objects.values_list("action", "resource")) == {("execute", "air.public.pay()"), ("sing", "")}


def test_an_unknown_agent_is_refused(source, file):
    header = HEADER.replace("account", "agent")
    code, said = run(file(header, line(1, "nobody")))
    assert code == 1
    assert "agent 'nobody' is unknown" in said


def test_runs_come_in_also_those_that_used_nothing(source, file):
    AgentFactory(name="helper")
    runs = file(
        "run,agent,started,ended,outcome",
        f"r1,helper,{at(9)},{at(10)},completed",
        f"r2,helper,{at(11)},,",
        f"r3,nobody,{at(11)},,",
        f"r4,helper,{at(11)},{at(10)},failed",
        f"r5,helper,{at(11)},,finished",
        f"r1,helper,{at(8)},{at(10)},completed",
        name="runs.csv",
    )
    code, said = run(file(HEADER, line(1)), runs=runs)
    assert code == 2
    assert Run.objects.count() == 2
    for reason in ("'nobody' is unknown", "ended is before started", "'finished' is unknown", "run id is taken"):
        assert reason in said
    assert not Coverage.objects.exists(), "4 lines may tell of that time"
    assert (
        run(file(HEADER), runs=file("run,agent,started,ended,outcome", f"r3,helper,{at(11)},,", name="b.csv"))[0] == 0
    )
    assert Coverage.objects.get().reports_runs


def test_a_run_that_went_on_may_be_completed(source, file):
    AgentFactory(name="helper")
    first = file("run,agent,started,ended,outcome", f"r1,helper,{at(9)},,", name="a.csv")
    then = file("run,agent,started,ended,outcome", f"r1,helper,{at(9)},{at(10)},failed", name="b.csv")
    for runs in (first, then, first):
        assert run(file(HEADER), runs=runs)[0] == 0
    assert Run.objects.get().outcome == "failed"


def test_coverage_grows_with_its_neighbours(source, file):
    for start, days in ((0, 1), (2, 1), (1, 1)):
        begin = DAY - timedelta(days=10) + timedelta(days=start)
        covers = f"{begin.date()}..{(begin + timedelta(days=days)).date()}"
        run(file(HEADER), covers=covers)
    kept = Coverage.objects.get()
    assert kept.ends_at - kept.starts_at == timedelta(days=3)


def test_use_counts_for_its_grant_at_once(source, file):
    account = Account.objects.get(name="bot")
    grant = GrantFactory(account=account, entitlement=Entitlement.objects.get())
    ClaimFactory(account=account)
    run(file(HEADER, line(1, run="r1"), line(2, run="r1"), line(3, run="r2", hour=12), line(4, outcome="denied")))
    use = GrantUse.objects.get(grant=grant)
    assert (use.uses, use.runs, use.last_run, use.shared) == (3, 2, "r2", False)
    assert use.last_used_at == DAY + timedelta(hours=12)


def test_the_ledger_tells_of_an_import_in_counts(source, file):
    run(file(HEADER, line(1), line(2, hour=30)))
    entry = Entry.objects.get(act="usage.imported")
    assert (entry.body["kept"], entry.body["refused"]) == (1, 1)
    assert len(entry.body["digest"]) == 64
    assert Entry.objects.filter(act="coverage.opened").count() == 1


def test_it_can_speak_json(source, file):
    out = io.StringIO()
    call_command("import_usage", str(file(HEADER, line(1))), source="audit-log", covers=COVERS, json=True, stdout=out)
    told = json.loads(out.getvalue())
    assert told["events"]["kept"] == 1
    assert told["covered"] is True


def test_a_column_that_nobody_reads_is_named(source, file):
    _, said = run(file(f"{HEADER},colour", line(1) + ",red"))
    assert "colour" in said
