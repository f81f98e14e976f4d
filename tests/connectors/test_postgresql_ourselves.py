"""Log-ins are shut and opened; what we are, and what we hold, is left alone."""

from functools import partial

import psycopg
import pytest

from connectors.base import Outcome, Ref, State
from connectors.errors import ConfigInvalid, Incomplete, NotFound, Refused, Unsupported
from tests.connectors.company import (
    AGENTS,
    CALL,
    PASSWORD,
    REFUND,
)

FUNCTION = "FUNCTION air.refund_payment(text,integer)"


def test_what_we_hold_ourselves_is_not_taken_away(airline):
    airline.do(f"CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '{PASSWORD}'; GRANT airline_agents TO keeper")
    keeper, grant = airline.connector(user="keeper", password=PASSWORD), airline.grant("keeper", AGENTS)
    for dry_run in (True, False):
        with pytest.raises(Refused, match="keeper is who this connector signs in as"):
            keeper.revoke(grant, idem_key="1", dry_run=dry_run)
    assert airline.connector().revoke(grant, idem_key="1").outcome == Outcome.DONE, "as another it is nothing special"


def test_what_a_role_holds_whose_rights_are_ours_is_not_taken_away(airline):
    airline.do(f"""
        CREATE ROLE keeper LOGIN SUPERUSER PASSWORD '{PASSWORD}';
        GRANT airline_agents TO dba_two; GRANT dba_two TO keeper;
        GRANT EXECUTE ON {FUNCTION} TO airline_agents WITH GRANT OPTION;
    """)
    keeper, grant = airline.connector(user="keeper", password=PASSWORD), airline.grant("airline_agents", REFUND)
    between = Ref("role", airline.oid("dba_two"))
    refused = partial(pytest.raises, Refused, match="is a role of keeper, who this connector signs in as")
    with refused():
        keeper.revoke(grant, idem_key="1", dry_run=True)
    with refused():
        keeper.narrow(grant, "own_use", idem_key="1", dry_run=True)
    with refused():
        keeper.disable_principal(between, idem_key="1")
    everyone = airline.grant("PUBLIC", "airline:schema:air:USAGE")
    assert keeper.revoke(everyone, idem_key="1").outcome == Outcome.DONE
    newer = airline.version >= 160_000
    airline.do("GRANT dba_two TO keeper WITH INHERIT FALSE" if newer else "ALTER ROLE keeper NOINHERIT")
    assert keeper.narrow(grant, "own_use", idem_key="1").outcome == Outcome.DONE, "it may be there to act as a grantor"
    assert keeper.revoke(grant, idem_key="1").outcome == Outcome.DONE
    assert keeper.disable_principal(between, idem_key="1").outcome == Outcome.DONE


def test_a_log_in_is_shut_and_opened(airline):
    connector = airline.connector()
    agent = airline.grant("agent", REFUND).principal
    assert connector.verify_principal(agent).direct == State.PRESENT
    result = connector.disable_principal(agent, idem_key="1")
    assert (result.outcome, result.before["login"]) == (Outcome.DONE, True)
    shown = connector.verify_principal(agent)
    assert (shown.direct, shown.effective, shown.unread) == (State.ABSENT, State.ABSENT, "")
    with pytest.raises(Exception, match="not permitted to log in"):
        airline.can("agent", CALL)
    assert connector.disable_principal(agent, idem_key="1").outcome == Outcome.ALREADY
    assert connector.enable_principal(agent, idem_key="2").outcome == Outcome.DONE
    assert airline.can("agent", CALL)


def test_an_open_session_is_counted_and_left_open(airline):
    account = airline.admin | {"user": "agent", "password": PASSWORD, "dbname": "airline"}
    with psycopg.connect(**account) as session:
        agent = airline.grant("agent", REFUND).principal
        result = airline.connector().disable_principal(agent, idem_key="1")
        assert result.response["sessions_left_open"] == 1
        shown = airline.connector().verify_principal(agent)
        assert (shown.effective, shown.unread) == (State.ABSENT, "Sessions that it has opened before stay open: 1.")
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_shows_less_proves_nothing_of_a_log_in(airline):
    agent = airline.grant("agent", REFUND).principal
    airline.connector().disable_principal(agent, idem_key="1")
    with pytest.raises(Incomplete, match="the canary is missing"):
        airline.connector(canary={"role": "nobody", "entitlement": REFUND}).verify_principal(agent)


def test_a_database_that_is_missing_says_nothing_of_a_log_in(airline):
    agent, elsewhere = airline.grant("agent", REFUND).principal, airline.connector(databases=["missing"])
    for call in (lambda: elsewhere.disable_principal(agent, idem_key="1"), lambda: elsewhere.verify_principal(agent)):
        with pytest.raises(ConfigInvalid, match="does not exist"):
            call()


def test_it_shuts_out_neither_everyone_nor_itself_nor_who_is_gone(airline):
    connector = airline.connector()
    everyone = airline.grant("PUBLIC", "airline:schema:air:USAGE").principal
    with pytest.raises(Unsupported):
        connector.disable_principal(everyone, idem_key="1")
    with pytest.raises(Refused, match="signs in as"):
        connector.disable_principal(Ref("role", airline.oid("postgres")), idem_key="1")
    with pytest.raises(NotFound):
        connector.verify_principal(Ref("role", "4000000000"))
