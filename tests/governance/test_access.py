from datetime import timedelta

import pytest
from django.apps import apps
from django.db.models import Q
from django.utils import timezone

from governance import access
from governance.access import Right
from governance.ledger import Actor
from governance.models import Account, Agent, Claim, Entry, Finding, Grant, Lease, OrgUnit, Person, Policy, System
from tests.factories import (
    AgentFactory,
    ClaimFactory,
    FindingFactory,
    GrantFactory,
    GroupFactory,
    OrgUnitFactory,
    PersonFactory,
    PolicyFactory,
)

pytestmark = pytest.mark.django_db
ACTOR = Actor.operator("test")


@pytest.fixture
def top() -> OrgUnit:
    return OrgUnitFactory()


@pytest.fixture
def below(top) -> OrgUnit:
    return OrgUnitFactory(parent=OrgUnitFactory(parent=top))


@pytest.fixture
def grant(below) -> Grant:
    grant = GrantFactory(unit=below)
    GrantFactory()
    return grant


def permit(who, unit, right=Right.VIEW):
    access.permit(who=who, unit=unit, right=right, actor=ACTOR)
    return who


def test_who_was_given_nothing_sees_nothing(grant):
    assert not access.visible(Grant.objects.all(), to=PersonFactory(unit=grant.unit)).exists()


@pytest.mark.parametrize("right", list(Right))
def test_sight_reaches_everything_below(grant, top, right):
    viewer = permit(PersonFactory(), top, right)
    assert list(access.visible(Grant.objects.all(), to=viewer)) == [grant]


def test_sight_does_not_reach_up(grant, top):
    viewer = permit(PersonFactory(), OrgUnitFactory(parent=grant.unit))
    assert not access.visible(Grant.objects.all(), to=viewer).exists()


def test_a_group_gives_its_members_sight(grant, top):
    viewer, group = PersonFactory(), permit(GroupFactory(), top)
    assert not access.visible(Grant.objects.all(), to=viewer).exists()
    viewer.groups.add(group)
    assert list(access.visible(Grant.objects.all(), to=viewer)) == [grant]


def test_what_is_taken_back_is_gone(grant, top):
    viewer = permit(PersonFactory(), top)
    access.withdraw(who=viewer, unit=top, right=Right.VIEW, actor=ACTOR)
    assert not access.visible(Grant.objects.all(), to=viewer).exists()
    acts = Entry.objects.about(kind="person", key=viewer.pk).values_list("act", flat=True)
    assert list(acts) == ["permission.granted", "permission.withdrawn"]


def test_a_superuser_sees_everything(grant):
    assert access.visible(Grant.objects.all(), to=PersonFactory(is_superuser=True)).count() == 2


@pytest.mark.parametrize("change", [{"is_active": False}, {"employment": "left"}])
def test_who_has_left_sees_nothing_whatever_they_were_given(grant, top, change):
    gone = permit(PersonFactory(is_superuser=True, **change), top)
    assert not access.visible(Grant.objects.all(), to=gone, also=Q(pk=grant.pk)).exists()
    assert not access.may_govern(gone, top)


@pytest.mark.parametrize("change", [{"is_active": False}, {"employment": "left"}])
def test_who_has_left_since_they_were_read_governs_nothing(top, change):
    gone = permit(PersonFactory(), top, Right.GOVERN)
    assert access.may_govern(gone, top)
    Person.objects.filter(pk=gone.pk).update(**change)
    assert not access.may_govern(gone, top)


def test_who_may_govern_is_one_of_the_governors(top, below):
    group, unit = permit(GroupFactory(), top, Right.GOVERN), OrgUnitFactory(parent=below)
    people = [PersonFactory(), *(permit(PersonFactory(), top, right) for right in Right)]
    people += [permit(PersonFactory(), each, Right.GOVERN) for each in (below, unit, OrgUnitFactory())]
    people[0].groups.add(group)
    may = [each for each in people if access.may_govern(each, below)]
    assert may == list(access.governors(below).order_by("pk"))
    assert len(may) == 3


