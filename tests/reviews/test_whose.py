"""Whose an account is: who is asked, what they can answer, and what silence does."""

from datetime import timedelta

import pytest

from governance import checking, clock
from governance.errors import Conflict, Drifted, Invalid, NotAllowed
from governance.models import Account, Claim, Disclaimer, Entry, Finding, Lease, Person
from reviews import brake, evidence, lapsing, opening, withdrawing
from reviews.models import Hold, Item, Remediation, Verdict
from reviews.ruling import Via
from tests.factories import AccountFactory, AgentFactory, ClaimFactory, GrantFactory, OrgUnitFactory, PersonFactory
from tests.reviews.factories import SlackIdentityFactory, WorkspaceFactory
from tests.reviews.scene import again, aged, done, entry, late, told, whom

WEB = Via(surface="web", assurance="password")
REASON = "Omar's own log-in, for maintenance at night."


@pytest.fixture
def account(scene):
    """A log-in that no agent claims, and that holds much."""
    made = AccountFactory(system=scene.system, name="dba_two")
    GrantFactory(account=made, risk=65, unit=scene.unit, entitlement__name="owner of schema tools")
    return made


def ask(account):
    """The question that the check leads to."""
    checking.check_accounts()
    opening.open_reviews()
    return Item.objects.open().get(account=account)


@pytest.fixture
def asked(account):
    return ask(account)


def reachable(name, unit):
    """Somebody with a Slack user."""
    workspace = WorkspaceFactory()
    person = PersonFactory(name=name, unit=unit)
    SlackIdentityFactory(person=person, issuer=workspace.team_id)
    return person


# -- who is asked, and what


def test_the_systems_owner_is_asked(asked):
    review = asked.review
    assert (review.kind, review.question) == ("claim", "Whose is dba_two in Airline?")
    assert whom(review) == "Omar"
    assert Finding.objects.get().state == "taken"


def test_whom_the_remark_names_is_asked_first(scene, account):
    Person.objects.filter(pk=scene.manager.pk).update(name="Tomas Lindqvist")
    Account.objects.filter(pk=account.pk).update(owner_hints=["night jobs, ask Tomas Lindqvist"])
    item = ask(account)
    assignment = item.review.assignment
    assert (assignment.person, assignment.rule) == (scene.manager, "hinted")
    assert assignment.why == "because Airline names you in its remark on dba_two."


def test_who_is_named_and_away_is_passed_over(scene, account):
    Account.objects.filter(pk=account.pk).update(owner_hints=[scene.manager.email])
    Person.objects.filter(pk=scene.manager.pk).update(is_active=False)
    assert whom(ask(account).review) == "Omar"


def test_who_does_not_know_is_followed_by_governance(scene, asked):
    scene.decide(asked, Verdict.UNSURE, scene.system_owner)
    assert whom(asked.review) == "Ines"


def test_each_account_is_a_question_of_its_own(scene, account):
    other = GrantFactory(account__system=scene.system, risk=65, unit=scene.unit).account
    ask(account)
    assert Item.objects.get(account=other).review_id != Item.objects.get(account=account).review_id


def test_the_card_says_what_is_known_and_what_silence_does(scene, account):
    agent = AgentFactory(name="dba-two", unit=scene.unit)
    card = evidence.card(ask(account).review)
    [item] = card.items
    assert (item.about, item.title, item.system, item.band) == ("account", "dba_two", "Airline", "high")
    assert [line.label for line in item.lines] == ["Is", "Owner hint", "Last used", "Riskiest grants", "Could be"]
    assert item.lines[-1].text == "dba-two (90 %): its name is the agent's"
    assert [(each.agent, each.confidence) for each in item.could_be] == [(agent.pk, 90)]
    assert card.silence == "it is disabled; for 30 days after that, governance can enable it again"
    assert item.why_now[0].startswith("No agent is known to use dba_two in Airline")


def test_it_is_not_asked_while_an_act_on_it_is_under_way(scene, asked):
    scene.decide(asked, Verdict.DISABLE, scene.system_owner)
    Finding.objects.update(state="open")
    opening.open_reviews()
    assert not Item.objects.open().exists()


def test_the_first_day_of_a_system_ends_no_log_in(scene, account):
    at = clock.now()
    for days in (40, 9):
        grant = GrantFactory(account=account, unit=scene.unit)
        lent = {"starts_at": at - timedelta(days=1), "ends_at": at + timedelta(days=days)}
        Lease.objects.create(grant=grant, entitlement=grant.entitlement, basis="first_seen", **lent)
    review = ask(account).review
    assert review.due_at - review.opened_at > timedelta(days=8)


# -- answers


