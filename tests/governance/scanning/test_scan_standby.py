"""A standby is read like any other server; that it may be behind is said, and nothing is verified on it."""

import json
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command

from connectors import catalog
from connectors.base import Grant, Writer
from connectors.errors import Incomplete
from tests.connectors import clusters


@pytest.fixture(scope="module")
def standby() -> Iterator[str]:
    with clusters.standing_by() as url:
        yield url


def test_a_standby_is_scanned_and_said_to_be_one(standby):
    out = StringIO()
    call_command("scan", standby, json=True, stdout=out, stderr=StringIO())
    found = json.loads(out.getvalue())
    assert found["coverage"]["complete"]
    assert "How it stands now" in {each["title"] for each in found["coverage"]["unseen"]}
    assert found["system"]["grants"] > 0


def test_nothing_is_verified_on_a_standby(standby):
    address = catalog.address(standby)
    connector = catalog.connect(address.kind, address.config, address.secrets)
    assert isinstance(connector, Writer)
    check = connector.check()
    assert (check.ok, check.lagging) == (False, True)
    assert "this server is a standby: it can be listed, not verified nor changed" in check.warnings
    grant = next(each for each in connector.read("grants").items if isinstance(each, Grant))
    with pytest.raises(Incomplete, match="this server is a standby"):
        connector.verify(grant)
