"""A review as a person sees it: rows into frozen cards."""

from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest
from django.utils import timezone

from governance import clock
from governance.models import Band, Grant
from reviews import evidence
from reviews.evidence import Line, card
from reviews.models import Item, State
from tests.factories import GrantFactory
from tests.reviews.factories import LONG_AGO, AssignmentFactory, ItemFactory, ReviewFactory
from tests.reviews.scene import again

pytestmark = pytest.mark.django_db


def test_the_question_as_it_is_shown(scene):
    review = scene.asked().review
    shown = card(review)
    assert (shown.reference, shown.kind, shown.state) == (f"CS-{review.pk}", "certify", State.OPEN)
    assert (shown.agent, shown.person, shown.severity) == ("airline-support", "Maria", Band.MEDIUM)
    assert shown.why_you.startswith("because you have owned airline-support since")
    assert (shown.due_at, shown.policy) == (review.due_at, f"policy {scene.policy.number}")
    assert shown.silence == (
        "access is suspended; for 30 days after that, who answers for the agent or governance can give it back"
    )
    assert shown.undo == timedelta(days=1)
    assert (shown.items[0].keeping.days, shown.items[0].keeping.length) == ((90, 60, 30), 15)


def test_a_card_does_not_change(scene):
    shown = card(scene.asked().review)
    with pytest.raises(FrozenInstanceError):
        shown.question = "Another?"  # type: ignore[misc]


def test_an_item_as_it_is_shown(scene):
    item = scene.asked(entitlement__name="refund_payment", held_since="2026-03-02T12:00Z")
    (shown,) = card(item.review).items
    assert (shown.item_id, shown.fingerprint, shown.state) == (item.pk, item.fingerprint, State.OPEN)
    assert (shown.title, shown.system, shown.band) == ("refund_payment", "Airline", Band.MEDIUM)
    assert shown.lines[:3] == (
        Line(
            "Can do",
            "refund_payment in Airline. Risk: medium, 49 of 100: what a function allows (45), it is not used (+4)",
        ),
        Line("Held by", "support"),
        Line("Granted", "2 Mar 2026 (first seen by us; may be older) by owner; why is not recorded"),
    )
    assert shown.lines[-1] == Line("Blast radius", "One account")
    assert len(shown.lines) <= 6
    assert (len(shown.why_now), shown.outcome) == (1, None)
    assert shown.why_now[0].startswith("Never used in 214 runs")
    assert shown.suggestion.startswith("Revoke")


@pytest.mark.parametrize(("basis", "words"), [("source", " by"), ("stated", " (stated by a person) by")])
def test_whose_word_the_date_is(scene, basis, words):
    item = scene.asked(held_since="2026-03-02T12:00Z", held_since_basis=basis)
    assert card(item.review).items[0].lines[2].text == f"2 Mar 2026{words} owner; why is not recorded"


def test_what_came_back_is_not_called_older(scene):
    item = scene.asked(held_since="2026-03-02T12:00Z", returns_to=scene.grant())
    assert card(item.review).items[0].lines[2].text.startswith("2 Mar 2026 (when it came back) by")


def test_the_same_from_two_grantors_is_told_apart(scene):
    grant = scene.grant(entitlement__name="refund_payment", native={"grantor": "dba_two"})
    assert evidence.title(grant) == "refund_payment"
    GrantFactory(account=grant.account, entitlement=grant.entitlement, origin="another")
    assert evidence.title(grant) == "refund_payment, granted by dba_two"
    for each in (grant, *Grant.objects.exclude(pk=grant.pk)):
        Grant.objects.filter(pk=each.pk).update(seen="absent", closed_at=clock.now())
    assert evidence.title(again(grant)) == "refund_payment, granted by dba_two", "and so it is called when it is gone"
    Grant.objects.exclude(pk=grant.pk).update(opened_at=LONG_AGO, closed_at=grant.opened_at)
    assert evidence.title(again(grant)) == "refund_payment", "nobody else granted it while it was held"


def test_what_was_given_back_is_not_another_grantors(scene):
    grant = scene.grant(entitlement__name="refund_payment", native={"grantor": "dba_two"}, closed_at=timezone.now())
    GrantFactory(account=grant.account, entitlement=grant.entitlement, origin=grant.origin, instance="again")
    assert evidence.title(grant) == "refund_payment"


def test_nobody_answers_for_a_role_so_governance_alone_gives_back(scene):
    item = scene.asked()
    Item.objects.filter(pk=item.pk).update(agent=None)
    assert "for 30 days after that, governance can give it back" in card(item.review).silence


def test_a_grantor_is_named_by_what_is_known():
    assert evidence.grantor(Grant(native={"grantor": "dba"}, origin="10")) == "dba"
    assert evidence.grantor(Grant(origin="10")) == "10"
    assert evidence.grantor(Grant()) == "the system"


def test_a_question_about_an_agent(scene):
    shown = card(scene.asked_whose().review)
    assert (shown.kind, shown.agent) == ("claim", "airline-support")
    assert shown.silence == "its accounts are disabled; for 30 days after that, governance can enable them again"
    assert (shown.items[0].title, shown.items[0].system) == ("airline-support", "")
    assert [line.label for line in shown.items[0].lines][:2] == ["Is for", "Belongs to"]


@pytest.mark.parametrize("subject", ["account", "system"])
def test_other_subjects_have_a_name(scene, subject):
    row = getattr(scene, subject)
    item = ItemFactory(grant=None, agent=None, **{subject: row}, finding=False, facts_shown={"lines": {"Seen": 3}})
    (shown,) = card(item.review).items
    assert shown.title == row.name
    assert shown.lines == (Line("Seen", "3"),)


def test_a_review_that_nobody_is_asked_has_no_person():
    shown = card(ReviewFactory())
    assert (shown.person, shown.why_you, shown.items, shown.agent) == ("", "", (), "")


def test_a_closed_review_names_who_was_asked_last():
    now = timezone.now()
    review = AssignmentFactory(until=now, why="first").review
    AssignmentFactory(review=review, until=now, why="second")
    assert card(review).why_you == "second"


# -- the dry run


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, ""),
        ({"not_tried": "it is down"}, "Not tried: it is down"),
        (
            {"outcome": "planned", "other_paths": []},
            "Revoke removes it. No other path is left; tried in the system and rolled back.",
        ),
        (
            {"other_paths": ["PUBLIC", "pilots"]},
            (
                "Revoke removes this grant; it can still be used through PUBLIC, pilots. "
                "Tried in the system and rolled back."
            ),
        ),
    ],
)
def test_what_the_dry_run_said(said, text):
    assert evidence.preview_text(ItemFactory.build(preview=said, review=None, grant=None, agent=None)) == text
