"""Findings become questions, and only here."""

from datetime import UTC, timedelta
from hashlib import sha256

import pytest

from governance import clock, registering
from governance.errors import Invalid
from governance.models import Band, Finding, Grant, Organisation, Policy
from governance.policy import facts
from reviews import opening
from reviews.models import Ask, Campaign, Item, Review, Verdict
from tests.factories import AccountFactory, AgentFactory, ClaimFactory, GrantFactory, PolicyFactory
from tests.reviews.factories import AskFactory
from tests.reviews.scene import ACTOR, HIGH, MEDIUM, again, done, entry, only_act, told, whom

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("member of writers", "Does airline-support still need to be a member of writers?"),
        ("owner of table air.seats", "Does airline-support still need to be the owner of table air.seats?"),
        ("superuser", "Does airline-support still need to be superuser?"),
        ("DELETE on table air.seats", "Does airline-support still need DELETE on table air.seats?"),
    ],
)
def test_it_asks_as_one_would_say_it(scene, name, asked):
    scene.suspect(scene.grant(entitlement__name=name))
    opening.open_reviews()
    assert Review.objects.get().question == asked


def test_a_finding_becomes_a_question_to_the_owner(scene):
    grant = scene.grant(entitlement__name="refund_payment")
    finding = scene.suspect(grant)
    assert opening.open_reviews() == 1
    review = Review.objects.get()
    assert review.question == "Does airline-support still need refund_payment?"
    assert (review.kind, review.state, review.severity) == ("certify", "open", Band.MEDIUM)
    assert (review.policy, review.unit) == (scene.policy, scene.unit)
    item = review.items.get()
    assert (item.grant, item.agent, list(item.findings.all())) == (grant, scene.agent, [finding])
    assert again(finding).state == Finding.State.TAKEN
    assert (review.assignment.person, review.assignment.rule) == (scene.owner, "owner")


def test_it_is_told(scene):
    review = scene.asked().review
    assert told(review) == ["review.opened", "assignment.opened"]
    assert entry("review.opened").body["kind"] == "certify"
    assigned = entry("assignment.opened")
    assert assigned.body == {"rule": "owner"}
    assert set(assigned.commitments) == {"why"}, "the sentence names people"


def test_nothing_is_opened_twice(scene):
    scene.asked()
    assert opening.open_reviews() == 0
    assert Review.objects.count() == 1


def test_without_findings_nothing_is_opened(scene):
    scene.grant()
    assert opening.open_reviews() == 0
    assert not Review.objects.exists()


def test_a_month_in_which_nothing_is_asked_has_its_campaign(scene):
    opening.open_reviews()
    opening.open_reviews()
    assert Campaign.objects.get().policy == scene.policy
    assert entry("campaign.opened").body["size"] == 0


def test_the_facts_are_frozen_with_their_fingerprint(scene):
    item = scene.asked()
    now = facts.of_grant(item.grant_id)
    assert item.facts == now
    assert item.fingerprint == facts.fingerprint(now)
    Grant.objects.filter(pk=item.grant_id).update(risk=90)
    assert again(item).facts["band"] == "medium"


@pytest.mark.parametrize(
    ("risk", "days", "called", "escalated"),
    [(10, 30, 29, 29.25), (MEDIUM, 14, 13, 13.25), (HIGH, 7, 6, 6.25), (90, 1, None, 0.75)],
)
def test_the_window_is_policys_for_the_band(scene, risk, days, called, escalated):
    grant = scene.grant(risk=risk)
    scene.suspect(grant, severity=Band.of(risk))
    opening.open_reviews()
    review = Review.objects.get()
    window = timedelta(days=days)
    assert review.due_at - review.opened_at == window
    assert review.remind_at - review.opened_at == window / 2
    last_call = called and timedelta(days=called)
    assert (review.last_call_at and review.last_call_at - review.opened_at) == last_call, "a day before the end"
    assert review.escalate_at - review.opened_at == timedelta(days=escalated), "after the last call"


def test_the_window_is_the_worst_findings(scene):
    grant = scene.grant()
    scene.suspect(grant, severity=Band.LOW)
    scene.suspect(grant, "appeared", severity=Band.CRITICAL)
    opening.open_reviews()
    assert Review.objects.get().severity == Band.CRITICAL


def test_no_policy_is_refused_and_nothing_is_taken(scene):
    finding = scene.suspect(scene.grant())
    Policy.objects.update(in_force_from=clock.now() + timedelta(days=1))
    with pytest.raises(Invalid, match="No policy is in force"):
        opening.open_reviews()
    assert again(finding).state == Finding.State.OPEN


