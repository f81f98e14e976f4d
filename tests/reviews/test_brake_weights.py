"""How many holdings end with an act: what the brake counts."""

from itertools import pairwise

import pytest

from governance import clock
from governance.models import Account, Grant
from reviews import brake, lapsing
from reviews.models import Remediation
from tests.factories import AccountFactory, EntitlementFactory, GrantFactory
from tests.reviews.scene import late, silence

pytestmark = pytest.mark.django_db


# -- what an act weighs


def test_an_account_weighs_as_much_as_it_holds(scene):
    grants = [scene.grant() for _ in range(4)]
    GrantFactory(account=scene.account, closed_at=clock.now())
    assert brake.weight_of(scene.account) == 4
    assert brake.weight_of(grants[0]) == 1
    assert brake.weight_of(AccountFactory(system=scene.system)) == 1


def test_what_everyone_or_a_role_holds_weighs_as_many_accounts(scene):
    everyone, role = (AccountFactory(system=scene.system, kind=kind) for kind in ("everyone", "role"))
    members = EntitlementFactory(system=scene.system, confers=role)
    GrantFactory.create_batch(2, account=role)
    for _ in range(3):
        GrantFactory(account=AccountFactory(system=scene.system), entitlement=members)
    assert brake.weight_of(GrantFactory(account=role)) == 4, "the role and its three members"
    assert brake.weight_of(Grant.objects.filter(entitlement=members)[0]) == 3, "a membership is what it confers"
    assert brake.weight_of(GrantFactory(account=everyone)) == scene.system.accounts.count()


def nested(scene, depth: int) -> list[Account]:
    """Roles, each a member of the next."""
    roles: list[Account] = [AccountFactory(system=scene.system, kind="role") for _ in range(depth)]
    for member, role in pairwise(roles):
        GrantFactory(account=member, entitlement=EntitlementFactory(system=scene.system, confers=role))
    return roles


def test_memberships_of_members_count_however_deep(scene):
    first, *_, last = nested(scene, 4)
    GrantFactory.create_batch(20, account=last)
    membership = GrantFactory(account=scene.account, entitlement=EntitlementFactory(system=scene.system, confers=first))
    assert brake.weight_of(membership) == 23, "twenty, and the three memberships on the way"
    assert brake.weight_of(Grant.objects.filter(account=last)[0]) == 5, "four roles and the account"
    assert brake.weight_of(scene.account) == 24


def test_roles_that_are_members_of_each_other_end(scene):
    first, last = nested(scene, 2)
    GrantFactory(account=last, entitlement=EntitlementFactory(system=scene.system, confers=first))
    assert brake.weight_of(GrantFactory(account=first)) == 2


def test_one_act_that_weighs_more_than_the_limit_is_held(scene):
    GrantFactory.create_batch(4, account=scene.account)
    late(scene.asked_whose().review, days=15)
    lapsing.lapse_reviews()
    act = Remediation.objects.get()
    assert (act.act, act.weight) == ("disable", 4)
    assert act.hold is not None


def test_what_was_let_through_counts_by_its_weight(scene):
    earlier = silence(scene, 1)
    Remediation.objects.filter(pk=earlier[0].pk).update(weight=2)
    assert [act.hold is None for act in silence(scene, 2)] == [True, False]
