"""Databases, columns, sequences, types, languages and defaults: what is listed of them, and what is left out."""

from collections import Counter
from contextlib import closing

import psycopg
import pytest

from connectors.base import Entitlement, Grant, Principal, read_all
from connectors.errors import Unsupported
from tests.connectors.company import BOOKINGS, PASSWORD, Company
from tests.connectors.test_postgresql_reading import entitlements, left_out, principals

FUNCTIONS = "airline:default:functions of air_owner:EXECUTE"
OF_THE_DATABASES_OWNER = "airline:default:functions of postgres:EXECUTE"


def held_by(airline: Company, holder: str) -> dict[str, Grant]:
    """What a role holds, by the name of the entitlement."""
    oid = "0" if holder == "PUBLIC" else airline.oid(holder)
    return {each.entitlement.id: each for each in airline.grants() if each.principal.id == oid}


def test_what_everyone_has_by_itself_is_everyones(airline):
    airline.do("CREATE TYPE air.mood AS ENUM ('good'); CREATE DOMAIN air.code AS text")
    everyone = held_by(airline, "PUBLIC")
    for name in (
        "*:database:airline:CONNECT",
        "*:database:airline:TEMPORARY",
        "airline:type:air.mood:USAGE",
        "airline:type:air.code:USAGE",
        "airline:language:plpgsql:USAGE",
        "airline:language:sql:USAGE",
    ):
        assert everyone[name].revocable
    assert not any(name.startswith("airline:sequence") for name in everyone)


def test_a_column_is_listed_where_somebody_holds_it_and_its_use_is_the_tables(airline):
    airline.do("SET ROLE air_owner; GRANT SELECT (seat), UPDATE (seat) ON air.bookings TO agent")
    columns = {name: each for name, each in entitlements(airline).items() if each.ref.type == "column"}
    assert columns.keys() == {"airline:column:air.bookings.seat:SELECT", "airline:column:air.bookings.seat:UPDATE"}
    found = columns["airline:column:air.bookings.seat:SELECT"]
    assert found.name == "SELECT on column air.bookings.seat"
    assert found.actions == entitlements(airline)[BOOKINGS].actions
    assert [(each.action, each.resource) for each in found.actions] == [("select", "airline.air.bookings")]
    oid = airline.ask("SELECT 'air.bookings'::regclass::oid")
    assert held_by(airline, "agent")[found.ref.id].instance == f"{oid}.2"


def test_a_system_column_is_one_too(airline):
    airline.do("SET ROLE air_owner; GRANT SELECT (ctid) ON air.bookings TO agent")
    grant = airline.grant("agent", "airline:column:air.bookings.ctid:SELECT")
    assert grant.instance.endswith(".-1")
    airline.connector().revoke(grant, idem_key="1")
    assert grant.entitlement.id not in held_by(airline, "agent")


def test_owners_of_databases_sequences_types_and_languages_are_listed(airline):
    airline.do("CREATE SEQUENCE air.tickets; CREATE TYPE air.mood AS ENUM ('good')")
    assert {
        "*:owner:database:airline",
        "airline:owner:sequence:air.tickets",
        "airline:owner:type:air.mood",
        "airline:owner:language:plpgsql",
    } <= held_by(airline, "postgres").keys()


def test_what_comes_with_a_table_or_a_type_by_itself_is_left_out_and_counted(airline):
    before = left_out(airline, "grants")["implicit"]
    airline.do("CREATE TYPE air.mood AS ENUM ('good')")  # and its array
    assert left_out(airline, "grants")["implicit"] == before + 2  # who owns it, and everyone
    airline.do("CREATE TABLE air.seats (a int)")  # its row, and that one's array
    assert left_out(airline, "grants")["implicit"] == before + 6
    airline.do("CREATE TYPE air.span AS RANGE (subtype = int4)")  # its array, its multirange, and that one's array
    assert left_out(airline, "grants")["implicit"] == before + 12
    types = [each.ref.id for each in entitlements(airline).values() if each.ref.type == "type"]
    assert types == ["airline:type:air.mood:USAGE", "airline:type:air.span:USAGE"]


def test_a_row_type_is_listed_where_somebody_set_its_access_list(airline):
    airline.do("REVOKE USAGE ON TYPE air.bookings FROM PUBLIC; GRANT USAGE ON TYPE air.bookings TO agent")
    grant = airline.grant("agent", "airline:type:air.bookings:USAGE")
    airline.connector().revoke(grant, idem_key="1")
    assert airline.verify(grant).direct == "absent"


def test_languages_in_which_only_a_superuser_writes_are_left_out(airline):
    assert left_out(airline, "grants")["untrusted"] == 4  # owner and everyone, of c and internal
    assert not [name for name in entitlements(airline) if name.startswith("airline:language:c:")]


