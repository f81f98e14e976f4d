"""Revoke and restore on real servers, judged by the agent itself and by psycopg."""

import pytest

from connectors.base import Outcome, State
from connectors.errors import Conflict, NotPermitted, Refused, Unsupported
from tests.connectors.company import (
    AGENTS,
    BOOKINGS,
    CALL,
    LOOK,
    PASSWORD,
    REFUND,
    Company,
    texts,
)

FUNCTION = "FUNCTION air.refund_payment(text,integer)"


def two_grantors(airline: Company) -> None:
    airline.do(f"""
        GRANT EXECUTE ON {FUNCTION} TO dba_two WITH GRANT OPTION;
        SET ROLE dba_two;
        GRANT EXECUTE ON {FUNCTION} TO agent;
    """)


def test_it_takes_the_access_away_and_the_agent_is_refused(airline):
    grant = airline.grant("agent", REFUND)
    result = airline.connector().revoke(grant, idem_key="1")
    assert result.outcome == Outcome.DONE
    assert result.request["statements"] == [
        'SET LOCAL ROLE "air_owner"',
        'REVOKE EXECUTE ON ROUTINE air.refund_payment(text,integer) FROM "agent"',
    ]
    assert result.native_request_id.isdigit()
    assert not airline.can("agent", CALL)
    assert airline.verify(grant).effective == State.ABSENT


def test_a_second_revoke_finds_nothing_to_do(airline):
    grant = airline.grant("agent", REFUND)
    airline.connector().revoke(grant, idem_key="1")
    before = airline.acl()
    assert airline.connector().revoke(grant, idem_key="1").outcome == Outcome.ALREADY
    assert airline.acl() == before


def test_a_dropped_function_leaves_nothing_to_do(airline):
    grant = airline.grant("agent", REFUND)
    airline.do(f"DROP {FUNCTION}")
    assert airline.connector().revoke(grant, idem_key="1").outcome == Outcome.ALREADY


def test_a_dry_run_changes_nothing_and_names_the_other_paths(airline):
    two_grantors(airline)
    airline.do(f"GRANT EXECUTE ON {FUNCTION} TO PUBLIC, airline_agents; GRANT airline_agents TO agent")
    grant = airline.grant("agent", REFUND, by="air_owner")
    before = airline.acl()
    result = airline.connector().revoke(grant, idem_key="1", dry_run=True)
    assert airline.acl() == before
    assert result.outcome == Outcome.PLANNED
    assert result.response["direct"] == "absent"
    assert result.response["effective"] == "present"
    assert sorted(result.response["other_paths"]) == [
        "PUBLIC",
        "another grantor: dba_two",
        "role airline_agents",
    ]
    airline.connector().revoke(grant, idem_key="1")
    assert texts(airline.verify(grant)) == sorted(result.response["other_paths"])


def test_it_revokes_what_one_grantor_gave_and_leaves_the_other(airline):
    two_grantors(airline)
    grant = airline.grant("agent", REFUND, by="dba_two")
    airline.connector().revoke(grant, idem_key="1")
    assert "agent=X/air_owner" in airline.acl()
    assert "agent=X/dba_two" not in airline.acl()