def test_it_belongs_to_an_agent(scene, asked, account):
    scene.decide(asked, Verdict.CLAIM, scene.system_owner, agent=scene.agent)
    claim = Claim.objects.get(account=account, until=None)
    assert (claim.agent, claim.basis) == (scene.agent, "Said by Omar, who was asked")
    assert Finding.objects.get().state == "cleared"
    assert account.grants.get().unit == scene.agent.unit
    outcome = evidence.card(again(asked.review)).items[0].outcome
    assert outcome.summary == "Claimed for airline-support"
    assert outcome.decision_text == "Omar decided that airline-support uses it"
    assert checking.check_accounts() == 0


def test_an_agent_has_to_be_named(scene, asked):
    with pytest.raises(Invalid, match="Which agent uses it") as refused:
        scene.decide(asked, Verdict.CLAIM, scene.system_owner)
    assert refused.value.field == "agent"


def test_only_an_agent_that_may_be_seen_can_be_named(scene, asked):
    stranger = AgentFactory(unit=scene.unit)
    ClaimFactory(agent=stranger)
    with pytest.raises(Invalid, match="that you may see"):
        scene.decide(asked, Verdict.CLAIM, scene.system_owner, agent=stranger)


def test_what_the_question_suggested_may_be_named(scene, account):
    suggested = AgentFactory(name="dba-two", unit=OrgUnitFactory())
    scene.decide(ask(account), Verdict.CLAIM, scene.system_owner, agent=suggested)
    assert Claim.objects.get(account=account).agent == suggested


def test_an_agent_that_one_answers_for_may_be_named(scene, asked, account):
    scene.owns(scene.system_owner, agent=AgentFactory(name="night-jobs", unit=OrgUnitFactory()))
    night = scene.system_owner.ownerships.get().agent
    scene.decide(asked, Verdict.CLAIM, scene.system_owner, agent=night)
    assert Claim.objects.get(account=account).agent == night


def test_a_retired_agent_cannot_be_named(scene, asked):
    scene.agent.lifecycle = "retired"
    scene.agent.save()
    with pytest.raises(Invalid, match="not retired"):
        scene.decide(asked, Verdict.CLAIM, scene.system_owner, agent=scene.agent)


def test_it_is_no_agents(scene, asked, account):
    scene.decide(asked, Verdict.DISCLAIM, scene.system_owner, reason=REASON)
    made = Disclaimer.objects.get()
    assert (made.account, made.by, made.reason) == (account, scene.system_owner, REASON)
    assert Finding.objects.get().state == "cleared"
    assert told(made) == ["disclaimer.opened"]
    assert REASON not in str(entry("disclaimer.opened").body)
    assert evidence.card(again(asked.review)).items[0].outcome.summary == "Not an agent's"


@pytest.mark.parametrize("reason", ["", "no", "…………………………", "\u3164" * 30])
def test_that_it_is_no_agents_needs_words(scene, asked, reason):
    with pytest.raises(Invalid, match="of at least 15 characters") as refused:
        scene.decide(asked, Verdict.DISCLAIM, scene.system_owner, reason=reason)
    assert refused.value.field == "reason"


def test_of_what_is_critical_that_is_said_behind_a_log_in(scene, account):
    GrantFactory(account=account, risk=90, unit=scene.unit)
    item = ask(account)
    with pytest.raises(Invalid, match="in the browser alone"):
        scene.decide(item, Verdict.DISCLAIM, scene.system_owner, reason=REASON)
    scene.decide(item, Verdict.DISCLAIM, scene.system_owner, reason=REASON, via=WEB)
    assert Disclaimer.objects.exists()


def test_an_agent_that_claimed_it_meanwhile_is_not_talked_over(scene, asked, account):
    ClaimFactory(agent=scene.agent, account=account)
    with pytest.raises(Conflict, match="airline-support is said to use dba_two"):
        scene.decide(asked, Verdict.DISCLAIM, scene.system_owner, reason=REASON)
    assert not Disclaimer.objects.exists()


def test_somebody_else_who_knows_is_asked_instead(scene, asked):
    lena = reachable("Lena", scene.unit)
    scene.decide(asked, Verdict.THEIRS, scene.system_owner, named=lena)
    assignment = again(asked.review).assignment
    assert (assignment.person, assignment.rule) == (lena, "named")
    assert assignment.review.assignments.earliest("pk").ended_because == "named Lena"
    assert entry("assignment.closed").body == {"because": "named"}, "names are no part of the ledger"
    assert assignment.why == "because Omar says that you know whose dba_two in Airline is."
    assert again(asked).state == "open"
    said = [event.text for event in evidence.history(again(asked.review))]
    assert "Lena is asked, named by whoever was asked before." in said
    with pytest.raises(NotAllowed, match="Only Lena can decide"):
        scene.decide(asked, Verdict.DISABLE, scene.system_owner)
    scene.decide(asked, Verdict.UNSURE, lena)
    assert whom(asked.review) == "Ines"


