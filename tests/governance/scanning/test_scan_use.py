"""What a file of use shows in a scan, and of whom nothing is called unused."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.governance.scanning import estate
from tests.governance.scanning.conftest import scan
from tests.governance.scanning.test_scan import of


def use(path, lines: list[dict[str, str]]):
    """Write a file of use."""
    columns = ("at", "event_id", "account", "action", "resource", "outcome")
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(lines)
    return path


@pytest.fixture
def log(tmp_path):
    """One call of support_bot, yesterday."""
    at = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    call = {"at": at, "event_id": "1", "account": "support_bot", "action": "execute", "outcome": "allowed"}
    return use(tmp_path / "calls.csv", [call | {"resource": "orders.shop.refund"}])


READ_BY_NOBODY = ",2,APP_WEB,select,orders.shop.customers"


def covers(days: int = 30) -> str:
    today = datetime.now(UTC).date()
    return f"{today - timedelta(days=days)}..{today}"


def test_an_accounts_own_word_shows_its_own_use_alone(scanned, log):
    found = scanned(usage=log, covers=covers())
    assert found["coverage"]["use"]["of"] == 1
    assert of(found["rows"], "never_used") == [], "who else is in its roles said nothing"


def test_a_roles_use_is_seen_where_everyone_who_has_it_said_something(scanned, log):
    line = log.read_text().splitlines()[1].replace(",1,support_bot,", ",2,tmp_migration_2023,")
    log.write_text(f"{log.read_text()}{line}\n")
    unused = of(scanned(usage=log, covers=covers())["rows"], "never_used")
    assert {row["holder"] for row in unused} == {"writers"}, "reporting has readers too, and said nothing"
    assert {row["entitlement"].split()[0] for row in unused} == {"INSERT", "UPDATE", "DELETE"}


def test_a_systems_log_shows_everybodys(scanned, log):
    found = scanned(usage=log, covers=covers(), provenance="system")
    unused = of(found["rows"], "never_used")
    assert {"writers", "app_web", "PUBLIC"} <= {row["holder"] for row in unused}
    assert not [row for row in unused if "refund" in row["entitlement"]], "that was used"
    assert all("Not used in 30 days" in row["why"] for row in unused)
    assert all(row["confidence"].startswith("Likely") for row in unused)
    (row,) = [each for each in unused if each["holder"] == "dba_boris"]
    assert "It had passed it to app_web: revoke that first, or say CASCADE." in row["fix"]["effect"]


def test_of_whom_a_line_could_not_be_understood_nothing_is_called_unused(scanned, log):
    at, more = log.read_text().splitlines()[1].partition(",")[0], []
    more.append(f"{at},2,app_web,my_own_tool,,allowed")  # no mapping names it
    more.append(f"{at},3,reporting,SELECT,shop.customers,allowed")  # nothing here is called so
    more.append(f"{at[:19]},4,dba_anna,select,orders.shop.customers,allowed")  # a time without a zone
    before = (datetime.now(UTC) - timedelta(days=40)).isoformat()
    more.append(f"{before},5,dba_boris,select,orders.shop.customers,allowed")  # of another time
    log.write_text("\n".join([log.read_text().strip(), *more]))
    found = scanned(usage=log, covers=covers(), provenance="system")
    unused = {row["holder"] for row in of(found["rows"], "never_used")}
    assert unused == {"dba_boris", "writers"}, "and none of those, nor of the roles that they are in, nor of everyone"
    told = found["coverage"]["use"]
    assert (told["unmapped_tools"], told["unmatched"], told["unclear_accounts"]) == (1, 1, 3)
    (said,) = [each["text"] for each in found["coverage"]["unseen"] if each["title"] == "Use"]
    assert "Not attributed: 1 call of what the system does not have, such as select on shop.customers." in said
    assert "3 accounts" in said


def test_a_log_with_pgaudit_is_taken_as_it_lies(scanned, tmp_path):
    said = {"user": "support_bot", "dbname": "orders", "session_id": "s", "error_severity": "LOG"}
    said["message"] = "AUDIT: SESSION,1,1,READ,SELECT,TABLE,shop.payments,select 1,<none>"
    days = [datetime.now(UTC) - timedelta(days=number) for number in (9, 1)]
    lines = [said | {"timestamp": f"{at:%Y-%m-%d %H:%M:%S.000} UTC", "line_num": at.day} for at in days]
    (tmp_path / "log.json").write_text("\n".join(map(json.dumps, lines)))
    found = scanned(usage=tmp_path / "log.json")
    assert found["coverage"]["use"]["of"] == "everybody"
    unused = of(found["rows"], "never_used")
    assert {row["entitlement"].split()[0] for row in unused} == {"SELECT"}, "nobody writes or calls: it may be left out"
    assert "readers" in {row["holder"] for row in unused if "customers" in row["entitlement"]}
    assert not [row for row in unused if "shop.payments" in row["entitlement"]], "that was read"


def test_what_nobody_knows_who_did_may_be_anybodys(scanned, log):
    line = log.read_text().splitlines()[1]
    log.write_text(f"{log.read_text()}{line.replace(',1,support_bot,execute,orders.shop.refund', READ_BY_NOBODY)}\n")
    found = scanned(usage=log, covers=covers(), provenance="system")
    unused = {row["entitlement"] for row in of(found["rows"], "never_used")}
    assert "SELECT on table shop.payments, in orders" in unused
    assert not [each for each in unused if each.startswith("SELECT on table shop.customers")]
    (said,) = [each["text"] for each in found["coverage"]["unseen"] if each["title"] == "Use"]
    assert "1 line named accounts that are not there, such as APP_WEB. So anybody may have used 1 thing" in said
    log.write_text(log.read_text().replace("orders.shop.customers", "elsewhere"))
    assert of(scanned(usage=log, covers=covers(), provenance="system")["rows"], "never_used") == []


@pytest.mark.parametrize(("column", "name"), [("account", "SUPPORT_BOT"), ("agent", "Airline support")])
def test_a_file_of_nobody_who_is_there_is_refused(scanned, log, column, name):
    log.write_text(log.read_text().replace("account", column, 1).replace("support_bot", name))
    with pytest.raises(CommandError, match=f"no line is of an account that is there: '{name}' is none"):
        scanned(usage=log, covers=covers(), provenance="system")


def test_a_file_of_runs_of_nobody_who_is_there_is_refused(scanned, log, tmp_path):
    runs = tmp_path / "runs.csv"
    runs.write_text(f"run,agent,started\n1,Airline support,{log.read_text().splitlines()[1].partition(',')[0]}\n")
    with pytest.raises(CommandError, match=r"runs\.csv: no line is of an account that is there"):
        scanned(usage=log, covers=covers(), runs=runs, provenance="system")


VIEWS = """
    CREATE ROLE view_owner LOGIN IN ROLE writers; GRANT SELECT ON shop.payments TO view_owner;
    GRANT UPDATE ON shop.payments TO PUBLIC;
    {made}; ALTER {what} OWNER TO view_owner;
