"""An estate on a real cluster, and scans of it. No database of ours is there: a scan that asked for one would fail."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from typing import Any, TypeAlias

import pytest
from django.core.management import call_command

from tests.connectors import clusters
from tests.governance.scanning import estate

Found: TypeAlias = dict[str, Any]


def scan(admin_url: str, **options) -> Found:
    """Return the object that --json prints, of a scan as the role that may only read."""
    out = StringIO()
    with suppress(SystemExit):  # where lines of use were refused; it is printed all the same
        call_command("scan", estate.url(admin_url), json=True, stdout=out, stderr=StringIO(), **options)
    return json.loads(out.getvalue())


@pytest.fixture(scope="session", params=clusters.NEWEST, ids="PostgreSQL {}".format)
def standing(request) -> Iterator[str]:
    """A cluster with the estate on it, which nobody changes; its administrator's URL."""
    with clusters.running(request.param) as url:
        estate.found(url, with_options=True)
        yield url


@pytest.fixture(scope="session")
def found(standing) -> Found:
    """One scan of it."""
    return scan(standing)


@pytest.fixture
def scanned(standing) -> Callable[..., Found]:
    """scanned(usage=…): another one."""
    return lambda **options: scan(standing, **options)


@pytest.fixture(scope="session", params=clusters.VERSIONS, ids="PostgreSQL {}".format)
def bare(request, cluster_of) -> str:
    """A cluster for tests that change what is there."""
    return cluster_of(request.param)


@pytest.fixture
def fresh(bare) -> Iterator[str]:
    """The estate on it, which is gone after the test."""
    estate.found(bare)
    yield bare
    estate.clear(bare)
