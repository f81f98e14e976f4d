"""What is seen of a grant: direct, effective, and every other way in."""

import json
from dataclasses import replace

import pytest

from connectors.base import PathKind, Ref, State
from connectors.errors import AuthFailed, ConfigInvalid, Incomplete, Transient
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

OF_AGENT = "FUNCTION air.refund_payment(text,integer) FROM agent"


def revoke_by_hand(airline: Company) -> None:
    airline.do(f"SET ROLE air_owner; REVOKE EXECUTE ON {OF_AGENT}")


def test_it_sees_a_grant_and_no_other_way(airline):
    seen = airline.verify(airline.grant("agent", REFUND))
    assert (seen.direct, seen.effective, texts(seen)) == (State.PRESENT, State.PRESENT, [])
    assert airline.can("agent", CALL)


def test_it_sees_that_a_grant_is_gone(airline):
    grant = airline.grant("agent", REFUND)
    revoke_by_hand(airline)
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective, texts(seen)) == (State.ABSENT, State.ABSENT, [])
    assert not airline.can("agent", CALL)
    assert seen.observed_at is not None


def test_its_evidence_is_what_was_read_and_fits_into_json(airline):
    evidence = airline.verify(airline.grant("agent", REFUND)).evidence
    assert json.loads(json.dumps(evidence)) == evidence
    assert evidence["identity"] == "postgres"
    assert evidence["server_version"].startswith(str(airline.version // 10_000))
    assert evidence["server_says"] == [
        {
            "role": "agent",
            "object": int(airline.ask("SELECT 'air.refund_payment'::regproc::oid")),
            "holds": True,
        }
    ]


def test_it_names_public_as_the_path(airline):
    grant = airline.grant("agent", REFUND)
    revoke_by_hand(airline)
    airline.do("GRANT EXECUTE ON FUNCTION air.refund_payment TO PUBLIC")
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
    (path,) = seen.other_paths
    assert (path.kind, path.text) == (PathKind.EVERYONE, "PUBLIC")
    assert path.via.principal == Ref("role", "0")
    keeping = airline.grant("PUBLIC", REFUND)
    assert (path.via.entitlement, path.via.origin) == (keeping.entitlement, keeping.origin)
    assert airline.can("agent", CALL)


def test_it_names_another_grantor(airline):
    airline.do("""
        GRANT EXECUTE ON FUNCTION air.refund_payment TO dba_two WITH GRANT OPTION;
        SET ROLE dba_two;
        GRANT EXECUTE ON FUNCTION air.refund_payment TO agent;
    """)
    grant = airline.grant("agent", REFUND, by="air_owner")
    revoke_by_hand(airline)
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
    (path,) = seen.other_paths
    assert (path.kind, path.text) == (PathKind.GRANTOR, "another grantor: dba_two")
    assert path.via.origin == airline.oid("dba_two")
    assert airline.can("agent", CALL)


def test_it_names_a_role_that_the_account_does_not_inherit_but_may_become(airline):
    airline.do("""
        ALTER ROLE agent NOINHERIT;
        GRANT airline_agents TO agent;
        GRANT EXECUTE ON FUNCTION air.refund_payment TO airline_agents;
    """)
    grant = airline.grant("agent", REFUND)
    revoke_by_hand(airline)
    by_the_server = "SELECT has_function_privilege('agent', 'air.refund_payment(text,int)', 'EXECUTE')"
    assert airline.ask(by_the_server) is False
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
    (path,) = seen.other_paths
    assert (path.kind, path.text) == (PathKind.ROLE, "role airline_agents")
    assert path.via.principal.id == airline.oid("airline_agents")
    assert [each.entitlement.id for each in path.through] == [AGENTS]
    assert not airline.can("agent", CALL)
    assert airline.can("agent", CALL, after="SET ROLE airline_agents")
    airline.do("ALTER ROLE agent NOLOGIN")
    assert airline.verify(grant).other_paths == (path,), "who is shut out has its ways all the same"


def test_it_names_the_chain_of_roles(airline):
    airline.do("""
        CREATE ROLE a; CREATE ROLE b; GRANT a TO agent; GRANT b TO a;
        GRANT EXECUTE ON FUNCTION air.refund_payment TO b;
    """)
    seen = airline.verify(airline.grant("agent", REFUND))
    assert texts(seen) == ["role a → role b"]
    assert [each.principal.id for each in seen.other_paths[0].through] == [
        airline.oid("agent"),
        airline.oid("a"),
    ]


def test_it_does_not_name_a_membership_that_gives_nothing(airline):
    if airline.version < 160_000:
        airline.do("GRANT airline_agents TO agent")
    else:
        airline.do("GRANT airline_agents TO agent WITH INHERIT FALSE, SET FALSE")
    airline.do("GRANT EXECUTE ON FUNCTION air.refund_payment TO airline_agents")
    grant = airline.grant("agent", REFUND)
    revoke_by_hand(airline)
    expected = State.PRESENT if airline.version < 160_000 else State.ABSENT
    assert airline.verify(grant).effective == expected
    assert airline.can("agent", CALL) is (expected == State.PRESENT)


def test_it_names_ownership(airline):
    grant = airline.grant("agent", REFUND)
    airline.do("ALTER FUNCTION air.refund_payment OWNER TO other_agent")
    revoke = "REVOKE EXECUTE ON FUNCTION air.refund_payment FROM agent"
    airline.do(f"{revoke}; GRANT other_agent TO agent")
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
    assert texts(seen) == ["ownership, through role other_agent"]
    airline.do("ALTER FUNCTION air.refund_payment OWNER TO agent")
    seen = airline.verify(grant)
    (owning,) = seen.other_paths
    assert (owning.kind, owning.text) == (PathKind.OWNER, "ownership")
    found = airline.grant("agent", "airline:owner:function:air.refund_payment(text,integer)")
    assert (owning.via.principal, owning.via.entitlement) == (found.principal, found.entitlement)


def test_it_names_what_the_databases_owner_owns(airline):
    airline.do("GRANT CREATE ON SCHEMA public TO agent; ALTER DATABASE airline OWNER TO agent")
    seen = airline.verify(airline.grant("agent", "airline:schema:public:CREATE"))
    assert texts(seen) == ["ownership, through role pg_database_owner"]
    airline.do("REVOKE CREATE ON SCHEMA public FROM agent")
    assert airline.can("agent", "CREATE TABLE public.mine (a int)")


def test_it_names_superuser(airline):
    grant = airline.grant("agent", REFUND)
    revoke_by_hand(airline)
    airline.do("ALTER ROLE agent SUPERUSER")
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective, texts(seen)) == (
        State.ABSENT,
        State.PRESENT,
        ["superuser"],
    )
    assert airline.can("agent", CALL)
    airline.do("ALTER ROLE agent NOSUPERUSER; CREATE ROLE root SUPERUSER; GRANT root TO agent")
    seen = airline.verify(grant)
    assert texts(seen) == ["superuser, through role root"]
    assert airline.can("agent", CALL, after="SET ROLE root")


def test_it_names_the_roles_that_read_everything(airline):
    grant = airline.grant("agent", BOOKINGS)
    airline.do("REVOKE SELECT ON air.bookings FROM agent; GRANT pg_read_all_data TO agent")
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
    (path,) = seen.other_paths
    assert path.text == "role pg_read_all_data"
    assert path.via.entitlement.id == "*:membership:pg_read_all_data"
    assert airline.can("agent", LOOK)


def test_it_names_a_column_that_can_still_be_read(airline):
    grant = airline.grant("agent", BOOKINGS)
    airline.do("REVOKE SELECT ON air.bookings FROM agent; GRANT SELECT (seat) ON air.bookings TO agent")
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
    assert texts(seen)[0].endswith("(column air.bookings.seat)")
    assert airline.can("agent", "SELECT seat FROM air.bookings")


def test_a_dropped_function_is_absent_and_the_evidence_says_so(airline):
    grant = airline.grant("agent", REFUND)
    airline.do("DROP FUNCTION air.refund_payment")
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.ABSENT)
    assert seen.evidence["object"] == f"number {grant.instance} was dropped"


