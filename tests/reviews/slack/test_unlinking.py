"""`manage.py unlink_slack`: a wrong link ends, and what was asked by it is asked anew."""

import pytest
from django.core.management import CommandError, call_command

from governance.models import Entry, LedgerSecret
from reviews import asking
from reviews.models import Answer, Ask, Review
from tests.reviews.factories import AssignmentFactory, ReviewFactory
from tests.reviews.slack.clicking import buttons, click, posted, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(question):
    """The question, sent."""
    question.delivered()
    return question


def unlink(asked, *, reason="it is Jon's user", user=None, team=None):
    call_command("unlink_slack", team or asked.workspace.team_id, user or asked.user, "--reason", reason)


def test_what_the_user_says_counts_no_more_and_its_copy_loses_its_buttons(asked, peer, capsys):
    payload = click(asked, "revoke", url=peer.response_url)
    unlink(asked)
    assert f"is not {asked.person.email} any more" in capsys.readouterr().out
    assert posted(payload).status_code == 200
    settle()
    assert not Answer.objects.exists()
    assert "not linked" in peer.told("respond")[0]["text"]
    Ask.objects.update(next_at=None)
    asked.delivered()
    assert "revoke" not in buttons(Ask.objects.get(pk=asked.ask.pk))
    entry = Entry.objects.get(act="identity.unlinked")
    assert entry.actor_id == "unlink_slack"
    assert LedgerSecret.objects.filter(entry=entry, name="reason", value="it is Jon's user").exists()
    assert {each["kind"] for each in entry.subjects} == {"person", "external_identity"}


def test_the_person_is_asked_anew_wherever_they_are_reached(asked, settings):
    settings.EMAIL_SET_UP = True
    unlink(asked)
    current = asked.review.assignment
    assert (current.person, asked.review.assignments.count()) == (asked.person, 2)
    assert asking.ask_people() == 1
    assert Ask.objects.get(surface="email").person == asked.person


def test_what_was_not_asked_there_is_let_be(asked):
    other = ReviewFactory()
    AssignmentFactory(review=other, person=asked.person)
    unlink(asked)
    assert other.assignments.count() == 1
    assert Review.objects.get(pk=other.pk).assignment.until is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"reason": " "}, "say why"),
        ({"user": "U0NOBODY"}, "is linked to nobody"),
        ({"team": "T0NOWHERE"}, "no workspace that is connected; there are: T"),
    ],
)
def test_it_says_what_is_wrong_and_ends_nothing(asked, wrong, says):
    with pytest.raises(CommandError, match=says):
        unlink(asked, **wrong)
    assert asked.person.identities.get().until is None


def test_a_link_ends_once(asked):
    unlink(asked)
    with pytest.raises(CommandError, match="is linked to nobody"):
        unlink(asked)
