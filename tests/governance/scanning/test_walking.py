"""Who can act as whom, beside the server's own word on it."""

from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import product

import psycopg
import pytest
from psycopg import sql

from connectors import catalog
from connectors.base import Reader
from governance.scanning.gathering import gather
from governance.scanning.holdings import Holdings
from tests.governance.scanning import estate

# Whom somebody may become, and whose rights it has after that.
TOLD = """
    SELECT a.rolname, array(SELECT r.rolname::text FROM pg_roles r WHERE pg_has_role(a.oid, r.oid, 'SET')),
        array(SELECT r.rolname::text FROM pg_roles r WHERE EXISTS (
            SELECT FROM pg_roles s WHERE pg_has_role(a.oid, s.oid, 'SET') AND pg_has_role(s.oid, r.oid, 'USAGE')))
    FROM pg_roles a WHERE a.oid >= 16384 AND NOT EXISTS (
        SELECT FROM pg_roles s WHERE s.rolsuper AND pg_has_role(a.oid, s.oid, 'SET'))
"""


@pytest.fixture
def reader(standing) -> Iterator[Reader]:
    address = catalog.address(estate.url(standing))
    with closing(catalog.connect(address.kind, address.config, address.secrets)) as connected:
        yield connected


def test_the_server_says_the_same(standing, reader):
    holdings = Holdings(gather(reader, lambda _, __: None), "", None)
    refs = {each.name: each.ref for each in holdings.accounts}
    with closing(psycopg.connect(standing)) as connection:
        told = connection.execute(TOLD).fetchall()
    assert len(told) > 20
    for name, becomes, has in told:
        found = holdings.reach(refs[name])
        assert {holdings.principal(each).name for each in found.becomes} == set(becomes), name
        assert {holdings.principal(each).name for each in found.chains} | {name} == set(has), name


def test_who_admits_itself_wherever_it_may_gets_as_far_as_the_server_lets_it(standing, reader):
    holdings = Holdings(gather(reader, lambda _, __: None), "", None)
    refs = {each.name: each.ref for each in holdings.accounts}
    further = set()
    with closing(psycopg.connect(standing)) as connection:
        for name, now, _ in connection.execute(TOLD).fetchall():
            becomes = admitted(connection, name)
            assert {holdings.principal(each).name for each in holdings.admitted(refs[name]).becomes} == becomes, name
            further |= {name} if becomes > set(now) else set()
    assert {"keyholder", "loaders_admin"} <= further, "and not last_door: nobody but a superuser admits to one"
    assert "last_door" not in further


HANDED_OUT = "SELECT DISTINCT quote_ident(roleid::regrole::text) FROM pg_auth_members WHERE admin_option"
BECOMES = "SELECT array_agg(rolname::text) FROM pg_roles WHERE pg_has_role(%s, oid, 'SET')"


def admitted(connection: psycopg.Connection, name: str) -> set[str]:
    """Let a role grant itself all that the server lets it, as no superuser; return whom it may become, and undo it."""
    handed_out = [role for (role,) in connection.execute(HANDED_OUT)]
    superusers = {role for (role,) in connection.execute("SELECT rolname::text FROM pg_roles WHERE rolsuper")}
    before: set[str] = set()
    with connection.transaction(force_rollback=True):
        while before != (becomes := set(connection.execute(BECOMES, [name]).fetchone()[0])):
            before = becomes
            for acting, role in product(sorted(becomes - superusers), handed_out):
                with suppress(psycopg.Error), connection.transaction():
                    connection.execute(sql.SQL("SET LOCAL SESSION AUTHORIZATION {}").format(sql.Identifier(name)))
                    connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(acting)))
                    connection.execute(sql.SQL("GRANT {} TO {}").format(sql.SQL(role), sql.Identifier(name)))
                connection.execute("RESET ROLE; RESET SESSION AUTHORIZATION")
    return before
