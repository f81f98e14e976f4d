"""The right to pass a grant on is taken away on real servers, and given back, judged by the agent itself."""

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from connectors.base import Grant, Outcome, State
from connectors.errors import Conflict, NotPermitted, Refused
from connectors.postgresql import PostgreSQL
from tests.connectors.clusters import NEWEST, VERSIONS
from tests.connectors.company import AGENTS, BOOKINGS, CALL, LOOK, PASSWORD, REFUND, Company
from tests.connectors.narrowing_contract import NarrowingContract

FUNCTION = "FUNCTION air.refund_payment(text,integer)"
OWN_USE = "own_use"


@dataclass(frozen=True)
class Wide:
    """One thing that the agent holds and may pass on; it tries both itself."""

    airline: Company
    entitlement: str
    widen: str
    use: str
    pass_on: str
    end: str
    other_way: str

    def connector(self) -> PostgreSQL:
        return self.airline.connector()

    def lost(self) -> PostgreSQL:
        return self.airline.connector(host="/nowhere")

    def blinded(self) -> PostgreSQL:
        return self.airline.connector(canary={"role": "nobody", "entitlement": REFUND})

    def grant(self) -> Grant:
        by = "postgres" if self.entitlement == AGENTS else "air_owner"
        return self.airline.grant("agent", self.entitlement, by=by)

    def works(self) -> bool:
        return self.airline.can("agent", self.use)

    def does_more(self) -> bool:
        return passes_on(self.airline, self.pass_on)

    def open_other_way(self) -> None:
        self.airline.do(self.other_way)

    def take_away(self) -> None:
        self.airline.do(self.end)


def passes_on(airline: Company, statement: str) -> bool:
    """Whether the agent, signed in as itself, can grant it to another; what came of it is undone."""
    account = airline.admin | {"user": "agent", "password": PASSWORD, "dbname": airline.database}
    with closing(psycopg.connect(**account)) as session:
        held = "SELECT relacl::text || proacl::text || (SELECT count(*) FROM pg_auth_members) FROM pg_class, pg_proc "
        query = held + "WHERE relname = 'bookings' AND proname = 'refund_payment'"
        before = session.execute(query).fetchone()
        try:
            session.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return False
        return session.execute(query).fetchone() != before  # without the right, a GRANT may only warn


FORMS = {
    "function": {
        "entitlement": REFUND,
        "widen": f"SET ROLE air_owner; GRANT EXECUTE ON {FUNCTION} TO agent WITH GRANT OPTION",
        "use": CALL,
        "pass_on": f"GRANT EXECUTE ON {FUNCTION} TO other_agent",
        "end": f"SET ROLE air_owner; REVOKE EXECUTE ON {FUNCTION} FROM agent",
        "other_way": f"""
            SET ROLE air_owner; GRANT EXECUTE ON {FUNCTION} TO airline_agents WITH GRANT OPTION; RESET ROLE;
            GRANT airline_agents TO agent;
        """,
    },
    "table": {
        "entitlement": BOOKINGS,
        "widen": "SET ROLE air_owner; GRANT SELECT ON air.bookings TO agent WITH GRANT OPTION",
        "use": LOOK,
        "pass_on": "GRANT SELECT ON air.bookings TO other_agent",
        "end": "SET ROLE air_owner; REVOKE SELECT ON air.bookings FROM agent",
        "other_way": """
            SET ROLE air_owner; GRANT SELECT ON air.bookings TO dba_two WITH GRANT OPTION;
            SET ROLE dba_two; GRANT SELECT ON air.bookings TO agent WITH GRANT OPTION;
        """,
    },
    "membership": {
        "entitlement": AGENTS,
        "widen": "GRANT airline_agents TO agent WITH ADMIN OPTION",
        "use": "SET ROLE airline_agents",
        "pass_on": "GRANT airline_agents TO other_agent",
        "end": "REVOKE airline_agents FROM agent",
        "other_way": "CREATE ROLE lead; GRANT airline_agents TO lead WITH ADMIN OPTION; GRANT lead TO agent",
    },
}


