"""The full record: who sees it, what stands on it, and that opening it is evidence."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse

from governance import access, clock
from reviews import evidence, opening
from reviews.models import Item, Look, Remediation, Verdict
from reviews.web.record import STALE, is_news
from tests.factories import OrgUnitFactory, PersonFactory
from tests.reviews.scene import ACTOR, again, done, entry

pytestmark = pytest.mark.django_db
POSITION = [
    "Does airline-support still need",
    "Can do",
    "Why now:",
    "You are asked",
    "If nothing is decided by",
    "Keep for",
    "Reduce…",
    "Revoke…",
    "The time you take is recorded",
    "History",
    "Evidence",
]


def test_the_card_stands_in_the_designs_order(maria, record):
    text = maria.get(record).text
    places = [text.index(words) for words in POSITION]
    assert places == sorted(places)


def test_nothing_but_our_own_style_may_load(maria, record):
    answer = maria.client.get(record)
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert "no-store" in answer["Cache-Control"]
    html = answer.content.decode()
    assert "<script" not in html
    assert "style=" not in html


def test_a_strangers_record_is_not_there(scene, item, record, read):
    stranger = read(PersonFactory(name="Jon Bell"))
    answer = stranger.client.get(record)
    assert answer.status_code == 404
    assert item.review.question not in answer.content.decode()
    assert answer["Content-Security-Policy"]
    assert stranger.client.get(reverse("web:record", args=[10**9])).status_code == 404


def test_who_is_not_logged_in_comes_back_after_the_log_in(client, record):
    answer = client.get(record)
    assert answer.headers["Location"] == f"{reverse('login')}?next={record}"


@pytest.mark.parametrize("right", [access.Right.GOVERN, access.Right.AUDIT, access.Right.VIEW])
def test_who_sees_the_unit_sees_the_record_and_no_verbs(scene, record, read, right):
    colleague = PersonFactory(name="Auditor")
    access.permit(who=colleague, unit=scene.unit, right=right, actor=ACTOR)
    page = read(colleague).get(record)
    assert "Maria is asked" in page.text
    assert not {"Revoke…", "Reduce…", "I don't know…"} & set(page.links)


def test_a_right_elsewhere_gives_nothing_here(record, read):
    colleague = PersonFactory(name="Auditor")
    access.permit(who=colleague, unit=OrgUnitFactory(), right=access.Right.GOVERN, actor=ACTOR)
    assert read(colleague).client.get(record).status_code == 404


def test_who_was_asked_still_sees_it_and_who_left_does_not(scene, item, record, read):
    scene.decide(item, Verdict.UNSURE)
    assert "Deniz is asked" in read(scene.owner).get(record).text
    scene.owner.employment = "left"
    scene.owner.save()
    assert read(scene.owner).client.get(record).status_code == 302


def test_opening_it_is_evidence_once(scene, item, maria, record):
    maria.get(record)
    maria.get(record)
    look = Look.objects.get()
    assert (look.review, look.person, look.surface) == (item.review, scene.owner, "web")
    opened = entry("record.opened")
    assert (opened.actor_id, opened.surface) == (str(scene.owner.pk), "web")
    assert scene.decide(item, Verdict.REVOKE).looked


def test_who_only_sees_it_leaves_no_look(scene, record, read):
    read(scene.governor).get(record)
    assert not Look.objects.exists()


def test_the_ledger_is_for_who_reads_the_ledger(scene, record, read, maria):
    assert "review.opened" not in maria.get(record).text
    assert "review.opened" in read(scene.governor).get(record).text


def test_it_tells_what_was_decided_before_and_what_came_of_it(scene, maria, record, item):
    maria.get(record)
    scene.decide(item, Verdict.KEEP, reason="The gate staff refund by it.")
    page = maria.get(record)
    assert "Maria decided to keep it" in page.text
    assert "Nothing had to be changed." in page.text
    assert "The gate staff refund by it." in page.text
    scene.suspect(item.grant, "appeared")
    opening.open_reviews()
    later = maria.get(reverse("web:record", args=[Item.objects.open().get().review_id])).text
    assert "The gate staff refund by it." in later[later.index("Decided before") :]


def test_of_several_each_reason_says_about_which(scene, maria):
    for name in ("refund_payment", "book_seat"):
        scene.suspect(scene.grant(entitlement__name=name))
    assert opening.open_reviews() == 1
    text = maria.get(reverse("web:record", args=[Item.objects.latest("pk").review_id])).text
    told = text[text.index("Why it was asked") :]
    assert [told.count(f"{name}: ") for name in ("refund_payment", "book_seat")] == [1, 1]


def test_what_is_shown_of_an_open_question_is_as_of_now(scene, maria, record, item):
    assert "shared by 2 agents" not in maria.get(record).text
    scene.another_agent()
    assert "shared by 2 agents" not in maria.get(record).text, "it was looked up within the minute"
    Item.objects.update(facts_shown=again(item).facts_shown | {"at": (clock.now() - STALE).isoformat()})
    assert "shared by 2 agents" in maria.get(record).text


def test_while_something_is_under_way_it_looks_again_for_a_while_and_whenever_asked(scene, maria, record, item):
    scene.decide(item, Verdict.REVOKE)
    there, page = maria.follow(record, "See how it is now")
    assert there == record
    assert "Nothing has happened yet" in page.text
    assert maria.client.get(record).headers["Refresh"] == "4"
    outcome = evidence.card(item.review).items[0].outcome
    assert [is_news(outcome, outcome.decided_at + timedelta(seconds=after)) for after in (59, 61)] == [True, False]
    undone = replace(outcome, undone_at=outcome.decided_at + timedelta(minutes=5))
    assert is_news(undone, outcome.decided_at + timedelta(minutes=5, seconds=59))
    done(Remediation.objects.get())
    assert "See how it is now" not in maria.get(record).text
    assert "Refresh" not in maria.client.get(record).headers
