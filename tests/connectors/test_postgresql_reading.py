"""What is listed, what is left out, and that pages neither lose nor double anything."""

import hashlib

import pytest

from connectors.base import Action, Entitlement, HolderKind, Principal, Ref, Shown, read_all
from connectors.errors import ConfigInvalid, SchemaDrift, Unsupported
from connectors.postgresql import queries
from connectors.postgresql.kinds import KINDS
from tests.connectors.company import AGENTS, BOOKINGS, DATABASE, REFUND, Company

STREAMS = ("principals", "entitlements", "grants")


def principals(airline: Company) -> dict[str, Principal]:
    found = read_all(airline.connector(), "principals")
    return {each.name: each for each in found if isinstance(each, Principal)}


def entitlements(airline: Company) -> dict[str, Entitlement]:
    found = read_all(airline.connector(), "entitlements")
    return {each.ref.id: each for each in found if isinstance(each, Entitlement)}


def left_out(airline: Company, stream: str, limit: int = 500) -> dict[str, int]:
    total: dict[str, int] = {}
    cursor: str | None = None
    while True:
        page = airline.connector().read(stream, cursor, limit)
        for rule, number in page.left_out.items():
            total[rule] = total.get(rule, 0) + number
        cursor = page.next
        if cursor is None:
            return total


def test_public_is_one_holder(airline):
    everyone = principals(airline)["PUBLIC"]
    assert (everyone.ref, everyone.kind) == (Ref("role", "0"), HolderKind.EVERYONE)


def test_a_role_with_members_is_a_role_and_one_that_logs_in_is_a_log_in(airline):
    airline.do("GRANT airline_agents TO agent; ALTER ROLE other_agent NOLOGIN")
    found = principals(airline)
    assert (found["agent"].kind, found["agent"].enabled) == (HolderKind.LOGIN, True)
    assert (found["airline_agents"].kind, found["airline_agents"].enabled) == (
        HolderKind.ROLE,
        None,
    )
    assert (found["other_agent"].kind, found["other_agent"].enabled) == (HolderKind.LOGIN, False)
    assert found["agent"].ref == Ref("role", airline.oid("agent"))


def test_a_comment_is_a_hint_at_the_owner(airline):
    airline.do("COMMENT ON ROLE agent IS 'owner: ada@airline.example'")
    assert principals(airline)["agent"].owner_hints == ("owner: ada@airline.example",)


def test_predefined_roles_are_left_out_unless_somebody_is_in_them(airline):
    assert "pg_monitor" not in principals(airline)
    everyone = left_out(airline, "principals")["predefined"]
    airline.do("GRANT pg_monitor TO agent")
    assert "pg_monitor" in principals(airline)
    assert "pg_read_all_settings" in principals(airline)  # which pg_monitor is in
    assert left_out(airline, "principals")["predefined"] == everyone - 4
    assert airline.grant("agent", "*:membership:pg_monitor").revocable


