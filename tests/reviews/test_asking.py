"""The dry run before the question, and the outbox."""

import threading
from datetime import timedelta

import pytest

from connectors.base import Cap
from connectors.errors import AuthFailed, Refused, Transient, Unsupported
from governance import clock
from governance.models import ExternalIdentity, Person
from reviews import asking, handling, lapsing, opening, outbox, rerouting
from reviews.evidence import card
from reviews.models import Ask, Decision, Item, Remediation, Review, Verdict, Workspace
from tests.reviews.factories import SlackIdentityFactory, WorkspaceFactory
from tests.reviews.scene import again, carried_out, done, late, only_act, whom, words
from tests.reviews.target import ReadOnly, door, everyone

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace(scene) -> Workspace:
    """Everybody can be reached by Slack."""
    made = WorkspaceFactory()
    for person in (scene.owner, scene.deputy, scene.manager, scene.governor):
        SlackIdentityFactory(person=person, issuer=made.team_id)
    return made


# -- the dry run


def test_the_system_is_asked_before_the_person(scene, workspace):
    item = scene.asked()
    asking.ask_people()
    assert again(item).preview == {"outcome": "planned", "other_paths": [], "tried": True}
    assert again(item).previewed_at is not None
    assert scene.target.calls == [f"try preview:{item.grant_id}"]
    assert scene.holds(item.grant), "nothing was done"
    assert Ask.objects.get().state == Ask.State.PENDING


def test_the_card_tells_what_a_revoke_would_leave(scene, workspace):
    item = scene.asked()
    scene.target.others = [everyone(item.grant.entitlement.native_id)]
    asking.ask_people()
    assert card(item.review).items[0].preview == (
        "Revoke removes this grant; it can still be used through PUBLIC. Tried in the system and rolled back."
    )


def test_it_is_tried_once_an_item(scene, workspace):
    item = scene.asked()
    asking.ask_people()
    Ask.objects.all().delete()
    asking.ask_people()
    assert scene.target.calls == [f"try preview:{item.grant_id}"]
    assert Ask.objects.count() == 1


def test_it_is_tried_anew_when_something_else_of_the_account_is_gone(scene, workspace):
    item, other = scene.asked(), scene.asked()
    asking.ask_people()
    scene.decide(item, Verdict.REVOKE, reason=words(item))
    done(only_act(Decision.objects.get()))
    scene.target.others = [everyone(other.grant.entitlement.native_id)]
    scene.target.calls.clear()
    asking.ask_people()
    asking.ask_people()
    assert scene.target.calls == [f"try preview:{other.grant_id}"]
    assert "through PUBLIC" in card(other.review).items[-1].preview
    assert again(item).previewed_at is not None, "of what is gone nobody asks"


def not_tried(item: Item) -> str:
    assert asking.ask_people() == 1
    assert Ask.objects.get().state == Ask.State.PENDING, "the question is put all the same"
    return str(again(item).preview["not_tried"])


@pytest.mark.parametrize("error", [Transient("the airline is down"), AuthFailed("no such password")])
def test_a_system_that_says_no_is_told(scene, workspace, error):
    item = scene.asked()
    scene.target.trouble = [error]
    assert not_tried(item) == str(error)
    assert card(item.review).items[0].preview == f"Not tried: {error}"


def test_a_type_that_cannot_be_tried_is_told(scene, workspace):
    item = scene.asked()
    scene.target.without(Cap.DRY_RUN)
    assert not_tried(item) == "Airline cannot try it without doing it"
    assert scene.target.calls == []


def test_a_system_that_cannot_be_changed_is_told(scene, workspace, monkeypatch):
    item = scene.asked()
    monkeypatch.setattr(door, "behind", ReadOnly())
    asking.ask_people()
    assert card(item.review).items[0].preview == (
        "Cannot be removed by us: Airline has no way to do it. If you revoke it, a person is asked to do it by hand."
    )


DENIES = "It also denies s3:DeleteBucket: without it that may be possible. What denies has to stay."
ASKED = f"Cannot be removed by us: {DENIES} If you revoke it, a person is asked to do it by hand."
SILENT = "a person is asked to take it away by hand: as things are, nothing is changed by us"


