"""Reading all of a system once: what may work later is asked for again."""

from collections.abc import Sequence

import pytest

from connectors.base import HolderKind, Principal, Ref
from connectors.errors import AuthFailed, ConnectorError, RateLimited, Transient
from governance.scanning.gathering import PAUSES, gather
from tests.connectors.fake import FakeSystem

ROLES = [Principal(Ref("role", str(each)), f"role_{each}", HolderKind.ROLE) for each in range(7)]
SOON = RateLimited("slow down", retry_after=0.01)


class Busy(FakeSystem):
    """A page of it is refused with each of these errors in turn, and then given."""

    refusals: Sequence[ConnectorError] = ()

    def read(self, stream, cursor=None, limit=500):
        if self.refusals:
            error, *self.refusals = self.refusals
            raise error
        return super().read(stream, cursor, limit)


def gathered(*refusals: ConnectorError) -> int:
    """How many principals were read in spite of them."""
    system = Busy(list(ROLES))
    system.refusals = refusals
    return len(gather(system, lambda _stream, _rows: None).principals)


def test_a_page_that_is_not_given_at_once_is_asked_for_again():
    assert gathered(Transient("too many connections"), *[SOON] * (len(PAUSES) - 1)) == len(ROLES)


def test_what_does_not_get_better_is_told():
    with pytest.raises(RateLimited, match="slow down"):
        gathered(*[SOON] * (len(PAUSES) + 1))


def test_what_no_waiting_cures_is_not_waited_for():
    with pytest.raises(AuthFailed):
        gathered(AuthFailed("no"))
