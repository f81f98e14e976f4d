"""Claiming by hand: whose an account is, said by who may say it, and taken back."""

import pytest

from governance import access, checking, clock
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import Claim, Disclaimer, Finding
from reviews import claiming, opening
from reviews.models import Item, Verdict
from tests.factories import AccountFactory, AgentFactory, ClaimFactory, GrantFactory, OrgUnitFactory, PersonFactory
from tests.reviews.scene import ACTOR, again, told, whom
from tests.reviews.test_whose import REASON, reachable

ALLOWED = ["governor", "system_owner"]


@pytest.fixture
def account(scene):
    """A log-in that no agent claims, and that holds little."""
    return GrantFactory(account=AccountFactory(system=scene.system, name="probe"), risk=30, unit=scene.unit).account


@pytest.fixture
def suspected(account):
    """The same, where it holds much."""
    GrantFactory(account=account, risk=65)
    checking.check_accounts()
    return account


def claim(scene, account, by, agent=None):
    return claiming.claim(account=account, agent=agent or scene.agent, by=by, at=clock.now())


def disclaim(account, by, reason=REASON):
    return claiming.disclaim(account=account, reason=reason, by=by, at=clock.now())


def ask(account, person, by):
    return claiming.ask(account=account, person=person, by=by, at=clock.now())


# -- an agent uses it


@pytest.mark.parametrize("who", [*ALLOWED, "owner", "deputy"])
def test_who_may_claims_it(scene, suspected, who):
    by = getattr(scene, who)
    made = claim(scene, suspected, by)
    assert (made.agent, made.basis, made.confidence) == (scene.agent, f"Said by {by.name}", 100)
    assert told(made) == ["claim.opened"]
    assert Finding.objects.get().state == "cleared"


def test_nobody_else_does(scene, account):
    access.permit(who=scene.manager, unit=scene.unit, right=access.Right.VIEW, actor=ACTOR)
    with pytest.raises(NotAllowed, match=r"Only Omar or who governs .* So can who answers for airline-support"):
        claim(scene, account, scene.manager)
    assert not Claim.objects.filter(account=account).exists()


@pytest.mark.parametrize("lifecycle", ["active", "retired"])
def test_only_an_agent_that_they_may_name(scene, account, lifecycle):
    stranger = AgentFactory(unit=OrgUnitFactory() if lifecycle == "active" else scene.unit, lifecycle=lifecycle)
    with pytest.raises(Invalid, match="that you may see"):
        claim(scene, account, scene.governor, stranger)
    with pytest.raises(Invalid, match="that you may see"):
        claiming.claim(account=account, agent=None, by=scene.governor, at=clock.now())


def test_a_claim_is_taken_back_and_it_is_asked_about_again(scene, suspected):
    made = claim(scene, suspected, scene.governor)
    with pytest.raises(NotAllowed):
        claiming.release(claim=made, by=scene.manager, at=clock.now())
    claiming.release(claim=made, by=scene.owner, at=clock.now())
    assert told(made) == ["claim.opened", "claim.closed"]
    with pytest.raises(Conflict, match="taken back already"):
        claiming.release(claim=made, by=scene.owner, at=clock.now())
    checking.check_accounts()
    assert Finding.objects.uncleared().get().account == suspected


def test_what_another_agent_is_said_to_use_is_claimed_too_only_where_that_is_said(scene, suspected):
    other = AgentFactory(name="night-jobs", unit=scene.unit)
    first = claim(scene, suspected, scene.governor)
    assert claim(scene, suspected, scene.system_owner) == first  # the same, said once more
    with pytest.raises(Conflict, match=r"airline-support is said to use probe since .* \(Said by Ines\)"):
        claim(scene, suspected, scene.governor, other)
    assert not Claim.objects.filter(agent=other).exists()
    claiming.claim(account=suspected, agent=other, by=scene.governor, at=clock.now(), also=True)
    assert Claim.objects.filter(account=suspected, until=None).count() == 2


def test_nor_does_an_answer_claim_it_for_another_agent(scene, suspected):
    item = asked_about(suspected)
    claim(scene, suspected, scene.governor)
    other = AgentFactory(name="night-jobs", unit=scene.unit)
    scene.owns(scene.system_owner, agent=other)
    with pytest.raises(Conflict, match="airline-support is said to use probe"):
        scene.decide(item, Verdict.CLAIM, scene.system_owner, agent=other)
    assert not Claim.objects.filter(agent=other).exists()


@pytest.mark.parametrize(
    "strange", [{"kind": "everyone", "name": "PUBLIC"}, {"kind": "role", "enabled": None}, {"enabled": False}]
)
def test_what_nothing_signs_in_with_is_nobodys_to_claim(scene, strange):
    account = AccountFactory(system=scene.system, **strange)
    for say in (
        lambda: claim(scene, account, scene.governor),
        lambda: disclaim(account, scene.governor),
        lambda: ask(account, reachable("Lena", scene.unit), scene.governor),
    ):
        with pytest.raises(Invalid, match=f"{account.name} is no log-in that somebody has to answer for"):
            say()
    assert not Claim.objects.filter(account=account).exists()


