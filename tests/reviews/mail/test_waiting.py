"""What waits for governance as a letter, through a real mail server."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from governance.access import Right
from governance.models import Entry, Organisation
from reviews import telling
from reviews.mail import delivering
from reviews.models import Ask, Assignment, Hold, Preference, Remediation
from tests.admin.world import staff, world
from tests.factories import OrgUnitFactory, PolicyFactory
from tests.reviews.mail.conftest import delivered
from tests.reviews.mail.peer import html, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours():
    PolicyFactory()
    return world("ours", OrgUnitFactory(name="top"))


@pytest.fixture
def priya(ours):
    return staff("priya", ours.unit, time_zone="Europe/Copenhagen")


def letter_for(person):
    """Her row of today, as telling queues it."""
    at = timezone.now()
    telling.queue(person, at.date(), at=at)
    return Ask.objects.get(person=person, purpose="waiting")


def test_it_says_kind_title_since_and_words_with_one_link_to_the_queue(priya, post):
    ask = delivered(letter_for(priya))
    [letter] = post.letters
    assert letter["To"] == "priya@staff.example"
    assert letter["Subject"] == "2 things need a person now: 1 held by the brake, 1 read held"
    said = text(letter)
    assert "== Held by the brake ==\n1 suspension in ours system\nsince " in said
    assert "More than 3 of ours. Nothing happens until a person says so" in said
    assert "== Read held ==\nours system showed much less than before" in said
    assert f"https://countersign.example{reverse('admin:queue')}" in said
    assert "Nothing is ended by opening this letter" in said
    assert "Times are in Europe/Copenhagen." in said
    assert (ask.state, ask.sent_at is not None) == ("closed", True)


def test_html_and_text_say_the_same_and_strangers_make_no_links(ours, priya, post):
    Hold.objects.update(why="<b>see</b> http://evil.example/x")
    delivered(letter_for(priya))
    letter = post.last()
    assert "evil.example" not in text(letter) + html(letter)
    assert "<b>see</b>" not in html(letter)
    for words in ("1 suspension in ours system", "ours system showed much less than before"):
        assert words in html(letter)
        assert words in text(letter)


def test_where_nothing_waits_no_letter_is_sent(ours, priya, post):
    Hold.objects.update(closed_at=timezone.now())
    ours.sync.delete()
    ask = delivered(letter_for(priya))
    assert (ask.state, ask.sent_at, post.letters) == ("closed", None, [])


def test_it_is_sent_once_whatever_runs_again(priya, post):
    ask = delivered(letter_for(priya))
    assert not telling.queue(priya, timezone.now().date(), at=timezone.now())
    Ask.objects.filter(pk=ask.pk).update(state="outdated")
    assert delivered(ask).state == "closed"
    assert len(post.letters) == 1


def test_a_second_worker_finds_nothing_to_send(priya, post):
    letter_for(priya)
    claimed = Ask.objects.claim_pending("email")
    assert Ask.objects.claim_pending("email") is None
    delivering.deliver(claimed)
    assert len(post.letters) == 1


def test_whose_answer_is_lost_gets_the_same_letter_under_the_same_number(priya, post):
    post.lost = True
    ask = letter_for(priya)
    delivered(ask)
    delivered(ask)
    first, second = post.letters
    assert first["Message-ID"] == second["Message-ID"]


def test_what_waited_for_the_mail_server_for_days_is_one_letter(priya, post):
    at = timezone.now()
    for day in range(3):
        telling.queue(priya, at.date() - timedelta(days=2 - day), at=at)
    Ask.objects.update(next_at=None)
    delivering.deliver_waiting()
    assert len(post.letters) == 1
    assert list(Ask.objects.filter(sent_at__isnull=False)) == [Ask.objects.latest("pk")]
    assert set(Ask.objects.filter(person=priya).values_list("state", flat=True)) == {"closed"}


def test_the_ledger_says_that_it_was_told_and_keeps_its_hash(priya, post):
    ask = delivered(letter_for(priya))
    entry = Entry.objects.get(act="ask.sent")
    assert (entry.body["purpose"], entry.body["shown"]) == ("waiting", ask.shown_hash)
    assert {(each["kind"], each["id"]) for each in entry.subjects} == {("ask", str(ask.pk)), ("person", str(priya.pk))}


def test_nobody_is_told_of_what_they_cannot_end(ours, post):
    viewer = staff("viewer", ours.unit, right=Right.VIEW)
    elsewhere = staff("elsewhere", OrgUnitFactory())
    for person in (viewer, elsewhere):
        assert delivered(letter_for(person)).state == "closed"
    assert post.letters == []


def test_who_owns_a_system_is_told_of_it_without_seeing_the_unit(ours, post):
    world("theirs", OrgUnitFactory())
    delivered(letter_for(ours.owner))
    said = text(post.last())
    assert "1 suspension in ours system" in said
    assert "theirs" not in said


def test_a_question_without_anybody_is_told_to_who_governs_not_to_the_systems_owner(ours, priya, post):
    Assignment.objects.update(until=ours.review.due_at)
    delivered(letter_for(priya))
    assert "== Nobody to ask ==" in text(post.last())
    delivered(letter_for(ours.owner))
    assert "Nobody to ask" not in text(post.last())


def test_many_are_counted_and_the_first_told(ours, priya, post):
    at = timezone.now()
    grants = [
        Remediation(
            act="suspend", account=account, system=ours.system, decision=ours.act.decision, state="stuck", planned_at=at
        )
        for account in (ours.system.accounts.create(native_id=str(n), name=f"a{n}", kind="login") for n in range(25))
    ]
    Remediation.objects.bulk_create(grants)
    delivered(letter_for(priya))
    assert post.last()["Subject"].startswith("27 things need a person now: 1 held by the brake, 1 read held, 25 stuck")
    assert "7 more wait in the queue." in text(post.last())


def test_the_sweep_queues_it_once(priya, post):
    Organisation.objects.update(working_days=[1, 2, 3, 4, 5, 6, 7])
    Preference.objects.create(person=priya, digest_at=0)
    assert telling.tell_governance() >= 1
    assert telling.tell_governance() == 0
    assert Ask.objects.get(person=priya).state == "pending"
