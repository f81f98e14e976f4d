"""Databases, columns, sequences, types, languages and defaults: each goes and comes back as it was, and alone."""

import json
from dataclasses import replace

import pytest

from connectors.base import Outcome, State, read_all
from connectors.errors import Conflict, Refused
from tests.connectors.clusters import NEWEST
from tests.connectors.company import BOOKINGS, LOOK, Company, texts
from tests.connectors.contract import Contract
from tests.connectors.forms import FORMS, Holding, holding

OWN_USE = "own_use"
SEAT = "airline:column:air.bookings.seat:SELECT"
SEE_SEAT = "SELECT seat FROM air.bookings"


ON_THE_NEWEST = pytest.mark.parametrize("cluster", NEWEST, indirect=True, ids="PostgreSQL {}".format)


@ON_THE_NEWEST
class TestContract(Contract):
    """The three that are least like a table. What may be held beside the grant is in the test of each kind below."""

    @pytest.fixture(params=["column", "database", "default"])
    def peer(self, request, airline: Company) -> Holding:
        return holding(airline, request.param)


@pytest.mark.parametrize("name", FORMS)
def test_it_goes_alone_and_comes_back_as_it_was(airline, name):
    held = holding(airline, name)
    connector, grant, acl = held.connector(), held.grant(), held.acl()
    assert held.works()
    planned = connector.revoke(grant, idem_key="1", dry_run=True)
    assert (planned.outcome, planned.response["effective"]) == (Outcome.PLANNED, "absent")
    assert (held.acl(), held.works()) == (acl, True)
    others = [each for each in read_all(connector, "grants") if each != grant]
    before = json.loads(json.dumps(connector.revoke(grant, idem_key="1").before))
    assert list(read_all(connector, "grants")) == others
    assert not held.works()
    seen = connector.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.ABSENT)
    assert connector.revoke(grant, idem_key="1").outcome == Outcome.ALREADY
    assert connector.restore(grant, before, idem_key="2").outcome == Outcome.DONE
    assert held.works()
    assert replace(held.grant(), version=None) == replace(grant, version=None)
    assert held.acl() == acl
    assert connector.restore(grant, before, idem_key="2").outcome == Outcome.ALREADY


@ON_THE_NEWEST
@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if form.give])
def test_the_right_to_pass_it_on_goes_and_comes_back(airline, name):
    held = holding(airline, name, passing_on=True)
    connector, grant, acl = held.connector(), held.grant(), held.acl()
    (offer,) = connector.narrowings(grant)
    assert offer.text.startswith("agent keeps ")
    taken = connector.narrow(grant, offer.key, idem_key="1")
    seen = connector.verify_narrowed(grant, OWN_USE)
    assert (seen.direct, seen.effective, seen.remains) == (State.ABSENT, State.ABSENT, held.grant())
    assert held.works()
    assert acl.count("*") - 1 == held.acl().count("*")
    assert connector.restore(held.grant(), taken.before, idem_key="2").outcome == Outcome.DONE
    assert (held.grant(), held.acl()) == (grant, acl)


def both(airline: Company, option: str = "") -> None:
    """The agent has the whole table and, from the same grantor, one of its columns."""
    airline.do(f"SET ROLE air_owner; GRANT SELECT, SELECT (seat) ON air.bookings TO agent{option}")


def test_a_tables_privilege_leaves_those_on_its_columns_alone(airline):
    both(airline)
    airline.do("SET ROLE air_owner; GRANT UPDATE (seat) ON air.bookings TO agent")
    grant, column = airline.grant("agent", BOOKINGS), airline.grant("agent", SEAT)
    others = [each for each in airline.grants() if each != grant]
    result = airline.connector().revoke(grant, idem_key="1")
    assert result.request["statements"] == [
        'SET LOCAL ROLE "air_owner"',
        'REVOKE SELECT ON TABLE air.bookings FROM "agent"',
        'GRANT SELECT (seat) ON TABLE air.bookings TO "agent"',
    ]
    assert airline.grants() == others
    assert not airline.can("agent", LOOK)
    assert airline.can("agent", SEE_SEAT)
    assert texts(airline.verify(grant)) == ["the same grantor: air_owner (column air.bookings.seat)"]
    assert airline.verify(grant).other_paths[0].via.entitlement == column.entitlement


def test_the_right_to_pass_a_column_on_stays_when_the_tables_goes(airline):
    both(airline, " WITH GRANT OPTION")
    grant, column = airline.grant("agent", BOOKINGS), airline.grant("agent", SEAT)
    airline.connector().narrow(grant, OWN_USE, idem_key="1")
    assert airline.grant("agent", SEAT) == column
    seen = airline.connector().verify_narrowed(grant, OWN_USE)
    assert (seen.direct, texts(seen)) == (State.ABSENT, ["the same grantor: air_owner (column air.bookings.seat)"])


def test_a_column_goes_and_the_table_stays(airline):
    both(airline)
    grant = airline.grant("agent", SEAT)
    airline.connector().revoke(grant, idem_key="1")
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
    (path,) = seen.other_paths
    assert path.text == "the same grantor: air_owner (table air.bookings)"
    assert path.via.entitlement.id == BOOKINGS
    assert airline.can("agent", LOOK)


