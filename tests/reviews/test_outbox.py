"""The outbox: once a key, on the surface that reaches the person, and by e-mail where Slack does not answer."""

from datetime import timedelta

import pytest

from governance import clock
from reviews import asking, outbox
from reviews.models import Ask, Review
from tests.factories import PersonFactory
from tests.reviews.factories import ReviewFactory, SlackIdentityFactory, WorkspaceFactory
from tests.reviews.scene import again, entry, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    return SlackIdentityFactory(issuer=WorkspaceFactory().team_id).person


def put(*reviews: Review, person, key: str = "key", purpose: Ask.Purpose = Ask.Purpose.QUESTION) -> Ask:
    return outbox.put(reviews, person=person, purpose=purpose, key=key, at=clock.now())


@pytest.mark.parametrize(
    ("linked", "mail", "address", "surface"),
    [
        (True, True, "maria@skyway.example", "slack"),
        (False, True, "maria@skyway.example", "email"),
        (False, False, "maria@skyway.example", "none"),
        (False, True, "", "none"),
    ],
)
def test_a_person_is_spoken_to_where_they_can_be_reached(settings, linked, mail, address, surface):
    settings.EMAIL_SET_UP = mail
    person = PersonFactory(email=address)
    if linked:
        SlackIdentityFactory(person=person, issuer=WorkspaceFactory().team_id)
    assert outbox.surface_for(person) == surface
    row = put(ReviewFactory(), person=person)
    assert (row.surface, row.state) == (surface, "failed" if surface == "none" else "pending")
    assert bool(row.trouble) == (surface == "none")


@pytest.mark.parametrize("ended", ["outside_since", "until"])
def test_whose_slack_user_is_a_guest_or_unlinked_is_not_spoken_to_there(settings, person, ended):
    settings.EMAIL_SET_UP = True
    person.identities.update(**{ended: clock.now()})
    assert outbox.surface_for(person) == "email"


def test_the_same_key_is_one_row_with_all_of_it(person):
    first, second = ReviewFactory(), ReviewFactory()
    assert put(first, person=person) == put(second, person=person)
    assert set(Ask.objects.get().reviews.all()) == {first, second}


def test_who_is_reached_later_is_reached_by_the_same_row(settings):
    settings.EMAIL_SET_UP = False
    person, review = PersonFactory(), ReviewFactory()
    row = put(review, person=person)
    Ask.objects.update(made_at=clock.now() - timedelta(hours=3))
    SlackIdentityFactory(person=person, issuer=WorkspaceFactory().team_id)
    assert put(review, person=person) == row
    now = again(row)
    assert (now.surface, now.state, now.trouble) == ("slack", "pending", "")
    assert clock.now() - now.made_at < timedelta(minutes=1), "it waits since now"


def test_what_was_sent_is_not_sent_again_by_its_key(person):
    row = put(ReviewFactory(), person=person)
    Ask.objects.update(state="sent", external_id="D:1")
    put(ReviewFactory(), person=person)
    assert again(row).state == "sent"


# -- elsewhere


@pytest.fixture
def mail(settings):
    settings.EMAIL_SET_UP = True


def test_what_slack_does_not_take_is_said_by_e_mail_once(person, mail):
    row = put(ReviewFactory(), person=person)
    twin = outbox.elsewhere(row, because="Slack does not answer")
    assert (twin.surface, twin.person, list(twin.reviews.all())) == ("email", person, list(row.reviews.all()))
    assert outbox.elsewhere(row, because="again") == twin
    assert told(row) == ["ask.failed"]
    assert entry("ask.failed").body == {"because": "Slack does not answer", "instead": "email"}


@pytest.mark.parametrize("purpose", [Ask.Purpose.HOME])
def test_a_page_in_slack_is_nowhere_else(person, mail, purpose):
    assert outbox.elsewhere(put(person=person, purpose=purpose), because="down") is None


def test_without_an_address_nothing_is_said_elsewhere(person, mail):
    type(person).objects.filter(pk=person.pk).update(email="")
    row = put(ReviewFactory(), person=person)
    Ask.objects.update(made_at=clock.now() - timedelta(hours=3))
    assert outbox.elsewhere(again(row), because="down") is None
    assert asking.ask_elsewhere() == 0


@pytest.mark.parametrize(
    ("changes", "late"),
    [
        ({}, True),
        ({"attempts": 0}, True),  # it waits behind another, or Slack says *later* again and again
        ({"state": "outdated"}, True),
        ({"state": "outdated", "sent_at": timedelta(minutes=15), "external_id": "D:1"}, False),
        ({"made_at": timedelta(minutes=14)}, False),
        ({"state": "sent"}, False),
        ({"state": "failed"}, False),
        ({"surface": "email"}, False),
        ({"purpose": "offer"}, True),
        ({"purpose": "digest"}, True),
        ({"purpose": "reminder"}, True),
        ({"purpose": "home"}, False),
    ],
)
def test_what_has_waited_for_slack_too_long(person, mail, changes, late):
    row = put(ReviewFactory(), person=person)
    usual = {"attempts": 3, "made_at": timedelta(minutes=16)} | changes
    now = clock.now()
    Ask.objects.update(**{name: now - it if isinstance(it, timedelta) else it for name, it in usual.items()})
    assert asking.ask_elsewhere() == int(late)
    assert asking.ask_elsewhere() == 0, "once"
    assert Ask.objects.filter(dedupe_key=f"{row.dedupe_key}:email").exists() == late


def test_a_failure_is_entered_by_who_holds_the_lease(person):
    row = put(ReviewFactory(), person=person)
    Ask.objects.update(fence=row.fence + 1)
    assert outbox.fail(row, because="user_not_found") is False
    assert again(row).state == "pending"
    assert outbox.fail(again(row), because="user_not_found") is True
    assert (again(row).state, again(row).trouble) == ("failed", "user_not_found")
    assert told(row) == ["ask.failed"]