# -- what is not asked now


def test_what_is_quiet_is_not_asked(scene):
    scene.suspect(scene.grant(), quiet_until=clock.now() + timedelta(days=1))
    assert opening.open_reviews() == 0
    Finding.objects.update(quiet_until=clock.now() - timedelta(seconds=1))
    assert opening.open_reviews() == 1


@pytest.mark.parametrize("state", ["taken", "answered"])
def test_what_is_not_open_is_not_asked(scene, state):
    scene.suspect(scene.grant(), state=state)
    assert opening.open_reviews() == 0


def test_while_an_act_is_under_way_nothing_is_asked(scene):
    act = scene.act()
    finding = scene.suspect(act.grant, "appeared")
    assert opening.open_reviews() == 0
    assert again(finding).state == Finding.State.OPEN
    assert done(act).state == "verified"


def test_a_finding_against_ourselves_is_no_question(scene):
    finding = scene.suspect(scene.system, "missed")
    assert opening.open_reviews() == 0
    assert again(finding).state == Finding.State.OPEN, "it stands until the maintainers have looked"


# -- what shares a review


def test_like_findings_share_a_review(scene):
    first, *_ = [scene.suspect(scene.grant()).grant for _ in range(3)]
    assert opening.open_reviews() == 1
    review = Review.objects.get()
    assert review.items.count() == 3
    assert review.question == f"Does airline-support still need {first.entitlement.name}, and 2 more grants?"


def test_twenty_at_most(scene):
    for _ in range(21):
        scene.suspect(scene.grant())
    assert opening.open_reviews() == 2
    assert sorted(review.items.count() for review in Review.objects.all()) == [1, 20]


def test_more_than_a_batch_is_opened_in_one_go(scene, monkeypatch):
    monkeypatch.setattr(opening, "BATCH", 2)
    grants = [scene.grant() for _ in range(5)]
    for grant in grants:
        scene.suspect(grant)
    opening.open_reviews()
    assert set(Item.objects.values_list("grant", flat=True)) == {grant.pk for grant in grants}
    assert not Finding.objects.open(clock.now()).exists()


def test_different_checks_do_not_share(scene):
    scene.suspect(scene.grant())
    scene.suspect(scene.grant(), "appeared")
    assert opening.open_reviews() == 2


def test_different_bands_do_not_share(scene):
    scene.suspect(scene.grant())
    scene.suspect(scene.grant(), severity=Band.HIGH)
    assert opening.open_reviews() == 2


def test_different_agents_do_not_share(scene):
    scene.suspect(scene.grant())
    other = AgentFactory(unit=scene.unit)
    scene.owns(scene.owner, agent=other)
    account = AccountFactory(system=scene.system)
    ClaimFactory(agent=other, account=account)
    scene.suspect(GrantFactory(account=account))
    assert opening.open_reviews() == 2


def test_two_findings_on_one_grant_are_one_item(scene):
    grant = scene.grant()
    scene.suspect(grant)
    scene.suspect(grant, "appeared")
    assert opening.open_reviews() == 1
    assert Item.objects.get().findings.count() == 2


def test_a_later_finding_joins_the_open_question(scene):
    item = scene.asked()
    ask = AskFactory(person=scene.owner, review=item.review, state=Ask.State.SENT)
    finding = scene.suspect(item.grant, "appeared")
    assert opening.open_reviews() == 0
    assert Item.objects.get().findings.count() == 2
    assert again(finding).state == Finding.State.TAKEN
    assert again(ask).state == Ask.State.OUTDATED, "the person is shown the new reason"


def test_a_closed_question_is_not_joined(scene):
    item = scene.asked()
    scene.decide(item, Verdict.KEEP)
    scene.suspect(item.grant, "appeared")
    assert opening.open_reviews() == 1
    assert Item.objects.open().get().pk != item.pk


# -- of whom


def test_a_shared_account_is_asked_of_each_agents_people(scene):
    other = scene.another_agent()
    grant = scene.grant()
    scene.suspect(grant)
    assert opening.open_reviews() == 2
    asked = {item.agent.name: whom(item.review) for item in Item.objects.select_related("agent", "review")}
    assert asked == {"airline-support": "Maria", other.name: f"owner of {other.name}"}