def wide(airline: Company, name: str) -> Wide:
    """The agent holds it, and may pass it on."""
    held = Wide(airline, **FORMS[name])
    airline.do(held.widen)
    return held


@pytest.mark.parametrize("cluster", NEWEST, indirect=True, ids="PostgreSQL {}".format)
class TestNarrowing(NarrowingContract):
    @pytest.fixture(params=FORMS)
    def wide(self, request: Any, airline: Company) -> Wide:
        return wide(airline, request.param)


@pytest.mark.parametrize("cluster", VERSIONS[1:], indirect=True, ids="PostgreSQL {}".format)
class TestNarrowingBefore16(NarrowingContract):
    """There a membership has one option, and no number of its own."""

    @pytest.fixture
    def wide(self, airline: Company) -> Wide:
        return wide(airline, "membership")


@pytest.fixture
def passing(airline: Company) -> Company:
    """The agent may pass the refunds on."""
    airline.do(FORMS["function"]["widen"])
    return airline


def test_it_is_done_as_the_grantor_and_the_whole_entry_is_compared(passing):
    grant = passing.grant("agent", REFUND)
    result = passing.connector().narrow(grant, OWN_USE, idem_key="1")
    assert result.request["statements"] == [
        'SET LOCAL ROLE "air_owner"',
        'REVOKE GRANT OPTION FOR EXECUTE ON ROUTINE air.refund_payment(text,integer) FROM "agent"',
    ]
    assert result.native_request_id.isdigit()
    assert passing.acl() == "{air_owner=X/air_owner,agent=X/air_owner}"


def test_it_refuses_where_it_was_passed_on_and_names_to_whom(passing):
    passing.do(f"SET ROLE agent; GRANT EXECUTE ON {FUNCTION} TO other_agent")
    grant, before = passing.grant("agent", REFUND), passing.acl()
    for dry_run in (True, False):
        with pytest.raises(Refused, match="agent has passed EXECUTE on to other_agent") as caught:
            passing.connector().narrow(grant, OWN_USE, idem_key="1", dry_run=dry_run)
        assert caught.value.native_code == "2BP01"
    assert passing.acl() == before


def test_columns_that_cannot_be_passed_on_are_in_nobodys_way(airline):
    airline.do("""
        SET ROLE air_owner; GRANT SELECT ON air.bookings TO agent WITH GRANT OPTION;
        GRANT SELECT (seat) ON air.bookings TO agent;
    """)
    result = airline.connector().narrow(airline.grant("agent", BOOKINGS), OWN_USE, idem_key="1")
    assert result.outcome == Outcome.DONE
    assert airline.can("agent", LOOK)


def test_a_membership_keeps_its_other_options(airline):
    newer = airline.version >= 160_000
    options = "WITH ADMIN TRUE, INHERIT FALSE, SET TRUE" if newer else "WITH ADMIN OPTION"
    airline.do(f"GRANT airline_agents TO agent {options}")
    grant = airline.grant("agent", AGENTS)
    taken = airline.connector().narrow(grant, OWN_USE, idem_key="1")
    narrow = airline.grant("agent", AGENTS)
    assert narrow.native == {**grant.native, "grantable": False}
    assert airline.connector().restore(narrow, taken.before, idem_key="2").outcome == Outcome.DONE
    assert airline.grant("agent", AGENTS) == grant


def test_a_membership_that_was_passed_on_is_refused(airline):
    airline.do("GRANT airline_agents TO dba_two WITH ADMIN OPTION; SET ROLE dba_two; GRANT airline_agents TO agent")
    grant = airline.grant("dba_two", AGENTS)
    if airline.version < 160_000:  # does not keep track of who depends on whom
        assert airline.connector().narrow(grant, OWN_USE, idem_key="1").outcome == Outcome.DONE
        return
    with pytest.raises(Refused, match="passed MEMBER on to agent"):
        airline.connector().narrow(grant, OWN_USE, idem_key="1")


