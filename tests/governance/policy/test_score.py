"""What a grant allows, in points."""

import pytest

from governance import models
from governance.policy import score


@pytest.mark.parametrize(
    ("native_type", "action", "holder", "native", "expected"),
    [
        ("superuser", "", "login", {}, 90),
        ("owner", "", "role", {}, 70),
        ("membership", "", "login", {}, 60),
        ("membership", "", "login", {"grantable": True}, 75),
        ("function", "execute", "login", {}, 45),
        ("function", "execute", "everyone", {}, 60),
        ("function", "execute", "login", {"grantable": True}, 55),
        ("table", "select", "login", {}, 30),
        ("table", ["select", "UPDATE"], "login", {}, 55),
        ("schema", "", "everyone", {"grantable": False}, 30),
        ("database", "", "everyone", {"grantable": False}, 30),
        ("column", "update", "login", {}, 55),
        ("default", "", "everyone", {}, 60),
        ("a thing", "to do", "login", {}, 45),
        ("superuser", "", "everyone", {"grantable": True}, 100),
    ],
)
def test_it_adds_up(native_type, action, holder, native, expected):
    assert score.of(native_type, action, holder, native) == expected


def test_what_is_privileged_is_critical():
    assert score.of("membership", "", "login", {}, privileged=True) == 80
    assert score.of("superuser", "", "login", {}, privileged=True) == 90


def test_a_tag_raises_and_lowers_nothing():
    money, reads = models.TagName.MOVES_MONEY.bit, models.TagName.UNTRUSTED_INPUT.bit
    assert score.of("function", "execute", "login", {}, tags=money | reads) == 65
    assert score.of("function", "execute", "login", {}, tags=reads) == 45
    assert score.of("superuser", "", "login", {}, tags=money) == 90


def test_every_tag_has_its_points_the_worst_first():
    """SQL takes the first that counts."""
    assert set(score.TAGS) == set(models.TagName)
    assert list(score.TAGS.values()) == sorted(score.TAGS.values(), reverse=True)