"""


@pytest.mark.parametrize(
    ("what", "made"),
    [
        ("VIEW shop.seen", "CREATE VIEW shop.seen AS SELECT * FROM shop.payments"),
        (
            "FUNCTION shop.total()",
            "CREATE FUNCTION shop.total() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'",
        ),
    ],
)
def test_what_an_owner_holds_is_used_by_whoever_calls_its_views(fresh, log, what, made):
    estate.run(fresh, "orders", VIEWS.format(what=what, made=made))
    found = scan(fresh, usage=log, covers=covers(), provenance="system")
    unused = {row["holder"] for row in of(found["rows"], "never_used") if "in orders" in row["entitlement"]}
    assert "app_web" in unused
    assert not unused & {"view_owner", "writers", "readers", "PUBLIC"}
    assert {row["holder"] for row in of(found["rows"], "never_used") if "in archive" in row["entitlement"]} == {
        "PUBLIC"
    }
    (said,) = [each["text"] for each in found["coverage"]["unseen"] if each["title"] == "Use"]
    assert "What view_owner may is used by whoever calls the views and functions" in said
    estate.run(fresh, "orders", f"ALTER {what} OWNER TO shop_owner")
    found = scan(fresh, usage=log, covers=covers(), provenance="system")
    assert "view_owner" in {row["holder"] for row in of(found["rows"], "never_used")}, "it owns none any more"


def test_whom_a_broken_line_was_about_nobody_knows(scanned, log):
    log.write_text(f'{log.read_text()}"no end of it\n')
    found = scanned(usage=log, covers=covers(), provenance="system")
    assert of(found["rows"], "never_used") == []


def test_a_few_days_prove_nothing(scanned, log):
    assert of(scanned(usage=log, covers=covers(3), provenance="system")["rows"], "never_used") == []


def test_runs_are_counted_where_they_are_given(scanned, log, tmp_path):
    start = datetime.now(UTC) - timedelta(days=2)
    runs = tmp_path / "runs.csv"
    lines = [f"r{number},support_bot,{(start + timedelta(minutes=number)).isoformat()}" for number in range(200)]
    runs.write_text("\n".join(["run,agent,started", *lines]))
    found = scanned(usage=log, covers=covers(), runs=runs, provenance="system")
    rows = of(found["rows"], "never_used", "writers")
    assert rows
    assert all("Not used in 200 runs" in row["why"] and "at most 1.5 % of runs" in row["why"] for row in rows)
    assert of(found["rows"], "never_used", "app_web") == [], "it had no runs"


def test_some_refused_lines_end_with_two(standing, tmp_path, monkeypatch, log):
    monkeypatch.chdir(tmp_path)
    log.write_text(log.read_text() + "yesterday,2,support_bot,execute,x,allowed\n")
    out = StringIO()
    with pytest.raises(SystemExit, match="2"):
        call_command("scan", estate.url(standing), usage=log, covers=covers(), stdout=out, stderr=StringIO())
    assert "calls.csv line 3: at 'yesterday' is no time" in " ".join(out.getvalue().split())
    assert (tmp_path / "scan-orders-and-archive.html").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"usage": "calls.csv"}, "--usage needs --covers"),
        ({"covers": "2026-01-01..2026-02-01"}, "give that with --usage"),
        ({"usage": "nosuch.csv", "covers": "2026-01-01..2026-02-01"}, "nosuch.csv"),
        ({"usage": "calls.csv", "covers": "last month"}, "no interval"),
        ({"usage": "calls.csv", "covers": "2026-01-01..2099-01-01"}, "in the future"),
        ({"usage": "calls.csv", "covers": "2026-01-01..2026-02-01", "runs": "nosuch.csv"}, "nosuch.csv"),
        ({"usage": "calls.csv", "covers": "2026-01-01..2026-02-01", "mapping": "words.json"}, "mapping: 't' needs"),
        ({"usage": "calls.csv", "covers": "2026-01-01..2026-02-01", "mapping": "half.json"}, "mapping: 't' needs"),
        ({"usage": "empty.csv", "covers": "2026-01-01..2026-02-01"}, "column missing: at"),
    ],
)
def test_a_bad_file_of_use_is_refused_before_anything_is_read_or_written(log, tmp_path, wrong, said):
    (tmp_path / "empty.csv").write_text("when,who\n")
    (tmp_path / "words.json").write_text('{"t": "x"}')
    (tmp_path / "half.json").write_text('{"t": {"action": 1, "resource": "x"}}')
    before = sorted(tmp_path.iterdir())
    paths = {name: value if name == "covers" else tmp_path / value for name, value in wrong.items()}
    with pytest.raises(CommandError, match=re.escape(said)):
        call_command("scan", "postgresql://nobody@127.0.0.1:1/nowhere", stdout=StringIO(), stderr=StringIO(), **paths)
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_speaks_of_nothing_that_is_there_is_refused(scanned, log):
    log.write_text(log.read_text().replace("execute,orders.shop.refund", "EXECUTE,shop.refund"))
    said = "'execute' on 'shop.refund'; the system has 'execute' on 'orders.shop.refund'"
    with pytest.raises(CommandError, match=said):
        scanned(usage=log, covers=covers())


class TestMemberships:
    """What comes of a membership is what its options let come."""

    def test_a_superuser_is_reached_by_becoming_it_alone(self, found):
        assert {row["holder"] for row in of(found["rows"], "superuser")} == {
            "break_glass",
            "fare_watch",
            "keyholder",
            "ops_sync",
            "root_too",
        }

    def test_what_would_need_a_step_that_is_not_allowed_is_not_said(self, found):
        for holder in ("one_step", "two_steps", "on_paper"):
            assert {row["check"] for row in found["rows"] if row["holder"] == holder} == {"no_end_date"}, holder

    def test_the_right_to_hand_out_alone_says_so(self, found):
        rows = [row for row in found["rows"] if row["holder"] == "doorkeeper"]
        assert [row["check"] for row in rows] == ["can_widen_itself", "no_owner_found", "no_end_date"]
        assert "The membership gives nothing but that" in rows[0]["why"]

    def test_who_may_admit_itself_to_a_role_has_what_comes_of_that(self, found):
        (row,) = of(found["rows"], "superuser", "keyholder")
        assert row["paths"] == [["keyholder", "gatekeepers", "gate", "root_too", "superuser"]]
        assert (row["risk"], "As things stand it may not." in row["why"]) == ("critical", True)
        assert row["confidence"].endswith("it takes a GRANT besides, which it may give itself")
        assert 'REVOKE ADMIN OPTION FOR gate FROM "gatekeepers";' in row["fix"]["text"]
        (row,) = of(found["rows"], "can_widen_itself", "gatekeepers")
        assert (row["risk"], "may become the superuser root_too" in row["why"]) == ("critical", True)
        told = [row["entitlement"] for row in of(found["rows"], "can_widen_itself", "loaders_admin")]
        assert told == ["member of pg_execute_server_program", "member of loaders"]
        assert of(found["rows"], "can_widen_itself", "last_door") == [], "none but a superuser admits to a superuser"

    def test_who_acts_as_an_owner_is_told_with_the_way(self, found):
        (more,) = of(found["rows"], "through_roles", "night_job")
        assert more["entitlement"] == "member of pg_read_all_data"
        assert "By name it holds nothing." in more["why"]
        (row,) = of(found["rows"], "owner", "night_job")
        assert row["entitlement"] == "owner of schema kept, in archive and 1 more thing"
        assert row["paths"] == [["night_job", "keepers", "owner of schema kept, in archive"]]
        assert "REVOKE keepers FROM night_job" in row["fix"]["text"]

    def test_who_may_become_a_role_has_its_attributes(self, found):
        assert {row["entitlement"] for row in of(found["rows"], "privileged", "copier")} == {"BYPASSRLS", "REPLICATION"}
        assert of(found["rows"], "no_owner_found", "copier")