def test_it_revokes_what_public_has_by_default(airline):
    airline.do("CREATE FUNCTION air.look() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    assert airline.acl("air.look()") == ""
    grant = airline.grant("PUBLIC", "airline:function:air.look():EXECUTE")
    assert airline.can("agent", "SELECT air.look()")
    assert airline.connector().revoke(grant, idem_key="1").outcome == Outcome.DONE
    assert not airline.can("agent", "SELECT air.look()")
    assert airline.acl("air.look()") == "{postgres=X/postgres}"


def test_it_restores_what_it_took_with_the_grant_option(airline):
    airline.do(f"GRANT EXECUTE ON {FUNCTION} TO dba_two WITH GRANT OPTION")
    grant = airline.grant("dba_two", REFUND)
    before = airline.acl()
    taken = airline.connector().revoke(grant, idem_key="1")
    planned = airline.connector().restore(grant, taken.before, idem_key="2", dry_run=True)
    assert planned.outcome == Outcome.PLANNED
    assert "dba_two" not in airline.acl()
    assert airline.connector().restore(grant, taken.before, idem_key="2").outcome == Outcome.DONE
    assert airline.acl() == before
    again = airline.connector().restore(grant, taken.before, idem_key="2")
    assert again.outcome == Outcome.ALREADY
    assert airline.grant("dba_two", REFUND) == grant
    assert airline.verify(grant).direct == State.PRESENT


def test_it_refuses_where_the_holder_has_passed_it_on_and_names_them(airline):
    two_grantors(airline)
    before = airline.acl()
    grant = airline.grant("dba_two", REFUND)
    for dry_run in (True, False):
        with pytest.raises(Refused, match="passed EXECUTE on to agent") as caught:
            airline.connector().revoke(grant, idem_key="1", dry_run=dry_run)
        assert caught.value.native_code == "2BP01"
    assert airline.acl() == before


def test_a_table_privilege_goes_and_comes_back(airline):
    grant = airline.grant("agent", BOOKINGS)
    taken = airline.connector().revoke(grant, idem_key="1")
    assert not airline.can("agent", LOOK)
    airline.connector().restore(grant, taken.before, idem_key="2")
    assert airline.can("agent", LOOK)


def test_usage_of_a_schema_goes_and_comes_back(airline):
    grant = airline.grant("PUBLIC", "airline:schema:air:USAGE")
    taken = airline.connector().revoke(grant, idem_key="1")
    assert not airline.can("agent", LOOK)
    airline.connector().restore(grant, taken.before, idem_key="2")
    assert airline.can("agent", LOOK)


def test_a_membership_goes_and_comes_back_with_its_options(airline):
    newer = airline.version >= 160_000
    options = "WITH ADMIN TRUE, INHERIT FALSE, SET TRUE" if newer else "WITH ADMIN OPTION"
    airline.do(f"GRANT airline_agents TO agent {options}")
    grant = airline.grant("agent", AGENTS)
    assert grant.instance == airline.oid("airline_agents")
    taken = airline.connector().revoke(grant, idem_key="1")
    assert not airline.can("agent", "SET ROLE airline_agents")
    assert airline.connector().restore(grant, taken.before, idem_key="2").outcome == Outcome.DONE
    assert airline.can("agent", "SET ROLE airline_agents")
    back = airline.grant("agent", AGENTS)
    assert back.native == grant.native
    assert back.key == grant.key
    assert back.instance == grant.instance
    assert airline.verify(grant).direct == State.PRESENT
    assert airline.connector().restore(grant, taken.before, idem_key="2").outcome == Outcome.ALREADY


def test_a_membership_that_was_passed_on_is_refused(airline):
    airline.do("""
        GRANT airline_agents TO dba_two WITH ADMIN OPTION;
        SET ROLE dba_two;
        GRANT airline_agents TO agent;
    """)
    grant = airline.grant("dba_two", AGENTS)
    if airline.version < 160_000:  # does not keep track of who depends on whom
        assert airline.connector().revoke(grant, idem_key="1").outcome == Outcome.DONE
        return
    with pytest.raises(Refused, match="passed MEMBER on to agent"):
        airline.connector().revoke(grant, idem_key="1")


def test_a_function_made_again_is_a_conflict(airline):
    grant = airline.grant("agent", REFUND)
    airline.do(f"""
        DROP {FUNCTION};
        CREATE FUNCTION air.refund_payment(text, integer) RETURNS text LANGUAGE sql AS 'SELECT $1';
        GRANT EXECUTE ON {FUNCTION} TO agent;
    """)
    before = airline.acl()
    with pytest.raises(Conflict, match="made again"):
        airline.connector().revoke(grant, idem_key="1")
    assert airline.acl() == before


def test_a_function_called_otherwise_is_a_conflict(airline):
    grant = airline.grant("agent", REFUND)
    airline.do(f"ALTER {FUNCTION} RENAME TO pay_out")
    with pytest.raises(Conflict, match="called otherwise"):
        airline.connector().revoke(grant, idem_key="1")


def test_it_does_not_restore_onto_another_definition(airline):
    grant = airline.grant("agent", REFUND)
    taken = airline.connector().revoke(grant, idem_key="1")
    airline.do("""
        CREATE OR REPLACE FUNCTION air.refund_payment(ticket text, amount integer) RETURNS text
        LANGUAGE sql AS 'SELECT NULL';
    """)
    with pytest.raises(Refused, match="definition"):
        airline.connector().restore(grant, taken.before, idem_key="2")
    airline.do(f"""
        DROP {FUNCTION};
        CREATE FUNCTION air.refund_payment(text, integer) RETURNS text LANGUAGE sql AS 'SELECT $1';
    """)
    with pytest.raises(Refused, match="not the object that it was"):
        airline.connector().restore(grant, taken.before, idem_key="2")


def test_it_does_not_restore_what_the_grantor_may_not_grant_any_more(airline):
    two_grantors(airline)
    grant = airline.grant("agent", REFUND, by="dba_two")
    taken = airline.connector().revoke(grant, idem_key="1")
    airline.do(f"REVOKE EXECUTE ON {FUNCTION} FROM dba_two")
    before = airline.acl()
    with pytest.raises((Refused, NotPermitted)):
        airline.connector().restore(grant, taken.before, idem_key="2")
    assert airline.acl() == before


def test_it_touches_nobody_elses_grant_where_the_grantor_is_a_superuser_by_now(airline):
    two_grantors(airline)
    grant = airline.grant("agent", REFUND, by="dba_two")
    airline.do("ALTER ROLE dba_two SUPERUSER")
    before = airline.acl()
    with pytest.raises(Refused, match="even as dba_two"):
        airline.connector().revoke(grant, idem_key="1")
    assert airline.acl() == before


def test_overloaded_functions_are_told_apart(airline):
    airline.do("""
        SET ROLE air_owner;
        CREATE FUNCTION air.refund_payment(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
        REVOKE EXECUTE ON FUNCTION air.refund_payment(text) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION air.refund_payment(text) TO agent;
    """)
    airline.connector().revoke(airline.grant("agent", REFUND), idem_key="1")
    assert not airline.can("agent", CALL)
    assert airline.can("agent", "SELECT air.refund_payment('A')")


STRANGE = 'Flug. "ä" :x %s {}'


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def test_strange_names_make_the_whole_way(airline):
    name, role, kind, row = (quoted(f"{each}{STRANGE}") for each in ("", "Bot; ", "Kind, ", "Row, "))
    airline.do(f"CREATE DATABASE {name} TEMPLATE template0", "postgres")
    airline.do(
        f"""
        CREATE ROLE {role} LOGIN; CREATE ROLE {quoted("Grantor " + STRANGE)};
        CREATE SCHEMA {name} AUTHORIZATION {quoted("Grantor " + STRANGE)};
        CREATE TYPE {name}.{kind} AS (a int);
        CREATE FUNCTION {name}.{name}({name}.{kind}, integer[]) RETURNS int LANGUAGE sql
            AS 'SELECT 1';
        ALTER FUNCTION {name}.{name} OWNER TO {quoted("Grantor " + STRANGE)};
        CREATE TABLE {name}.{name} (a int);
        GRANT EXECUTE ON FUNCTION {name}.{name} TO {role};
        GRANT INSERT ON {name}.{name} TO {role};
        GRANT USAGE ON SCHEMA {name} TO {role};
        ALTER TABLE {name}.{name} ADD COLUMN {name} int; GRANT UPDATE ({name}) ON {name}.{name} TO {role};
        CREATE SEQUENCE {name}.{row}; GRANT USAGE ON SEQUENCE {name}.{row} TO {role};
        GRANT USAGE ON TYPE {name}.{kind} TO {role};
        GRANT TEMPORARY ON DATABASE {name} TO {role};
        ALTER DEFAULT PRIVILEGES FOR ROLE {quoted("Grantor " + STRANGE)} IN SCHEMA {name}
            GRANT SELECT ON TABLES TO {role};
        GRANT {quoted("Grantor " + STRANGE)} TO {role};
        """,
        STRANGE,
    )
    connector = airline.connector(databases=[STRANGE])
    grants = [
        each for each in airline.grants(databases=[STRANGE]) if each.principal.id == airline.oid(f"Bot; {STRANGE}")
    ]
    assert sorted(each.entitlement.type for each in grants) == [
        *("column", "database", "default", "function", "membership", "schema", "sequence", "table", "type")
    ]
    for grant in grants:
        assert connector.verify(grant).direct == State.PRESENT
        taken = connector.revoke(grant, idem_key="1")
        assert taken.outcome == Outcome.DONE
        assert connector.verify(grant).direct == State.ABSENT
        assert connector.restore(grant, taken.before, idem_key="2").outcome == Outcome.DONE
        assert connector.verify(grant).direct == State.PRESENT


def test_ownership_and_superuser_cannot_be_revoked(airline):
    airline.do("ALTER ROLE agent SUPERUSER; ALTER TABLE air.bookings OWNER TO agent")
    for name in ("airline:owner:table:air.bookings", "*:superuser"):
        with pytest.raises(Unsupported):
            airline.connector().revoke(airline.grant("agent", name), idem_key="1")


def test_a_credential_that_may_not_act_as_the_grantor_is_told_which(airline):
    airline.do(f"CREATE ROLE clerk LOGIN PASSWORD '{PASSWORD}'")
    clerk = airline.connector(user="clerk", password=PASSWORD)
    grant = airline.grant("agent", REFUND)
    with pytest.raises(NotPermitted, match="clerk may not SET ROLE to the grantor air_owner"):
        clerk.revoke(grant, idem_key="1")
    airline.do("GRANT air_owner TO clerk")
    assert clerk.revoke(grant, idem_key="1").outcome == Outcome.DONE
    assert not airline.can("agent", CALL)