def test_a_column_that_was_passed_on_is_in_the_tables_way(airline):
    both(airline, " WITH GRANT OPTION")
    airline.do("SET ROLE agent; GRANT SELECT (seat) ON air.bookings TO other_agent")
    before = airline.grants()
    with pytest.raises(Refused, match="agent has passed SELECT on to other_agent"):
        airline.connector().revoke(airline.grant("agent", BOOKINGS), idem_key="1")
    assert airline.grants() == before


def test_every_way_to_a_column_is_named(airline):
    held = holding(airline, "column")
    airline.do("""
        GRANT SELECT ON air.bookings TO PUBLIC; GRANT SELECT (code) ON air.bookings TO PUBLIC;
        GRANT pg_read_all_data TO agent; GRANT air_owner TO agent;
    """)
    assert texts(held.connector().verify(held.grant())) == [
        "PUBLIC (table air.bookings)",
        "ownership, through role air_owner",
        "role pg_read_all_data",
    ]


def test_the_tables_owner_is_a_way_also_where_nobody_holds_the_table(airline):
    held = holding(airline, "column")
    airline.do("REVOKE ALL ON air.bookings FROM air_owner; GRANT air_owner TO agent")
    assert texts(held.connector().verify(held.grant())) == ["ownership, through role air_owner"]


def test_a_column_made_again_is_another_one(airline):
    held = holding(airline, "column")
    grant = held.grant()
    airline.do("""
        ALTER TABLE air.bookings DROP COLUMN seat; ALTER TABLE air.bookings ADD COLUMN seat text;
        GRANT SELECT (seat) ON air.bookings TO agent;
    """)
    assert held.grant().instance != grant.instance
    assert held.connector().verify(grant).direct == State.ABSENT
    with pytest.raises(Conflict, match="made again"):
        held.connector().revoke(grant, idem_key="1")


def test_a_default_for_any_schema_is_a_way_and_so_is_acting_as_the_maker(airline):
    held = holding(airline, "default")
    airline.do("""
        ALTER DEFAULT PRIVILEGES FOR ROLE air_owner GRANT SELECT ON TABLES TO PUBLIC;
        ALTER DEFAULT PRIVILEGES FOR ROLE air_owner GRANT SELECT ON SEQUENCES TO agent;
        ALTER DEFAULT PRIVILEGES FOR ROLE dba_two GRANT SELECT ON TABLES TO agent;
        GRANT air_owner TO agent;
    """)
    seen = held.connector().verify(held.grant())
    assert texts(seen) == [
        "PUBLIC (future tables of air_owner)",
        "ownership of what it will make, through role air_owner",
    ]
    listed = {(each.principal, each.entitlement, each.origin) for each in airline.grants()}
    for path in seen.other_paths:
        assert (path.via.principal, path.via.entitlement, path.via.origin) in listed


def test_who_reads_everything_will_read_what_is_made_later(airline):
    held = holding(airline, "default")
    airline.do("GRANT pg_read_all_data TO agent")
    grant = held.grant()
    held.connector().revoke(grant, idem_key="1")
    assert held.works()
    assert texts(held.connector().verify(grant)) == ["role pg_read_all_data"]


def test_a_default_is_taken_where_the_maker_has_another_name_now_only_by_that_name(airline):
    held = holding(airline, "default")
    grant = held.grant()
    airline.do("ALTER ROLE air_owner RENAME TO sky_owner")
    with pytest.raises(Conflict, match="called otherwise"):
        held.connector().revoke(grant, idem_key="1")


def test_a_sequences_reader_and_writer_of_everything_are_named(airline):
    held = holding(airline, "sequence")
    airline.do("""
        GRANT SELECT, UPDATE ON SEQUENCE air.tickets TO agent;
        GRANT pg_read_all_data, pg_write_all_data TO agent;
    """)
    for privilege, role in (("SELECT", "pg_read_all_data"), ("UPDATE", "pg_write_all_data")):
        grant = airline.grant("agent", f"airline:sequence:air.tickets:{privilege}")
        assert texts(airline.verify(grant)) == [f"role {role}"]
    assert texts(airline.verify(held.grant())) == []


def test_a_parameter_that_everyone_may_set_is_not_taken_away_by_its_privilege(airline):
    airline.do("GRANT SET ON PARAMETER work_mem, airline.tone TO agent WITH GRANT OPTION")
    grant, own = (airline.grant("agent", f"*:parameter:{name}:SET") for name in ("work_mem", '"airline.tone"'))
    airline.connector().revoke(grant, idem_key="1")
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
    assert texts(seen) == ["role agent, by a way that only the server knows"]
    before = airline.connector().revoke(own, idem_key="2").before
    assert airline.connector().restore(own, before, idem_key="3").outcome == Outcome.DONE
    assert airline.grant("agent", '*:parameter:"airline.tone":SET') == own


def test_the_owner_of_a_database_is_named(airline):
    held = holding(airline, "database")
    grant = held.grant()
    airline.do("ALTER DATABASE airline OWNER TO other_agent; GRANT other_agent TO agent")
    path = next(path for path in airline.verify(grant).other_paths if path.kind == "owner")
    assert path.text == "ownership, through role other_agent"
    assert path.via.entitlement == airline.grant("other_agent", "*:owner:database:airline").entitlement