def test_what_a_click_does_not_remove_is_said_with_its_reason_and_silence_neither(scene, workspace):
    item = scene.asked(revocable=False, native={"by_hand": DENIES})
    asking.ask_people()
    told = card(item.review)
    assert told.items[0].preview == ASKED
    assert told.silence == SILENT
    assert scene.target.calls == []
    late(item.review, days=15)
    lapsing.lapse_reviews()
    act = carried_out(Remediation.objects.get())
    assert (act.act, act.state, act.beyond_us) == ("suspend", "stuck", True)
    assert act.task.endswith(f"do it in the system itself. {DENIES}")
    assert scene.target.calls == []


@pytest.mark.parametrize("error", [Unsupported(DENIES), Refused(DENIES.removesuffix("."))])
def test_what_has_become_a_persons_task_since_the_last_sync_is_told_the_same(scene, workspace, error):
    item = scene.asked()
    scene.target.trouble = [error]
    asking.ask_people()
    told = card(item.review)
    assert (told.items[0].preview, told.silence) == (ASKED, SILENT)


def test_a_secret_that_is_missing_is_told(scene, workspace):
    type(scene.system).objects.update(config={"at": "env:NOBODY_HAS_SET_THIS"})
    assert "NOBODY_HAS_SET_THIS" in not_tried(scene.asked())


def test_a_kind_that_is_unknown_is_told(scene, workspace):
    item = scene.asked()
    type(scene.system).objects.update(kind="abacus")
    assert not_tried(item).startswith("there is no connector 'abacus'")


def test_ten_seconds_and_no_longer(scene, workspace, monkeypatch):
    answered = threading.Event()
    item = scene.asked()
    monkeypatch.setattr(asking, "DRY_RUN_SECONDS", 0.2)
    monkeypatch.setattr(type(scene.target), "called", lambda _, __: answered.wait(20))
    try:
        assert not_tried(item) == "Airline did not answer within 0.2 seconds"
    finally:
        answered.set()
        while scene.target.opened:
            answered.wait(0.01)


def test_a_question_about_an_agent_has_nothing_to_try(scene, workspace):
    item = scene.asked_whose()
    asking.ask_people()
    assert again(item).preview == {}
    assert again(item).previewed_at is not None
    assert scene.target.calls == []


# -- the outbox


def test_the_question_is_queued_once(scene, workspace):
    review = scene.asked().review
    assert asking.ask_people() == 1
    assert asking.ask_people() == 0
    ask = Ask.objects.get()
    assert (ask.person, ask.surface, ask.purpose) == (scene.owner, "slack", Ask.Purpose.QUESTION)
    assert list(ask.reviews.all()) == [review]
    assert ask.dedupe_key == f"question:{review.pk}:{scene.owner.pk}:{review.assignment.pk}"
    assert again(review).leased_until is None


def test_who_cannot_be_reached_is_a_failure_that_is_seen(scene):
    scene.asked()
    assert asking.ask_people() == 1
    ask = Ask.objects.get()
    assert (ask.state, ask.surface) == (Ask.State.FAILED, Ask.NOWHERE)
    assert ask.trouble == outbox.UNREACHED
    assert Ask.objects.claim_pending("slack") is None
    assert asking.ask_people() == 0, "the next look is in a minute"


def test_who_is_linked_later_is_asked_then(scene):
    review = scene.asked().review
    asking.ask_people()
    SlackIdentityFactory(person=scene.owner, issuer=WorkspaceFactory().team_id)
    Review.objects.filter(pk=review.pk).update(next_at=clock.now())
    assert asking.ask_people() == 1
    ask = Ask.objects.get()
    assert (ask.state, ask.surface, ask.trouble) == (Ask.State.PENDING, "slack", "")
    assert asking.ask_people() == 0


@pytest.mark.parametrize("state", [Workspace.State.PAUSED, Workspace.State.UNINSTALLED])
def test_a_workspace_that_is_not_active_reaches_nobody(scene, workspace, state):
    Workspace.objects.update(state=state)
    assert outbox.surface_for(scene.owner) == Ask.NOWHERE


def test_a_link_to_another_workspace_reaches_nobody(scene, workspace):
    ExternalIdentity.objects.update(issuer="T9999999")
    assert outbox.surface_for(scene.owner) == Ask.NOWHERE
    assert outbox.surface_for(scene.system_owner) == Ask.NOWHERE


def test_nobody_is_asked_for_a_review_without_an_assignment(scene, workspace):
    review = scene.asked().review
    review.assignments.update(until=clock.now())
    assert asking.ask_people() == 0
    assert not Ask.objects.exists()


def test_an_ended_review_is_not_asked(scene, workspace):
    review = scene.asked().review
    Review.objects.filter(pk=review.pk).update(state="withdrawn", closed_at=clock.now())
    assert asking.ask(review) is None
    assert asking.ask_people() == 0