def test_a_retired_agents_people_are_not_asked(scene):
    scene.another_agent()
    type(scene.agent).objects.filter(pk=scene.agent.pk).update(lifecycle="retired")
    scene.suspect(scene.grant())
    assert opening.open_reviews() == 1


def test_an_account_of_no_agent_is_asked_of_the_systems_owner(scene):
    grant = GrantFactory(account=AccountFactory(system=scene.system, name="PUBLIC", kind="everyone"))
    item = scene.asked(grant)
    assert (whom(item.review), item.agent) == ("Omar", None)
    assert item.review.question == f"Does PUBLIC still need {grant.entitlement.name}?"


def test_an_agent_is_asked_about_as_a_claim(scene):
    item = scene.asked_whose()
    assert item.review.kind == Review.Kind.CLAIM
    assert item.review.question == "Who answers for airline-support?"
    assert (item.facts["agent"], item.facts["has_owner"]) == ("airline-support", False)
    assert whom(item.review) == "Tomas"


def test_nobody_eligible_is_governances_queue(scene):
    for person in (scene.owner, scene.deputy, scene.manager, scene.governor):
        type(person).objects.filter(pk=person.pk).update(is_active=False)
    item = scene.asked()
    assert item.review.assignment is None
    assert list(Review.objects.unassigned()) == [item.review]
    assert told(item.review) == ["review.opened"]


def test_a_later_question_takes_up_what_was_left_in_none(scene):
    grant = scene.grant()
    left = scene.suspect(grant, state="taken")
    scene.suspect(grant, "appeared")
    opening.open_reviews()
    assert left in Item.objects.get().findings.all()


# -- campaigns


def test_the_campaign_is_the_month_in_the_organisations_zone(scene):
    registering.set_organisation(name="Skyway Air", time_zone="Pacific/Auckland", actor=ACTOR)
    campaign = scene.asked().review.campaign
    zone = campaign.starts_at.astimezone(Organisation.objects.get().zone)
    assert (zone.day, zone.hour, zone.minute) == (1, 0, 0)
    assert campaign.starts_at.astimezone(UTC).hour in {11, 12}
    assert 28 <= (campaign.ends_at - campaign.starts_at).days <= 31
    assert campaign.starts_at <= clock.now() < campaign.ends_at


def test_the_population_is_written_down(scene):
    grants = [scene.grant(), GrantFactory(), GrantFactory(closed_at=clock.now())]
    campaign = scene.asked(grants[0]).review.campaign
    numbers = ",".join(sorted(str(grant.pk) for grant in grants[:2]))
    assert campaign.population_size == 2
    assert campaign.population_root == sha256(numbers.encode()).hexdigest()
    assert entry("campaign.opened").body["population"] == campaign.population_root


def test_later_reviews_belong_to_the_same_campaign(scene):
    assert scene.asked().review.campaign == scene.asked().review.campaign


def test_a_new_policy_is_a_new_campaign(scene):
    first = scene.asked().review
    newer = PolicyFactory(in_force_from=clock.now() - timedelta(seconds=1))
    second = scene.asked().review
    assert (second.policy, second.campaign.policy) == (newer, newer)
    assert first.campaign.starts_at == second.campaign.starts_at
    assert again(first).policy == scene.policy, "what was asked keeps its terms"


def test_what_is_gone_is_not_asked_about(scene):
    decision = scene.decided(Verdict.REVOKE)
    assert done(only_act(decision)).state == "verified"
    assert opening.open_reviews() == 0, "its findings were cleared with it"
    scene.asked()
    assert Item.objects.open().count() == 1


# -- the deadline, and trouble


def test_the_deadline_is_not_after_the_lease_of_what_is_asked_about(scene):
    ends_at = clock.now() + timedelta(days=9)
    item = scene.asked(lease_ends_at=ends_at)
    assert abs(item.review.due_at - ends_at) < timedelta(minutes=1), "policy's window is fourteen days"


def test_a_lease_that_ends_soon_leaves_half_of_the_window(scene):
    item = scene.asked(lease_ends_at=clock.now() + timedelta(hours=1))
    assert item.review.due_at - item.review.opened_at == timedelta(days=7)


def test_one_question_that_cannot_be_asked_does_not_stop_the_others(scene, caplog):
    broken, good = scene.grant(), scene.grant()
    bad = scene.suspect(broken, severity="odd")
    scene.suspect(good, "appeared")
    assert opening.open_reviews() == 1
    assert Item.objects.get().grant == good
    assert again(bad).state == Finding.State.OPEN, "it is tried again"
    assert "a question could not be opened" in caplog.text