def test_everyone_may_call_a_new_function_which_has_no_access_list(airline):
    airline.do("CREATE FUNCTION air.look() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    assert airline.acl("air.look()") == ""
    grant = airline.grant("PUBLIC", "airline:function:air.look():EXECUTE")
    assert grant.instance == str(airline.ask("SELECT 'air.look'::regproc::oid"))


def test_two_grantors_are_two_grants(airline):
    airline.do("""
        GRANT EXECUTE ON FUNCTION air.refund_payment TO dba_two WITH GRANT OPTION;
        SET ROLE dba_two; GRANT EXECUTE ON FUNCTION air.refund_payment TO agent;
    """)
    mine = [
        each for each in airline.grants() if (each.principal.id, each.entitlement.id) == (airline.oid("agent"), REFUND)
    ]
    assert {each.origin for each in mine} == {airline.oid("air_owner"), airline.oid("dba_two")}
    assert len({each.key for each in mine}) == 2


def test_an_owner_has_one_ownership_and_not_all_its_privileges(airline):
    owner = airline.oid("air_owner")
    held = sorted(each.entitlement.id for each in airline.grants() if each.principal.id == owner)
    assert held == [
        "airline:owner:function:air.refund_payment(text,integer)",
        "airline:owner:schema:air",
        "airline:owner:table:air.bookings",
    ]


def test_every_grant_is_of_a_listed_principal_and_entitlement_and_its_key_is_unique(airline):
    airline.do("GRANT airline_agents TO agent; GRANT pg_read_all_data TO agent")
    grants, holders = airline.grants(), {each.ref for each in principals(airline).values()}
    assert {each.principal for each in grants} <= holders
    assert {each.entitlement.id for each in grants} <= entitlements(airline).keys()
    assert len({each.key for each in grants}) == len(grants)


def test_use_is_matched_by_action_and_resource(airline):
    found = entitlements(airline)
    assert found[REFUND].actions == (Action("execute", "airline.air.refund_payment", shown=Shown.IF_SET),)
    assert found[BOOKINGS].actions == (Action("select", "airline.air.bookings", shown=Shown.IF_SET),)
    for unobservable in (AGENTS, "airline:schema:air:USAGE", "*:superuser"):
        assert found[unobservable].actions == ()
    assert found["airline:owner:table:air.bookings"].actions == ()


def test_a_membership_confers_its_role(airline):
    assert entitlements(airline)[AGENTS].confers == Ref("role", airline.oid("airline_agents"))


def test_a_functions_definition_is_its_digest(airline):
    text = airline.ask("SELECT pg_get_functiondef('air.refund_payment'::regproc)")
    before = entitlements(airline)[REFUND].definition_digest
    assert before == hashlib.sha256(text.encode()).hexdigest()
    airline.do("""
        CREATE OR REPLACE FUNCTION air.refund_payment(ticket text, amount integer) RETURNS text
        LANGUAGE sql AS 'SELECT NULL';
    """)
    assert entitlements(airline)[REFUND].definition_digest != before


def test_aggregates_and_procedures_have_a_digest_too(airline):
    airline.do("""
        CREATE AGGREGATE air.total(int) (SFUNC = int4pl, STYPE = int);
        CREATE PROCEDURE air.nightly() LANGUAGE sql AS 'SELECT 1';
    """)
    found = entitlements(airline)
    for name in ("air.total(integer)", "air.nightly()"):
        assert len(found[f"airline:function:{name}:EXECUTE"].definition_digest) == 64
        grant = airline.grant("PUBLIC", f"airline:function:{name}:EXECUTE")
        airline.connector().revoke(grant, idem_key="1")


def test_catalogues_and_extensions_are_left_out_and_counted(airline):
    counted = left_out(airline, "grants")
    acl_rows = """
        SELECT count(*) FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace
        CROSS JOIN aclexplode(coalesce(p.proacl, acldefault('f', p.proowner)))
        WHERE n.nspname IN ('pg_catalog', 'information_schema')
    """
    assert counted["catalogue"] > airline.ask(acl_rows) > 6_000
    assert "extension" not in counted
    airline.do("CREATE EXTENSION citext")
    assert left_out(airline, "grants")["extension"] > 10
    assert not [each for each in airline.grants() if "citext" in each.entitlement.id]


@pytest.mark.parametrize("stream", ["grants", "entitlements"])
def test_what_is_left_out_is_as_much_as_its_entries_one_by_one(airline, stream):
    airline.do("CREATE EXTENSION citext SCHEMA air; GRANT SELECT ON air.bookings TO pg_monitor")
    scope = {"include": False, "databases": [airline.database]}
    with airline.as_admin() as connection:
        for kind in KINDS:
            query = queries.listed(stream, kind, version=connection.info.server_version, touched=set())
            counted = f"{query} SELECT rule, number FROM counted"
            single = f"{query} SELECT rule, count(*) FROM listed WHERE rule <> '' GROUP BY rule"
            told, wanted = (dict(connection.execute(each.encode(), scope).fetchall()) for each in (counted, single))
            assert told == wanted, kind


def test_what_somebody_opened_of_what_was_brought_is_listed(airline):
    airline.do("CREATE EXTENSION citext SCHEMA air")
    before, counted = airline.grants(), left_out(airline, "grants")
    airline.do("""
        GRANT SELECT ON pg_authid TO agent; GRANT SELECT (rolpassword) ON pg_authid TO other_agent;
        GRANT EXECUTE ON FUNCTION pg_read_file(text) TO PUBLIC;
        GRANT EXECUTE ON FUNCTION lower(text), air.citext_eq TO agent WITH GRANT OPTION;
        GRANT SELECT ON information_schema.tables TO agent; GRANT USAGE ON SCHEMA information_schema TO dba_two;
        GRANT USAGE ON TYPE air.citext TO agent; REVOKE EXECUTE ON FUNCTION upper(text) FROM PUBLIC;
        ALTER FUNCTION pg_ls_waldir() OWNER TO dba_two; CREATE TEMPORARY TABLE mine (a int);
        CREATE FUNCTION pg_catalog.own() RETURNS int LANGUAGE sql AS 'SELECT 1';
    """)
    grants = airline.grants()
    came = [each for each in grants if each not in before]
    assert {(each.native["grantee"], each.entitlement.id.removeprefix("airline:")) for each in came} == {
        ("agent", "table:pg_catalog.pg_authid:SELECT"),
        ("other_agent", "column:pg_catalog.pg_authid.rolpassword:SELECT"),
        ("PUBLIC", "function:pg_catalog.pg_read_file(text):EXECUTE"),
        ("agent", "function:pg_catalog.lower(text):EXECUTE"),
        ("agent", "function:air.citext_eq(air.citext,air.citext):EXECUTE"),
        ("agent", "table:information_schema.tables:SELECT"),
        ("dba_two", "schema:information_schema:USAGE"),
        ("agent", "type:air.citext:USAGE"),
        ("dba_two", "owner:function:pg_catalog.pg_ls_waldir()"),
        ("PUBLIC", "function:pg_catalog.own():EXECUTE"),
        ("postgres", "owner:function:pg_catalog.own()"),
    }
    offered = entitlements(airline)
    assert {each.entitlement.id for each in grants} <= offered.keys()
    assert {name.split(".")[1] for name, each in offered.items() if each.privileged and "pg_catalog." in name} == {
        *("pg_authid:SELECT", "pg_authid", "pg_read_file(text):EXECUTE")
    }
    assert list(read_all(airline.connector(), "grants", limit=12)) == grants
    now = left_out(airline, "grants")
    gone = 3  # what everyone had of upper, an ownership, and what its new owner now gives pg_monitor
    assert (now["extension"], now["catalogue"]) == (counted["extension"], counted["catalogue"] - gone)
    for each in came:
        if each.revocable:
            airline.connector().revoke(each, idem_key="1")
    assert {each.entitlement.id for each in airline.grants() if each not in before} == {
        "airline:owner:function:pg_catalog.pg_ls_waldir()",
        "airline:owner:function:pg_catalog.own()",
    }


def test_what_is_left_out_is_counted_once_whatever_the_page(airline):
    for stream in STREAMS:
        assert left_out(airline, stream, limit=3) == left_out(airline, stream)


def test_catalogues_are_read_if_wanted(airline):
    found = airline.connector(include_catalogues=True)
    grants = list(read_all(found, "grants", limit=20_000))
    assert len(grants) > 6_000
    assert any("pg_catalog.lower(text)" in str(each) for each in grants)


@pytest.mark.parametrize("stream", STREAMS)
def test_small_pages_of_two_databases_are_the_same_as_one(airline, stream):
    airline.do("CREATE DATABASE second TEMPLATE template0", "postgres")
    connector = airline.connector(databases=[DATABASE, "second"])
    many = list(read_all(connector, stream))
    assert list(read_all(connector, stream, limit=4)) == many
    assert len(many) > 5


def test_a_cursor_is_kept_and_goes_on_where_it_was(airline):
    first = airline.connector().read("grants", None, 2)
    assert isinstance(first.next, str)
    airline.do("CREATE TABLE air.later (a int)")
    rest = list(airline.connector().read("grants", first.next, 500).items)
    assert not set(map(str, first.items)) & set(map(str, rest))


def test_several_databases_are_read_in_their_order(airline):
    airline.do("CREATE DATABASE second TEMPLATE template0", "postgres")
    airline.do("CREATE TABLE public.seats (a int)", "second")
    names = [each.entitlement.id for each in airline.grants(databases=["second", DATABASE])]
    assert names.index("second:owner:table:public.seats") < names.index(REFUND)


def test_a_cursor_of_elsewhere_is_refused(airline):
    connector = airline.connector()
    cursor = connector.read("grants", None, 1).next
    with pytest.raises(SchemaDrift):
        connector.read("entitlements", cursor)
    with pytest.raises(SchemaDrift):
        connector.read("grants", "nonsense")
    with pytest.raises(ConfigInvalid, match="no longer listed"):
        airline.connector(databases=["postgres"]).read("grants", cursor)
    with pytest.raises(Unsupported):
        connector.read("credentials")
