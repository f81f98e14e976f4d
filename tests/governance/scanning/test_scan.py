"""A scan of a real cluster: what it says is judged by hand, or by the server itself."""

from typing import Any

from connectors.postgresql import advising
from tests.governance.scanning import estate
from tests.governance.scanning.conftest import scan

FIRST = [
    ("superuser", "break_glass"),
    ("superuser", "fare_watch"),
    ("superuser", "keyholder"),
    ("superuser", "ops_sync"),
    ("superuser", "root_too"),
    ("granted_to_everyone", "PUBLIC"),
    ("privileged", "file_loader"),
]


def told(rows) -> list[tuple[str, str]]:
    """Each (check, holder), once, in order."""
    return list(dict.fromkeys((row["check"], row["holder"]) for row in rows))


def of(rows, check: str, holder: str = "") -> list[dict[str, Any]]:
    return [row for row in rows if row["check"] == check and holder in {"", row["holder"]}]


def test_the_first_rows_are_what_is_worst(found):
    assert told(found["rows"])[:7] == FIRST
    assert of(found["rows"], "superuser", "postgres") == [], "the server itself needs it"


def test_a_definer_function_that_is_open_to_everyone_is_critical(found):
    (row,) = [
        each for each in found["rows"] if "export_customers" in each["entitlement"] and each["holder"] == "PUBLIC"
    ]
    assert row["risk"] == "critical"
    assert "runs as postgres, a superuser" in row["why"]
    assert row["confidence"] == "Certain: read from the catalogue"
    assert row["paths"][0] == ["Everyone", "granted by postgres", row["entitlement"]]


def test_what_only_some_can_reach_is_said_to_be_open_to_them_alone(found):
    (row,) = [each for each in found["rows"] if "opening_hours" in each["entitlement"]]
    assert "Only who also holds USAGE on schema shop can make use of it." in row["why"]


def test_rights_past_what_was_given_by_name_show_their_way(found):
    (row,) = of(found["rows"], "through_roles", "support_bot")
    assert row["paths"][0][:4] == ["support_bot", "support_team", "writers", "granted by shop_owner"]
    assert "on table shop.payments" in row["paths"][0][-1]


def test_two_grantors_are_two_ways(found):
    rows = of(found["rows"], "may_pass_on")
    assert {row["holder"] for row in rows} == {"app_web", "dba_anna", "dba_boris"}
    (row,) = [each for each in rows if each["holder"] == "dba_boris"]
    assert "It had passed it to app_web" in row["fix"]["effect"]


def test_no_owner_found_is_never_called_ownerless(found):
    (row,) = of(found["rows"], "no_owner_found", "tmp_migration_2023")
    assert row["confidence"] == "Likely: no owner was found, which is not proof that there is none"
    assert "Its name says that it was not meant to stay" in row["why"]
    assert "ownerless" not in str(found["rows"])


def test_a_comment_that_names_nobody_is_a_remark(found):
    (row,) = of(found["rows"], "no_owner_found", "night_job")
    assert "What is written on it gives no address and no owner: “temporary, ask nobody”." in row["why"]
    assert of(found["rows"], "no_owner_found", "hr_sync") == [], "its comment names jon@example.org"


def test_an_owner_is_looked_for_before_anybody_is_shut_out(found):
    rows = {row["holder"]: row for row in of(found["rows"], "no_owner_found")}
    fix = rows["dba_anna"]["fix"]
    assert fix["text"] == "COMMENT ON ROLE dba_anna\n  IS 'Owner: …; Anna Berg';", "what it says is kept"
    assert "ALTER ROLE dba_anna NOLOGIN" in fix["effect"]
    assert "countersign_scan" not in rows, "whoever runs the scan answers for it"


def test_what_postgresql_itself_is_made_of_is_no_finding(found):
    assert of(found["rows"], "privileged", "watcher"), "who was given it is"
    assert not [row for row in found["rows"] if row["holder"] == "pg_monitor"]
    (row,) = of(found["rows"], "can_widen_itself", "hr_sync")
    assert row["why"].endswith("and nothing else on this server."), "the version was read"


def test_a_log_in_without_an_end_is_told_of_whoever_it_is(found):
    rows = {row["holder"]: row for row in of(found["rows"], "no_end_date")}
    assert {"fare_watch", "night_job", "ops_sync"} <= rows.keys(), "a superuser as well"
    assert rows["night_job"]["why"].startswith("VALID UNTIL is infinity")
    assert rows["ops_sync"]["why"].startswith("VALID UNTIL is empty")


def test_a_role_that_may_not_log_in_is_no_log_in(found):
    assert "retired" not in {row["holder"] for row in found["rows"]}


def test_without_a_record_nothing_is_called_unused(found):
    assert found["coverage"]["use"] == {"observable": False}
    assert of(found["rows"], "never_used") == []


def test_the_object_is_what_it_promises(found):
    assert set(found) == {"system", "coverage", "rows"}
    wanted = {"check", "holder", "entitlement", "paths", "why", "confidence", "fix", "risk"}
    assert {frozenset(row) for row in found["rows"]} == {frozenset(wanted)}
    assert found["coverage"]["read"]["grants"]["left_out"].keys() <= advising.RULES.keys(), "each in words of its own"
    assert sum(found["system"]["by_risk"].values()) == found["system"]["grants"]
    assert found["system"]["by_risk"]["critical"] == 16, (
        "four superusers, three ways to one and the right to hand one of them out, what runs programs, twice, and twice"
        " the right to hand that out, what reads all and the way to that, what reads what everybody runs, and what runs"
        " as a superuser"
    )


def test_the_same_system_gives_the_same_rows(found, scanned):
    again = scanned()
    assert again["rows"] == found["rows"]
    assert again["system"]["rows_sha256"] == found["system"]["rows_sha256"]


def test_who_owns_the_databases_acts_as_their_owners_role(fresh):
    estate.run(fresh, "postgres", "ALTER DATABASE orders OWNER TO app_etl; ALTER DATABASE archive OWNER TO app_etl")
    found = scan(fresh)
    (row,) = [each for each in of(found["rows"], "owner", "app_etl") if "schema public" in each["entitlement"]]
    assert row["paths"] == [["app_etl", "pg_database_owner", "owner of schema public, in archive"]]
    assert row["fix"] is None, "no REVOKE takes it"
    assert of(found["rows"], "privileged", "app_etl") == []
    estate.run(fresh, "postgres", "ALTER DATABASE archive OWNER TO app_web")
    found = scan(fresh)
    assert not [each for each in of(found["rows"], "owner") if "schema public" in each["entitlement"]]
    assert found["coverage"]["read"]["grants"]["left_out"]["owners_apart"] == 2