def test_databases_that_are_not_read_are_left_out_and_counted(airline):
    airline.do("CREATE DATABASE second TEMPLATE template0", "postgres")
    connector = airline.connector(databases=["airline", "second"])
    names = [str(each.ref.id) for each in read_all(connector, "entitlements") if isinstance(each, Entitlement)]
    assert len([name for name in names if name.startswith("*:database:")]) == 6
    one = left_out(airline, "entitlements")["unlisted"]
    page = connector.read("entitlements", None, 500)
    while not page.left_out.get("unlisted"):
        page = connector.read("entitlements", page.next, 500)
    assert page.left_out["unlisted"] == one - 4


def test_a_parameter_is_listed_where_somebody_holds_it_and_told_by_what_it_leads_to(airline):
    airline.do("""
        GRANT SET, ALTER SYSTEM ON PARAMETER archive_command TO agent;
        GRANT SET ON PARAMETER work_mem, airline.tone TO PUBLIC;
    """)
    found = {name: each for name, each in entitlements(airline).items() if each.ref.type == "parameter"}
    told = {name.removeprefix("*:parameter:"): (each.name, each.privileged) for name, each in found.items()}
    assert told == {
        "archive_command:ALTER SYSTEM": ("ALTER SYSTEM on parameter archive_command", True),
        "archive_command:SET": ("SET on parameter archive_command", False),
        "work_mem:SET": ("SET on parameter work_mem", False),
        '"airline.tone":SET': ('SET on parameter "airline.tone"', False),
    }
    meanings = [airline.connector().meaning(each) for each in found.values()]
    assert [each for each in meanings if each] == ["It runs programs on the server's host, as the server's own user."]
    held = held_by(airline, "agent") | held_by(airline, "PUBLIC")
    assert found.keys() <= held.keys()
    airline.do("REVOKE ALL ON PARAMETER work_mem, airline.tone FROM PUBLIC")  # the cluster is used again


def test_a_default_is_listed_by_maker_and_schema(airline):
    airline.do("""
        ALTER DEFAULT PRIVILEGES FOR ROLE air_owner IN SCHEMA air GRANT SELECT, INSERT ON TABLES TO agent;
        ALTER DEFAULT PRIVILEGES FOR ROLE air_owner GRANT USAGE ON SCHEMAS TO agent WITH GRANT OPTION;
    """)
    found = {name: each for name, each in held_by(airline, "agent").items() if each.entitlement.type == "default"}
    assert found.keys() == {
        "airline:default:tables of air_owner in schema air:SELECT",
        "airline:default:tables of air_owner in schema air:INSERT",
        "airline:default:schemas of air_owner:USAGE",
    }
    assert found["airline:default:schemas of air_owner:USAGE"].native["grantable"]
    name = entitlements(airline)["airline:default:tables of air_owner in schema air:SELECT"].name
    assert name == "SELECT on future tables of air_owner in schema air"


def defaults_of_everyone(airline: Company) -> set[str]:
    return {name for name, each in held_by(airline, "PUBLIC").items() if each.entitlement.type == "default"}


def test_that_everyone_may_execute_what_a_role_will_make_is_one_line_a_role_that_makes(airline):
    assert defaults_of_everyone(airline) == {FUNCTIONS, OF_THE_DATABASES_OWNER}
    before = left_out(airline, "grants")["not_a_known_creator"]
    airline.do("""
        GRANT CREATE ON SCHEMA air TO dba_two;
        CREATE FUNCTION air.look() RETURNS int LANGUAGE sql AS 'SELECT 1';
        ALTER FUNCTION air.look() OWNER TO other_agent;
        GRANT CREATE ON SCHEMA air TO PUBLIC;
    """)
    makers = {"air_owner", "dba_two", "other_agent", "postgres"}
    assert defaults_of_everyone(airline) == {f"airline:default:functions of {name}:EXECUTE" for name in makers}
    assert left_out(airline, "grants")["not_a_known_creator"] == before - 2