def test_another_reason_adds_to_what_is_seen(grant, top):
    other = Grant.objects.exclude(pk=grant.pk).get()
    viewer = permit(PersonFactory(), top)
    assert access.visible(Grant.objects.all(), to=viewer, also=Q(pk=other.pk)).count() == 2
    assert list(access.visible(Grant.objects.all(), to=PersonFactory(), also=Q(pk=other.pk))) == [other]


@pytest.mark.parametrize("model", [System, Account, Agent, Claim, Finding, OrgUnit, Lease, Person])
def test_every_noun_is_found_by_its_unit(model, top):
    person = PersonFactory(unit=top)
    grant = GrantFactory(account__system__owner=person, account__system__unit=top)
    ClaimFactory(agent=AgentFactory(unit=top), account=grant.account)
    ClaimFactory()
    FindingFactory(grant=grant)
    FindingFactory()
    until = timezone.now() + timedelta(days=1)
    for each in Grant.objects.all():
        each.leases.create(entitlement=each.entitlement, starts_at=each.opened_at, ends_at=until, basis="policy")
    viewer = permit(PersonFactory(), top)
    assert access.visible(model.objects.all(), to=viewer).count() == 1
    assert model.objects.count() > 1


def test_units_are_one_array_and_no_list(grant, top):
    sql = str(access.visible(Grant.objects.all(), to=permit(PersonFactory(), top)).query)
    assert '"governance_grant"."unit_id" = ANY((ARRAY(SELECT' in sql


def test_paths_name_models_and_fields_that_are_there(top):
    person = PersonFactory()
    for label in access.PATHS:
        list(access.visible(apps.get_model(label).objects.all(), to=person)[:1])
    for label in access.WHOLE:
        assert apps.get_model(label)


def test_what_concerns_everybody_is_seen_from_the_top_alone(top, below):
    PolicyFactory()
    auditor, viewer, local = (
        permit(PersonFactory(unit=top), top, Right.AUDIT),
        permit(PersonFactory(unit=top), top, Right.VIEW),
        permit(PersonFactory(unit=top), below, Right.GOVERN),
    )
    for noun in (Policy, Entry):
        assert access.visible(noun.objects.all(), to=auditor).exists()
        assert not access.visible(noun.objects.all(), to=viewer).exists()
        assert not access.visible(noun.objects.all(), to=local).exists()


def test_where_there_are_two_tops_one_of_them_is_not_the_whole(top):
    PolicyFactory()
    auditor = permit(PersonFactory(unit=top), top, Right.AUDIT)
    other = OrgUnitFactory()
    assert not access.oversees_all(auditor)
    assert not access.visible(Policy.objects.all(), to=auditor).exists()
    permit(auditor, other, Right.GOVERN)
    assert access.oversees_all(auditor), "one right here, the other there: both let them see"
    assert not access.governs_all(auditor)


def test_the_nearest_governor_comes_first(top, below):
    far, near = permit(PersonFactory(), top, Right.GOVERN), PersonFactory()
    near.groups.add(permit(GroupFactory(), below, Right.GOVERN))
    permit(PersonFactory(), below, Right.VIEW)
    permit(PersonFactory(employment="left"), below, Right.GOVERN)
    permit(PersonFactory(is_active=False), below, Right.GOVERN)
    permit(near, top, Right.GOVERN)
    assert list(access.governors(below)) == [near, far]
    assert list(access.governors(OrgUnitFactory())) == []


def test_governors_and_superusers_may_govern(top, below):
    governor = permit(PersonFactory(), top, Right.GOVERN)
    assert access.may_govern(governor, below)
    assert not access.may_govern(governor, OrgUnitFactory())
    assert not access.may_govern(permit(PersonFactory(), top, Right.AUDIT), below)
    assert access.may_govern(PersonFactory(is_superuser=True), below)
