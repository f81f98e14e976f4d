"""A URL, names that could mislead, and what is known of a role: plain text in, plain text out."""

from dataclasses import replace

import pytest

from connectors import catalog
from connectors.base import Entitlement, Grant, HolderKind, Principal, Ref
from connectors.errors import ConfigInvalid
from connectors.postgresql import advising, mending
from connectors.postgresql.quoting import one_line, printable, quoted


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch):
    for name in ("PGPASSWORD", "PGUSER", "PGHOST", "PGPORT", "PGDATABASE", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)


def test_a_url_is_a_configuration():
    found = catalog.address("postgres://scan%40er:p%3Aw@Db.example:6432/one?also=two&sslmode=verify-full")
    assert dict(found.config) == {
        "host": "Db.example",
        "port": 6432,
        "user": "scan@er",
        "databases": ["one", "two"],
        "sslmode": "verify-full",
    }
    assert found.secrets["password"].reveal() == "p:w"
    assert (found.name, found.asks) == ("one and two", "")


def test_a_socket_may_be_named_apart():
    found = catalog.address("postgresql:///reservations?host=/run/Postgresql")
    assert (found.config["host"], found.config["databases"]) == ("/run/Postgresql", ["reservations"])


def test_the_url_that_is_shown_has_no_password_and_says_the_same():
    found = catalog.address("postgresql://u:secret@%2Ftmp%2FPg:5433/a%20b?also=c&also=d")
    assert "secret" not in found.shown
    assert catalog.address(found.shown).config == found.config


def test_a_password_that_is_not_given_is_asked_for(monkeypatch):
    assert catalog.address("postgresql://u@h/d").asks == "password"
    monkeypatch.setenv("PGPASSWORD", "word")
    found = catalog.address("postgresql://u@h/d")
    assert (found.asks, found.secrets["password"].reveal()) == ("", "word")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@h:99999999999999999999x/d",
        "postgresql://[::1/d",
        "postgresql://u@h/d?x=1",
        "secret@h://",
        "postgresql://u:sec@ret@h/d",
        "postgresql://u:12/secret@h/d",
        "postgresql://u:12?secret@h/d",
        "postgresql://u:12#secret@h/d",
        "postgresql://u%00secret@h/d",
        "postgresql://u:secret%00p@h/d",
        "postgresql://u:secret@h:70000/d",
        "postgresql://u:secret@h/d?sslmode=bogus",
    ],
)
def test_a_url_that_is_none_is_refused_without_its_password(url):
    with pytest.raises(ConfigInvalid) as refused:
        catalog.address(url)
    assert not [part for part in ("p@", "sec", "ret@") if part in str(refused.value)]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("app_web", "app_web"),
        ("user", '"user"'),
        ("current_user", '"current_user"'),
        ("Mixed_1", '"Mixed_1"'),
        ('o"r', '"o""r"'),
        ("evil\u202egnp", 'U&"evil\\202Egnp"'),
        ("a\\b\n", 'U&"a\\005Cb\\000A"'),
        ("\U000e0041", 'U&"\\+0E0041"'),
    ],
)
def test_a_name_is_written_so_that_it_is_read_as_it_is(name, written):
    assert quoted(name) == written


def test_what_the_server_quoted_is_changed_only_where_it_misleads():
    assert printable('shop."Odd name"(text,"t\u202e")') == 'shop."Odd name"(text,U&"t\\202E")'
    assert one_line("a\nDROP TABLE b") == "a\\000ADROP TABLE b"


def held(entitlement: Ref, **native) -> Grant:
    return Grant(Ref("role", "20001"), entitlement, native={"grantee": "app_web", "grantor": "shop_owner", **native})


@pytest.mark.parametrize(
    ("ref", "sql"),
    [
        (Ref("column", "one:column:s.t.c:SELECT"), "REVOKE SELECT (c) ON TABLE s.t FROM app_web;"),
        (Ref("database", "*:database:one:TEMPORARY"), "REVOKE TEMPORARY ON DATABASE one FROM app_web;"),
        (
            Ref("parameter", "*:parameter:archive_command:ALTER SYSTEM"),
            "REVOKE ALTER SYSTEM ON PARAMETER archive_command FROM app_web;",
        ),
        (
            Ref("default", "one:default:functions of shop_owner in schema s:EXECUTE"),
            "ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA s\n  REVOKE EXECUTE ON FUNCTIONS\n  FROM app_web;",
        ),
        (Ref("owner", "one:owner:table:s.t"), "ALTER TABLE s.t OWNER TO new_owner;"),
    ],
)
def test_each_kind_has_its_statement(ref, sql):
    remedy = mending.take_away(held(ref))
    assert remedy is not None
    assert sql in remedy.text


def test_only_a_schema_that_is_not_open_to_everyone_is_needed():
    on = {where: Ref("function", f"one:function:{where}.f():EXECUTE") for where in ("s", "pg_catalog")}
    needed = {where: advising.needs(Entitlement(ref, "EXECUTE on f", "f")) for where, ref in on.items()}
    assert needed == {"s": (Ref("schema", "one:schema:s:USAGE"),), "pg_catalog": ()}


def test_what_is_not_ours_has_no_statement():
    assert mending.take_away(held(Ref("bucket", "s3://x"))) is None


def test_the_servers_own_superuser_is_not_taken_away():
    own = Grant(Ref("role", "10"), Ref("superuser", "*:superuser"), native={"grantee": "postgres"})
    assert mending.take_away(own) is None


def test_what_makes_one_of_its_own_roles_is_not_taken_away():
    of_monitor = held(Ref("membership", "*:membership:pg_read_all_stats"), grantee="pg_monitor")
    assert mending.take_away(of_monitor) is None
    assert mending.take_away(held(Ref("membership", "*:membership:pg_read_all_stats"))) is not None


def test_an_owner_is_looked_for_before_anything_stops():
    role = Principal(Ref("role", "20001"), "app_web", HolderKind.LOGIN, enabled=True, owner_hints=("it's\u202eold",))
    remedy = mending.name_owner(role)
    assert remedy is not None
    assert remedy.text == "COMMENT ON ROLE app_web\n  IS U&'Owner: …; it''s\\202Eold';"
    assert "Where nobody turns up, ALTER ROLE app_web NOLOGIN" in remedy.effect
    assert mending.name_owner(replace(role, kind=HolderKind.ROLE)) is None


@pytest.mark.parametrize(
    ("attrs", "checks"),
    [
        ({"createrole": True, "valid_until": "2100-01-01"}, ["can_widen_itself"]),
        ({"bypassrls": True, "replication": True, "valid_until": None}, ["privileged", "privileged", "no_end_date"]),
        ({"super": True, "createrole": True, "valid_until": None}, ["no_end_date"]),
        ({"valid_until": "infinity"}, ["no_end_date"]),
        ({}, []),
    ],
)
def test_a_roles_attributes_are_told(attrs, checks):
    role = Principal(Ref("role", "20001"), "app_web", HolderKind.LOGIN, enabled=True, attrs=attrs)
    assert [each.check for each in advising.concerns(role)] == checks


@pytest.mark.parametrize(
    ("version", "risk", "said"),
    [
        (15, 95, "as good as superuser"),
        (18, 75, "and nothing else on this server"),
        (None, 75, "before PostgreSQL 16, any role but a superuser"),
    ],
)
def test_what_making_roles_means_is_told_of_the_version(version, risk, said):
    attrs = {"createrole": True, "server": version}
    (concern,) = advising.concerns(Principal(Ref("role", "20001"), "hr_sync", HolderKind.ROLE, attrs=attrs))
    assert concern.risk == risk
    assert said in concern.why