def test_an_admin_option_that_comes_over_a_membership_of_no_use_is_a_way(airline):
    if airline.version < 160_000:
        return  # a role is a member once, whoever granted it
    airline.do("""
        GRANT airline_agents TO dba_two WITH ADMIN OPTION;
        GRANT airline_agents TO agent WITH ADMIN OPTION;
        SET ROLE dba_two; GRANT airline_agents TO agent WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
    """)
    grant = airline.grant("agent", AGENTS, by="postgres")
    airline.connector().narrow(grant, OWN_USE, idem_key="1")
    seen = airline.connector().verify_narrowed(grant, OWN_USE)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
    assert [path.text for path in seen.other_paths] == ["another grantor: dba_two"]
    assert passes_on(airline, FORMS["membership"]["pass_on"])


def test_who_may_only_read_everything_cannot_pass_it_on(airline):
    airline.do(FORMS["table"]["widen"] + "; RESET ROLE; GRANT pg_read_all_data TO agent")
    grant = airline.grant("agent", BOOKINGS)
    airline.connector().narrow(grant, OWN_USE, idem_key="1")
    assert airline.connector().verify_narrowed(grant, OWN_USE).effective == State.ABSENT
    assert not passes_on(airline, FORMS["table"]["pass_on"])


def test_an_owner_passes_on_what_is_its_own(passing):
    grant = passing.grant("agent", REFUND)
    passing.connector().narrow(grant, OWN_USE, idem_key="1")
    passing.do("GRANT air_owner TO agent")
    seen = passing.connector().verify_narrowed(grant, OWN_USE)
    assert (seen.effective, [path.text for path in seen.other_paths]) == (
        State.PRESENT,
        ["ownership, through role air_owner"],
    )


def test_what_cannot_be_passed_on_has_no_narrower_form(airline):
    airline.do("ALTER ROLE other_agent SUPERUSER")
    for holder, entitlement in (
        ("agent", REFUND),
        ("PUBLIC", "airline:schema:air:USAGE"),
        ("other_agent", "*:superuser"),
    ):
        assert not airline.connector().narrowings(airline.grant(holder, entitlement))


def test_a_function_made_again_is_a_conflict(passing):
    grant = passing.grant("agent", REFUND)
    passing.do(f"""
        DROP {FUNCTION};
        CREATE FUNCTION air.refund_payment(text, integer) RETURNS text LANGUAGE sql AS 'SELECT $1';
        GRANT EXECUTE ON {FUNCTION} TO agent WITH GRANT OPTION;
    """)
    before = passing.acl()
    with pytest.raises(Conflict, match="made again"):
        passing.connector().narrow(grant, OWN_USE, idem_key="1")
    assert passing.acl() == before


def test_it_is_not_made_whole_on_another_definition(passing):
    grant = passing.grant("agent", REFUND)
    taken = passing.connector().narrow(grant, OWN_USE, idem_key="1")
    passing.do("""
        CREATE OR REPLACE FUNCTION air.refund_payment(ticket text, amount integer) RETURNS text
        LANGUAGE sql AS 'SELECT NULL';
    """)
    with pytest.raises(Refused, match="definition"):
        passing.connector().restore(grant, taken.before, idem_key="2")


def test_a_credential_that_may_not_act_as_the_grantor_is_told_which(passing):
    passing.do(f"CREATE ROLE clerk LOGIN PASSWORD '{PASSWORD}'")
    clerk = passing.connector(user="clerk", password=PASSWORD)
    with pytest.raises(NotPermitted, match="clerk may not SET ROLE to the grantor air_owner"):
        clerk.narrow(passing.grant("agent", REFUND), OWN_USE, idem_key="1")


def test_a_revoked_grant_comes_back_with_what_it_had_though_somebody_gave_less_meanwhile(passing):
    grant, before = passing.grant("agent", REFUND), passing.acl()
    taken = passing.connector().revoke(grant, idem_key="1")
    passing.do(f"SET ROLE air_owner; GRANT EXECUTE ON {FUNCTION} TO agent")
    assert passing.connector().restore(grant, taken.before, idem_key="2").outcome == Outcome.DONE
    assert passing.acl() == before