def test_a_function_made_again_is_another_one_and_everyone_may_call_it(airline):
    grant = airline.grant("agent", REFUND)
    airline.do("""
        DROP FUNCTION air.refund_payment;
        CREATE FUNCTION air.refund_payment(text, integer) RETURNS text LANGUAGE sql AS 'SELECT $1';
    """)
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective, texts(seen)) == (
        State.ABSENT,
        State.PRESENT,
        ["PUBLIC"],
    )
    assert airline.can("agent", CALL)


def test_a_role_that_is_gone_has_nothing(airline):
    grant = airline.grant("agent", REFUND)
    airline.do("DROP OWNED BY agent; DROP ROLE agent")
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.ABSENT)


def test_public_itself_is_verified(airline):
    airline.do("GRANT EXECUTE ON FUNCTION air.refund_payment TO PUBLIC")
    grant = airline.grant("PUBLIC", REFUND)
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective, texts(seen)) == (State.PRESENT, State.PRESENT, [])
    airline.do("REVOKE EXECUTE ON FUNCTION air.refund_payment FROM PUBLIC")
    assert airline.verify(grant).effective == State.ABSENT


def test_a_membership_lives_on_through_another_role(airline):
    airline.do("CREATE ROLE between; GRANT airline_agents TO between; GRANT between TO agent")
    airline.do("GRANT airline_agents TO agent")
    grant = airline.grant("agent", AGENTS)
    assert texts(airline.verify(grant)) == ["role between"]
    airline.do("REVOKE airline_agents FROM agent")
    seen = airline.verify(grant)
    assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
    airline.do("REVOKE between FROM agent")
    assert airline.verify(grant).effective == State.ABSENT


