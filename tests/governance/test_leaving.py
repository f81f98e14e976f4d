"""A person goes away, leaves, comes back: what is asked of them, their sessions, and what falls due."""

from datetime import timedelta

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from governance import clock, leaving
from governance.errors import Invalid
from governance.ledger import Actor
from governance.models import Entry, GrantDue
from tests.factories import ClaimFactory, GrantFactory, OwnershipFactory, PersonFactory

pytestmark = pytest.mark.django_db

ACTOR = Actor.operator("test")


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
def owner():
    return PersonFactory()


@pytest.fixture
def grant(owner):
    grant = GrantFactory()
    ClaimFactory(agent=OwnershipFactory(person=owner).agent, account=grant.account)
    return grant


def log_in(person):
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session.save()
    return session.session_key


def test_who_left_is_asked_nothing_and_may_not_log_in(owner, grant, at):
    assert leaving.leave(person=owner, at=at, actor=ACTOR)
    assert (owner.employment, owner.is_active, owner.able(at)) == ("left", False, False)
    assert GrantDue.objects.get(grant=grant).at == at
    assert Entry.objects.get().act == "person.left"


def test_leaving_twice_is_leaving_once(owner, at):
    leaving.leave(person=owner, at=at, actor=ACTOR)
    assert not leaving.leave(person=owner, at=at, actor=ACTOR)
    assert Entry.objects.count() == 1


def test_who_leaves_loses_their_sessions_and_nobody_else(owner, at):
    theirs, others = log_in(owner), log_in(PersonFactory())
    leaving.leave(person=owner, at=at, actor=ACTOR)
    assert set(Session.objects.values_list("pk", flat=True)) == {others}
    assert theirs != others


def test_who_is_away_is_back_when_the_time_has_come(owner, grant, at):
    until = at + timedelta(days=7)
    leaving.go_away(person=owner, until=until, at=at, actor=ACTOR)
    assert not owner.able(at)
    assert owner.able(until)
    assert owner.is_active
    assert GrantDue.objects.filter(grant=grant).exists()


def test_nobody_can_be_away_until_yesterday(owner, at):
    with pytest.raises(Invalid, match="is past"):
        leaving.go_away(person=owner, until=at - timedelta(days=1), at=at, actor=ACTOR)


def test_who_left_may_come_back(owner, at):
    leaving.leave(person=owner, at=at, actor=ACTOR)
    leaving.come_back(person=owner, at=at, actor=ACTOR)
    assert owner.able(at)
    assert list(Entry.objects.order_by("id").values_list("act", flat=True)) == ["person.left", "person.returned"]


def test_coming_back_from_holiday_does_not_lift_an_administrators_bar(at):
    person = PersonFactory(is_active=False)
    leaving.go_away(person=person, until=at + timedelta(days=1), at=at, actor=ACTOR)
    leaving.come_back(person=person, at=at, actor=ACTOR)
    assert not person.is_active


@pytest.mark.parametrize(("employment", "reason"), [("away", "away_until is missing"), ("retired", "is unknown")])
def test_it_refuses_a_strange_employment(owner, at, employment, reason):
    with pytest.raises(Invalid, match=reason):
        leaving.set_employment(person=owner, employment=employment, at=at, actor=ACTOR)


def test_an_employment_is_reached_by_the_verb_that_fits(owner, at):
    until = at + timedelta(days=1)
    for employment in ("away", "left", "active"):
        assert leaving.set_employment(person=owner, employment=employment, away_until=until, at=at, actor=ACTOR)
    assert owner.able(at)
