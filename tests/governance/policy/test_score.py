"""The score in Python and in SQL: one number, from the same tables."""

from itertools import product

import pytest

from governance import models
from governance.policy import score
from tests import factories


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


@pytest.mark.django_db
def test_sql_and_python_agree():
    expected = {}
    system = factories.SystemFactory()
    kinds = [*score.TYPES, "other"]
    words = [(), ("execute",), ("SELECT",), ("select", "delete"), ("other",)]
    holders = [factories.AccountFactory(system=system, kind=kind) for kind in ("login", "everyone")]
    for kind, actions, privileged in product(kinds, words, (False, True)):
        entitlement = factories.EntitlementFactory(system=system, native_type=kind, privileged=privileged, action="")
        for action in actions:
            models.EntitlementAction.objects.create(entitlement=entitlement, action=action, resource="r")
        for holder, native in product(holders, ({}, {"grantable": True}, {"grantable": False})):
            grant = factories.GrantFactory(account=holder, entitlement=entitlement, native=native, origin=str(native))
            expected[grant.pk] = score.of(kind, actions, holder.kind, native, privileged=privileged)
    assert dict(models.Grant.objects.values_list("pk", score.expression())) == expected
