"""A question without a reason is taken back."""

import pytest
from django.utils import timezone

from governance import clock, findings
from governance.ledger import Actor
from governance.models import Finding, Grant
from reviews import opening, withdrawing
from reviews.models import Ask, Item, Verdict
from tests.factories import AccountFactory, ClaimFactory
from tests.reviews.factories import AskFactory
from tests.reviews.scene import again, entry, told, whom

pytestmark = pytest.mark.django_db


def clear(**about) -> None:
    findings.clear(Finding.objects.filter(**about), at=clock.now(), actor=Actor.step("checking"), why="used")


def test_a_question_with_a_reason_stays(scene):
    item = scene.asked()
    assert withdrawing.withdraw_items() == 0
    assert again(item).state == "open"


def test_when_every_finding_is_cleared_it_is_withdrawn(scene):
    item = scene.asked()
    ask = AskFactory(person=scene.owner, review=item.review, state=Ask.State.SENT)
    clear()
    assert withdrawing.withdraw_items() == 1
    assert again(item).state == again(item.review).state == "withdrawn"
    assert entry("item.withdrawn").body == {"because": "findings cleared"}
    assert told(item.review)[-1] == "review.withdrawn"
    assert again(ask).state == Ask.State.OUTDATED, "the person sees that nothing is left to answer"
    assert item.review.assignments.get().ended_because == "withdrawn"
    assert withdrawing.withdraw_items() == 0


def test_while_one_finding_stands_it_stays(scene):
    item = scene.asked()
    scene.suspect(item.grant, "appeared")
    opening.open_reviews()
    clear(check_name="never_used")
    assert withdrawing.withdraw_items() == 0
    clear(check_name="appeared")
    assert withdrawing.withdraw_items() == 1


def test_when_the_grant_has_ended_its_findings_end_too(scene):
    item = scene.asked()
    Grant.objects.filter(pk=item.grant_id).update(closed_at=timezone.now(), seen="absent")
    assert withdrawing.withdraw_items() == 1
    assert again(item).state == "withdrawn"
    finding = Finding.objects.get()
    assert finding.state == Finding.State.CLEARED
    assert entry("item.withdrawn").body == {"because": "grant closed"}
    assert entry("finding.cleared").body["why"] == "the grant has ended"


def test_what_was_nobodys_is_asked_of_the_agents_people_as_soon_as_it_is_claimed(scene):
    account = AccountFactory(system=scene.system)
    item = scene.asked(account=account)
    assert (item.agent, whom(item.review)) == (None, scene.system.owner.name)
    ClaimFactory(agent=scene.agent, account=account)
    assert withdrawing.withdraw_items() == 1
    assert entry("item.withdrawn").body == {"because": "claimed by an agent"}
    assert opening.open_reviews() == 1
    anew = Item.objects.open().get(grant=item.grant)
    assert (anew.agent, whom(anew.review)) == (scene.agent, scene.owner.name)
    assert withdrawing.withdraw_items() == 0


def test_an_agent_that_was_claimed_elsewhere_is_not_asked_about(scene):
    item = scene.asked_whose()
    clear(agent=scene.agent)
    assert withdrawing.withdraw_items() == 1
    assert again(item).state == "withdrawn"


def test_the_other_items_of_the_review_stay(scene):
    grants = [scene.grant() for _ in range(2)]
    for grant in grants:
        scene.suspect(grant)
    opening.open_reviews()
    clear(grant=grants[0])
    assert withdrawing.withdraw_items() == 1
    gone, left = (Item.objects.get(grant=grant) for grant in grants)
    assert (gone.state, left.state, again(left.review).state) == ("withdrawn", "open", "open")
    scene.decide(left, Verdict.KEEP)
    assert again(left.review).state == "decided"


def test_what_is_decided_is_not_withdrawn(scene):
    decision = scene.decided(Verdict.REVOKE)
    clear()
    assert withdrawing.withdraw_items() == 0
    assert again(decision.item).state == "decided"


def test_more_than_a_batch_goes_in_one_call(scene, monkeypatch):
    monkeypatch.setattr(withdrawing, "BATCH", 2)
    for _ in range(5):
        scene.suspect(scene.grant())
    opening.open_reviews()
    clear()
    assert withdrawing.withdraw_items() == 5
    assert not Item.objects.open().exists()


def test_a_new_suspicion_later_is_a_new_question(scene):
    item = scene.asked()
    clear()
    withdrawing.withdraw_items()
    fresh = scene.asked(item.grant)
    assert fresh.pk != item.pk
    assert fresh.review_id != item.review_id