def test_who_may_create_by_a_role_or_as_the_databases_owner_makes_functions_too(airline):
    airline.do(f"""
        CREATE ROLE developers; CREATE ROLE dev LOGIN PASSWORD '{PASSWORD}' IN ROLE developers;
        CREATE ROLE stepper LOGIN NOINHERIT PASSWORD '{PASSWORD}' IN ROLE developers;
        GRANT CREATE ON SCHEMA air TO developers; ALTER DATABASE airline OWNER TO dba_two;
        CREATE ROLE builder; GRANT CREATE ON DATABASE airline TO builder;
    """)
    makers = {"air_owner", "developers", "dev", "dba_two", "builder"}
    assert defaults_of_everyone(airline) == {f"airline:default:functions of {name}:EXECUTE" for name in makers}
    make = "CREATE FUNCTION air.{name}() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    assert airline.can("dev", make.format(name="by_dev"))
    assert airline.can("agent", "SELECT air.by_dev()")
    assert not airline.can("stepper", make.format(name="by_stepper"))
    assert airline.can("stepper", make.format(name="by_stepper"), after="SET ROLE developers")
    assert airline.ask("SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'by_stepper'") == "developers"


def test_who_made_a_function_of_its_session_only_makes_none(airline):
    account = airline.admin | {"user": "agent", "password": PASSWORD, "dbname": airline.database}
    with closing(psycopg.connect(**account, autocommit=True)) as session:
        session.execute("CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        assert defaults_of_everyone(airline) == {FUNCTIONS, OF_THE_DATABASES_OWNER}


def test_that_line_goes_when_the_maker_has_closed_it(airline):
    airline.do("ALTER DEFAULT PRIVILEGES FOR ROLE air_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    assert defaults_of_everyone(airline) == {OF_THE_DATABASES_OWNER}
    assert FUNCTIONS not in entitlements(airline)
    airline.do("ALTER DEFAULT PRIVILEGES FOR ROLE air_owner GRANT EXECUTE ON FUNCTIONS TO agent")
    assert FUNCTIONS in held_by(airline, "agent")


OWNERS = "*:membership:pg_database_owner"


@pytest.mark.parametrize("inherit", ["INHERIT", "NOINHERIT"])
def test_a_databases_owner_is_a_member_without_any_grant(airline, inherit):
    airline.do(f"ALTER DATABASE airline OWNER TO agent; ALTER ROLE agent {inherit}")
    grant = airline.grant("agent", OWNERS)
    assert (grant.revocable, grant.origin, grant.instance) == (False, "", airline.oid("pg_database_owner"))
    has = airline.ask("SELECT pg_has_role('agent', 'pg_database_owner', 'USAGE')")
    assert (grant.native["inherit"], grant.native["settable"]) == (has, True)
    assert airline.can("agent", "CREATE TABLE public.mine (a int)") is has
    assert airline.can("agent", "CREATE TABLE public.its (a int)", after="SET ROLE pg_database_owner")
    assert not entitlements(airline)[OWNERS].privileged, "it is whose database it is, and no more"
    assert principals(airline)["pg_database_owner"].kind == "role"
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective, seen.other_paths) == ("present", "present", ())
    with pytest.raises(Unsupported):
        airline.connector().revoke(grant, idem_key="1")
    airline.do("ALTER DATABASE airline OWNER TO dba_two")
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == ("absent", "absent")


@pytest.mark.parametrize(("owner", "listed"), [("agent", ["agent"]), ("dba_two", [])])
def test_of_several_databases_it_is_listed_where_all_have_one_owner(airline, owner, listed):
    airline.do("CREATE DATABASE second TEMPLATE template0", "postgres")
    airline.do(f"ALTER DATABASE airline OWNER TO agent; ALTER DATABASE second OWNER TO {owner}")
    connector = airline.connector(databases=["airline", "second"])
    grants = [each for each in read_all(connector, "grants") if isinstance(each, Grant)]
    names = {each.ref: each.name for each in read_all(connector, "principals") if isinstance(each, Principal)}
    assert [names[each.principal] for each in grants if each.entitlement.id == OWNERS] == listed
    assert connector.read("grants", None, 500).left_out.get("owners_apart", 0) == (0 if listed else 2)


def test_no_key_is_there_twice(airline):
    airline.do("""
        CREATE DATABASE second TEMPLATE template0;
    """)
    airline.do("""
        GRANT SELECT (seat), SELECT (code) ON air.bookings TO agent, PUBLIC; CREATE SEQUENCE air.bookings_seq;
        ALTER DEFAULT PRIVILEGES FOR ROLE air_owner GRANT SELECT ON TABLES TO agent;
        ALTER DEFAULT PRIVILEGES FOR ROLE air_owner GRANT SELECT ON SEQUENCES TO agent;
        ALTER DEFAULT PRIVILEGES FOR ROLE air_owner IN SCHEMA air GRANT SELECT ON TABLES TO agent;
    """)
    connector = airline.connector(databases=["airline", "second"])
    many = list(read_all(connector, "grants"))
    assert list(read_all(connector, "grants", limit=1)) == many
    keys = Counter(each.key for each in many if isinstance(each, Grant))
    assert set(keys.values()) == {1}