def test_ownership_and_superuser_are_verified_too(airline):
    airline.do("ALTER ROLE agent SUPERUSER; ALTER TABLE air.bookings OWNER TO agent")
    ownership = airline.grant("agent", "airline:owner:table:air.bookings")
    superuser = airline.grant("agent", "*:superuser")
    for grant in (ownership, superuser):
        assert airline.verify(grant).direct == State.PRESENT
        assert not grant.revocable
    airline.do("ALTER TABLE air.bookings OWNER TO air_owner; ALTER ROLE agent NOSUPERUSER")
    for grant in (ownership, superuser):
        seen = airline.verify(grant)
        assert (seen.direct, seen.effective) == (State.ABSENT, State.ABSENT)


def test_a_missing_canary_is_never_absence(airline):
    grant = airline.grant("agent", REFUND)
    canary = {"role": "agent", "entitlement": BOOKINGS}
    watched = airline.connector(canary=canary)
    assert watched.verify(grant).evidence["canary"] == "seen"
    airline.do("REVOKE SELECT ON air.bookings FROM agent")
    for look in (lambda: watched.verify(grant), lambda: watched.read("principals"), watched.check):
        with pytest.raises(Incomplete, match="canary is missing"):
            look()


def test_a_missing_database_is_never_absence(airline):
    grant = airline.grant("agent", REFUND)
    airline.leave()
    airline.do(f"ALTER DATABASE {airline.database} RENAME TO moved", "postgres")
    with pytest.raises(ConfigInvalid, match="does not exist"):
        airline.verify(grant)
    with pytest.raises(ConfigInvalid, match="not in the configuration"):
        airline.connector(databases=["moved"]).verify(grant)


def test_a_database_that_lets_nobody_in_is_an_error(airline):
    grant = airline.grant("agent", REFUND)
    airline.do("ALTER DATABASE airline ALLOW_CONNECTIONS false", "postgres")
    with pytest.raises(Exception, match="not currently accepting"):
        airline.verify(grant)


def test_a_wrong_password_is_told_without_the_password(airline):
    wrong = airline.connector(password="not the word")
    with pytest.raises(AuthFailed) as caught:
        wrong.check()
    assert "not the word" not in f"{caught.value!s} {caught.value!r} {wrong!r}"
    assert caught.value.__context__ is None  # whose frames would hold it
    assert not caught.value.retryable


def test_a_server_that_is_not_there_is_tried_later(airline):
    with pytest.raises(Transient) as caught:
        airline.connector(host="/nowhere").verify(airline.grant("agent", REFUND))
    assert caught.value.retryable


def test_a_grant_of_another_object_with_the_same_name_is_not_this_one(airline):
    grant = airline.grant("agent", REFUND)
    assert airline.verify(replace(grant, instance="1")).direct == State.ABSENT


def test_an_ordinary_role_can_verify(airline):
    grant = airline.grant("agent", REFUND)
    airline.do(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
    seen = airline.connector(user="reader", password=PASSWORD).verify(grant)
    assert (seen.direct, seen.evidence["identity"]) == (State.PRESENT, "reader")
