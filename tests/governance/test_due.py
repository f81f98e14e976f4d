from datetime import timedelta

import pytest
from django.utils import timezone

from governance import due
from governance.models import Grant, GrantDue
from tests.factories import ClaimFactory, GrantFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def moments() -> dict[int, object]:
    return dict(GrantDue.objects.values_list("grant", "at"))


def test_it_makes_grants_due():
    grant = GrantFactory()
    assert due.pull(Grant.objects.all(), NOW) == 1
    assert moments() == {grant.pk: NOW}


def test_it_only_pulls_forward():
    early, late = GrantFactory(), GrantFactory()
    GrantDue.objects.create(grant=early, at=NOW - timedelta(days=1))
    GrantDue.objects.create(grant=late, at=NOW + timedelta(days=1))
    assert due.pull(Grant.objects.all(), NOW) == 1
    assert moments() == {early.pk: NOW - timedelta(days=1), late.pk: NOW}


def test_closed_grants_are_passed_over():
    GrantFactory(closed_at=NOW)
    assert due.pull(Grant.objects.all(), NOW) == 0
    assert not moments()


def test_joins_and_slices_and_nothing_are_taken():
    grant = GrantFactory()
    ClaimFactory(account=grant.account)
    ClaimFactory(account=grant.account)
    assert due.pull(Grant.objects.filter(account__claims__until=None), NOW) == 1
    assert due.pull(Grant.objects.order_by("-risk")[:1], NOW - timedelta(1)) == 1
    assert due.pull(Grant.objects.none(), NOW) == 0
    assert due.pull(Grant.objects.filter(pk__in=[]), NOW) == 0