def test_nor_is_that_with_which_the_system_is_read(scene, account):
    scene.system.ours = [f"{account.native_type}:{account.native_id}"]
    scene.system.save()
    with pytest.raises(Invalid, match="who Countersign reads the system with"):
        claim(scene, account, scene.governor)


# -- no agent does


@pytest.mark.parametrize("who", ALLOWED)
def test_who_may_says_that_no_agent_uses_it(scene, suspected, who):
    made = disclaim(suspected, getattr(scene, who))
    assert (made.by.name, made.reason) == (getattr(scene, who).name, REASON)
    assert Finding.objects.get().state == "cleared"
    assert checking.check_accounts() == 0
    assert disclaim(suspected, scene.governor, "Another reason for the same.") == made


@pytest.mark.parametrize("who", ["owner", "manager"])
def test_others_do_not(scene, account, who):
    with pytest.raises(NotAllowed, match="Only Omar or who governs"):
        disclaim(account, getattr(scene, who))


def test_it_needs_words_that_can_be_checked(scene, account):
    with pytest.raises(Invalid, match="2 of at least 15 characters") as refused:
        disclaim(account, scene.governor, "no")
    assert refused.value.field == "reason"


def test_what_an_agent_claims_is_not_disclaimed(scene):
    with pytest.raises(Conflict, match="airline-support is said to use support"):
        disclaim(scene.account, scene.governor)


def test_it_is_taken_back_and_asked_about_again(scene, suspected):
    made = disclaim(suspected, scene.governor)
    with pytest.raises(NotAllowed):
        claiming.take_back(disclaimer=made, by=scene.manager, at=clock.now())
    claiming.take_back(disclaimer=made, by=scene.system_owner, at=clock.now())
    assert told(made) == ["disclaimer.opened", "disclaimer.closed"]
    with pytest.raises(Conflict, match="taken back already"):
        claiming.take_back(disclaimer=made, by=scene.system_owner, at=clock.now())
    checking.check_accounts()
    assert Finding.objects.uncleared().get().account == suspected


def test_a_claim_overtakes_it(scene, account):
    made = disclaim(account, scene.governor)
    claim(scene, account, scene.governor)
    assert again(made).until is not None
    assert told(made) == ["disclaimer.opened", "disclaimer.closed"]
    assert not Disclaimer.objects.standing().exists()


# -- somebody is asked


def asked_about(account):
    opening.open_reviews()
    return Item.objects.open().get(account=account)


def test_somebody_is_asked_whatever_it_holds(scene, account):
    lena = reachable("Lena", scene.unit)
    said = ask(account, lena, scene.governor)
    assert said == "Lena is asked whose probe is within a minute."
    checking.check_accounts()
    item = asked_about(account)
    assignment = item.review.assignment
    assert (assignment.person, assignment.rule) == (lena, "chosen")
    assert assignment.why == "because Ines asks you whose probe in Airline is."
    assert item.review.severity == "low"
    theirs = AgentFactory(name="night-probe", unit=OrgUnitFactory())
    scene.owns(lena, agent=theirs)
    scene.decide(item, Verdict.CLAIM, lena, agent=theirs)
    assert Claim.objects.get(account=account).agent == theirs


def test_where_it_is_suspected_already_they_are_asked_too(scene, suspected):
    ask(suspected, reachable("Lena", scene.unit), scene.governor)
    assert Finding.objects.count() == 1
    assert whom(asked_about(suspected).review) == "Lena"


def test_who_is_asked_already_is_asked_no_more(scene, suspected):
    item = asked_about(suspected)
    lena = reachable("Lena", scene.unit)
    said = ask(suspected, lena, scene.governor)
    assert said == f"Lena is asked about {item.review} instead, within a minute. The deadline stays."
    assert whom(item.review) == "Lena"
    assert told(item.review)[-3:] == ["review.rerouted", "assignment.closed", "assignment.opened"]
    with pytest.raises(Invalid, match="Lena was asked this before"):
        ask(suspected, lena, scene.governor)


@pytest.mark.parametrize("who", ["owner", "manager"])
def test_who_may_not_asks_nobody(scene, account, who):
    with pytest.raises(NotAllowed, match="Only Omar or who governs"):
        ask(account, None, getattr(scene, who))


def test_nobody_can_be_asked_who_is_not_known_not_here_or_not_reached(scene, account):
    for person, words in [
        (None, "Nobody is known by this e-mail address"),
        (PersonFactory(name="Gone", employment="left"), "Gone is away or has left"),
        (PersonFactory(name="Mute"), "Neither Slack nor e-mail reaches Mute"),
    ]:
        with pytest.raises(Invalid, match=words):
            ask(account, person, scene.governor)
    assert not Finding.objects.exists()


def test_what_was_said_meanwhile_is_not_asked(scene, account):
    lena = reachable("Lena", scene.unit)
    ClaimFactory(agent=scene.agent, account=account)
    with pytest.raises(Conflict, match="Somebody has said whose it is meanwhile"):
        ask(account, lena, scene.governor)
