"""Who can act as whom, beside the server's own word on it."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

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
