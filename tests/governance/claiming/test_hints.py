"""Whom a remark on an account names."""

import pytest

from governance.claiming import named_in
from governance.models import Employment
from tests.factories import AccountFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa():
    return PersonFactory(name="Rosa Reyes", email="Rosa@meridian.example")


@pytest.mark.parametrize(
    "remark",
    ["Answers: Rosa Reyes", "owner=rosa@meridian.example", "ROSA REYES, (DBA team)", "mail <ROSA@Meridian.Example>."],
)
def test_a_person_is_named_by_address_or_whole_name(rosa, remark):
    assert named_in(AccountFactory(owner_hints=[remark])) == [rosa]


@pytest.mark.parametrize(
    "remark", ["Rosa", "Answers: rosa", "rosa-reyes-bot", "arosa@meridian.example", "", 7, {"a": 1}]
)
def test_less_names_nobody(rosa, remark):
    assert named_in(AccountFactory(owner_hints=[remark])) == []


def test_a_name_that_two_people_bear_names_nobody(rosa):
    other = PersonFactory(name="Rosa REYES")
    assert named_in(AccountFactory(owner_hints=["Rosa Reyes"])) == []
    assert named_in(AccountFactory(owner_hints=[f"Rosa Reyes, {other.email}"])) == [other]


def test_who_has_left_is_not_named():
    PersonFactory(name="Omar Haddad", employment=Employment.LEFT)
    assert named_in(AccountFactory(owner_hints=["Omar Haddad"])) == []


def test_each_is_named_once(rosa):
    assert named_in(AccountFactory(owner_hints=["Rosa Reyes", "rosa@meridian.example"])) == [rosa]


def test_whom_a_remark_names_stands_at_its_beginning(rosa):
    assert named_in(AccountFactory(owner_hints=["x " * 600 + "Rosa Reyes"])) == []
