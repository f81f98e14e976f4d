"""What a policy may say: strange parameters are refused when they are set, not when somebody is asked."""

import pytest

from governance.errors import Invalid
from governance.models import Parameters

NOTHING = dict.fromkeys(("low", "medium", "high", "critical"), 0)


@pytest.mark.parametrize(
    "raw",
    [{"remind_percent": 80, "escalate_percent": 50}, {"escalate_percent": 150}],
    ids=["reminded after escalation", "escalated after the deadline"],
)
def test_moments_come_in_order(raw):
    with pytest.raises(Invalid, match="remind_percent"):
        Parameters.parse(raw)


@pytest.mark.parametrize(
    "raw",
    [
        {"undo_lease_seconds": 0},
        {"lease_seconds": NOTHING},
        {"review_seconds": NOTHING},
        {"first_lease_seconds": NOTHING},
    ],
    ids=["undo", "lease", "review", "first lease"],
)
def test_nothing_lasts_no_time(raw):
    with pytest.raises(Invalid, match="longer than 0 seconds"):
        Parameters.parse(raw)


def test_what_is_not_said_is_the_default():
    assert Parameters.parse({"remind_percent": 40}).escalate_percent == Parameters().escalate_percent
