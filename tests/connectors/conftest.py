"""Clusters for the whole run, and the airline anew for each test."""

from collections.abc import Iterator

import pytest

from tests.connectors import clusters, company


@pytest.fixture(scope="session", params=clusters.VERSIONS, ids="PostgreSQL {}".format)
def cluster(request, cluster_of) -> str:
    return cluster_of(request.param)


@pytest.fixture
def airline(cluster: str) -> Iterator[company.Company]:
    with company.founded(cluster) as founded:
        yield founded
