"""One server for the whole run, and the account anew for each test."""

from collections.abc import Iterator

import pytest

from tests.connectors.aws import account


@pytest.fixture
def aws(cloud_url: str) -> Iterator[account.Cloud]:
    with account.emptied(cloud_url) as made:
        yield made