def test_nobody_is_named_who_cannot_be_asked(scene, asked):
    lena = reachable("Lena", scene.unit)
    for named, words in [
        (None, "who is here"),
        (scene.system_owner, "You are asked already"),
        (scene.manager, "Neither Slack nor e-mail reaches Tomas"),
    ]:
        with pytest.raises(Invalid, match=words):
            scene.decide(asked, Verdict.THEIRS, scene.system_owner, named=named)
    scene.decide(asked, Verdict.THEIRS, scene.system_owner, named=lena)
    with pytest.raises(Invalid, match="Omar was asked this before"):
        scene.decide(asked, Verdict.THEIRS, lena, named=scene.system_owner)


@pytest.mark.parametrize("verdict", [Verdict.KEEP, Verdict.REVOKE, Verdict.MINE, Verdict.RETIRE])
def test_other_answers_are_none(scene, asked, verdict):
    with pytest.raises(Invalid, match="is no answer to this question"):
        scene.decide(asked, verdict, scene.system_owner)


@pytest.mark.parametrize("verdict", [Verdict.CLAIM, Verdict.DISCLAIM, Verdict.DISABLE])
def test_of_a_grant_it_is_not_asked(scene, verdict):
    with pytest.raises(Invalid, match="is no answer to this question"):
        scene.decide(scene.asked(), verdict, agent=scene.agent, reason=REASON)


def test_what_got_worse_since_is_asked_again(scene, asked, account):
    GrantFactory(account=account, risk=90, unit=scene.unit)
    with pytest.raises(Drifted, match="band"):
        scene.decide(asked, Verdict.CLAIM, scene.system_owner, agent=scene.agent)
    assert again(asked).facts["band"] == "critical"


# -- disabling it


def test_it_is_disabled_and_that_is_proven(scene, asked, account):
    scene.decide(asked, Verdict.DISABLE, scene.system_owner)
    act = Remediation.objects.get()
    assert (act.act, act.account, act.automatic, act.hold) == ("disable", account, False, None)
    assert done(act).state == "verified"
    assert again(account).enabled is False
    checking.check_accounts()
    assert Finding.objects.get().state == "cleared"


def test_it_is_taken_back_and_asked_again(scene, asked, account):
    scene.decide(asked, Verdict.DISABLE, scene.system_owner)
    done(Remediation.objects.get())
    checking.check_accounts()
    scene.undo(asked.decision, scene.system_owner)
    opening.open_reviews()
    assert not Item.objects.open().exists()
    assert done(Remediation.objects.get(act="enable")).state == "verified"
    assert ask(account).pk != asked.pk


def test_what_was_not_done_yet_is_taken_back_and_asked_again(scene, asked, account):
    scene.decide(asked, Verdict.DISABLE, scene.system_owner)
    scene.undo(asked.decision, scene.system_owner)
    assert Remediation.objects.get().state == "cancelled"
    assert ask(account).pk != asked.pk


@pytest.mark.parametrize("verdict", [Verdict.CLAIM, Verdict.DISCLAIM])
def test_whose_it_is_is_not_undone_but_taken_back_elsewhere(scene, asked, verdict):
    scene.decide(asked, verdict, scene.system_owner, agent=scene.agent, reason=REASON)
    assert asked.decision.open_to_undo is None
    with pytest.raises(Conflict, match="taken back among the unclaimed accounts"):
        scene.undo(asked.decision, scene.system_owner)


# -- silence


def test_silence_asks_the_next_and_then_disables_through_the_brake(scene, asked, account):
    late(asked.review, days=6.5)
    lapsing.escalate_reviews()
    assert whom(asked.review) == "Ines"
    late(asked.review, days=30)
    lapsing.lapse_reviews()
    act = Remediation.objects.get()
    assert (act.act, act.account, act.automatic) == ("disable", account, True)
    assert again(asked).decision.verdict == "suspend"
    assert Finding.objects.get().state == "taken"


def test_silence_about_much_waits_in_the_brake_and_can_be_cancelled(scene, asked, account):
    for _ in range(5):
        GrantFactory(account=account, unit=scene.unit)
    late(asked.review, days=30)
    lapsing.lapse_reviews()
    hold = Hold.objects.get()
    assert Remediation.objects.get().hold == hold
    brake.cancel(hold=hold, by=scene.governor, reason="It is Rosa's.", at=clock.now())
    assert ask(account).pk != asked.pk


def test_silence_that_was_never_put_waits_for_a_person(scene, asked):
    aged(asked.review, days=30)
    lapsing.lapse_reviews()
    assert "could not be put to anybody" in Hold.objects.get().why


def test_a_claim_made_meanwhile_withdraws_the_question(scene, asked, account):
    ClaimFactory(agent=scene.agent, account=account)
    checking.check_accounts()
    withdrawing.withdraw_items()
    assert again(asked).state == "withdrawn"
    assert not Entry.objects.filter(act="decision.made").exists()