def test_the_next_person_is_asked_when_the_review_is_theirs(scene, workspace):
    review = scene.asked().review
    asking.ask_people()
    type(scene.owner).objects.filter(pk=scene.owner.pk).update(is_active=False)
    rerouting.reroute_reviews()
    assert asking.ask_people() == 1
    assert list(Ask.objects.order_by("pk").values_list("person__name", flat=True)) == ["Maria", "Deniz"]
    assert asking.ask_people() == 0
    assert whom(review) == "Deniz"


def test_who_never_came_to_be_asked_is_not_asked_later(scene, workspace):
    scene.asked()
    type(scene.owner).objects.filter(pk=scene.owner.pk).update(is_active=False)
    rerouting.reroute_reviews()
    assert asking.ask_people() == 1
    assert Ask.objects.get().person == scene.deputy
    assert not Review.objects.unasked(clock.now()).exists(), "one round is enough"


def test_a_shared_review_of_many_items_is_one_question(scene, workspace):
    grants = [scene.grant() for _ in range(3)]
    for grant in grants:
        scene.suspect(grant)
    opening.open_reviews()
    assert asking.ask_people() == 1
    assert len(scene.target.calls) == 3
    assert Ask.objects.count() == 1


# -- asked anew


def refused(person, because: str = "user_disabled") -> None:
    """Slack does not reach this person."""
    Ask.objects.filter(person=person).update(state=Ask.State.FAILED, trouble=because)


def chosen(scene, review: Review, person) -> None:
    handling.choose(review=review, person=person, by=scene.governor, reason="They know it best.", at=clock.now())


def questions_to(person) -> list[str]:
    return list(Ask.objects.filter(person=person, purpose="question").order_by("pk").values_list("state", flat=True))


def test_who_was_not_reached_and_is_chosen_again_is_asked_again(scene, workspace):
    review = scene.asked().review
    asking.ask_people()
    refused(scene.owner)
    chosen(scene, review, scene.deputy)
    asking.ask_people()
    chosen(scene, review, scene.owner)
    assert asking.ask_people() == 1
    assert questions_to(scene.owner) == ["failed", "pending"]
    assert len(questions_to(scene.deputy)) == 1
    assert asking.ask_people() == 0


def test_whom_rerouting_comes_back_to_is_asked_again(scene, workspace):
    review = scene.asked().review
    asking.ask_people()
    refused(scene.owner)
    everybody = Person.objects.filter(pk__in=[scene.owner.pk, scene.deputy.pk, scene.manager.pk, scene.governor.pk])
    everybody.update(is_active=False)
    rerouting.reroute_reviews()
    assert asking.ask_people() == 0
    everybody.filter(pk=scene.owner.pk).update(is_active=True)
    Review.objects.update(next_at=None)
    rerouting.reroute_reviews()
    assert asking.ask_people() == 1
    assert whom(review) == "Maria"
    assert questions_to(scene.owner) == ["failed", "pending"]


def test_who_was_not_reached_is_not_asked_again_by_itself(scene, workspace):
    scene.asked()
    asking.ask_people()
    refused(scene.owner)
    assert asking.ask_people() == 0
    assert questions_to(scene.owner) == ["failed"]


def test_asking_twice_for_one_assignment_is_one_row(scene, workspace):
    review = scene.asked().review
    twice = [asking.question(review, assignment=review.assignment, at=clock.now()).pk for _ in range(2)]
    assert len(set(twice)) == 1
    assert Ask.objects.count() == 1


def test_a_clock_that_was_set_back_asks_once(scene, workspace):
    review = scene.asked().review
    Review.objects.filter(pk=review.pk).update(opened_at=review.opened_at - timedelta(days=1))
    ask = asking.question(review, assignment=review.assignment, at=clock.now() - timedelta(hours=1))
    assert ask.made_at == review.assignment.since
    assert not Review.objects.unasked(clock.now()).exists()


def test_the_queue_counts_from_when_a_surface_was_found(scene):
    review = scene.asked().review
    asking.ask_people()
    Ask.objects.update(made_at=clock.now() - timedelta(hours=3))
    SlackIdentityFactory(person=scene.owner, issuer=WorkspaceFactory().team_id)
    Review.objects.filter(pk=review.pk).update(next_at=clock.now())
    asking.ask_people()
    assert clock.now() - Ask.objects.get().made_at < timedelta(minutes=1)
