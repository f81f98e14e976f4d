"""Credentials that somebody answers for: who is asked, shut, opened again, and removed."""

import json
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.base import Cap
from governance import checking, clock, weighing
from governance.errors import Conflict, Invalid
from governance.models import Credential, Exposure, Finding
from reviews import evidence, handling, opening, removing
from reviews.mail import rendering as letters
from reviews.models import Decision, Item, Remediation, Verdict
from reviews.slack import modals, rendering
from tests.factories import AccountFactory, FindingFactory
from tests.reviews.keys import a_key, ask, ref, revoked, shut, time_passes, tried, view
from tests.reviews.scene import again, carried_out, done, looked_at, only_act, told, whom


@pytest.fixture
def key(scene) -> Credential:
    """An old access key of the agent's account, that the system lets be used."""
    return a_key(scene)


# -- who is asked, and what


def test_all_that_is_suspected_of_a_key_is_one_question_to_who_answers_for_the_agent(scene):
    key = a_key(scene, last_used_at=None)
    asked = ask(key)
    assert sorted(asked.findings.values_list("check_name", flat=True)) == [
        "old_credential",
        "static_credential",
        "unused_credential",
    ]
    assert (asked.agent, whom(asked.review)) == (scene.agent, "Maria")
    assert asked.review.question == f"Does airline-support still need access key {key.native_id} in Airline?"
    assert Finding.objects.filter(state="taken").count() == 3


def test_of_an_account_that_is_nobodys_the_systems_owner_is_asked(scene):
    asked = ask(a_key(scene, account=AccountFactory(system=scene.system)))
    assert (asked.agent, whom(asked.review)) == (None, "Omar")
    assert "static_credential" not in asked.findings.values_list("check_name", flat=True)


def test_the_card_says_what_revoke_does_before_anybody_presses_it(scene, key):
    asked = ask(key)
    tried(asked)
    shown, card = view(asked), evidence.card(again(asked.review))
    assert [line.label for line in shown.lines] == ["Is", "Made", "Expires", "Last used", "Blast radius", "Beside it"]
    assert shown.lines[0].text == "Access key of support in Airline. Risk: low"
    assert shown.preview == (
        "Revoke disables it: nothing can sign in with it any more. After 14 days it is removed, for ever."
    )
    assert card.undo == timedelta(days=14)
    assert card.silence.startswith("it is disabled and not removed; for 30 days after that")
    assert scene.target.keys[ref(key)]


def test_it_is_said_where_a_person_has_to_do_it(scene, key):
    scene.target.without(Cap.DISABLE_CREDENTIAL)
    asked = ask(key)
    tried(asked)
    assert view(asked).preview.startswith("Cannot be done by us: Airline has no way to do it.")
    scene.decide(asked, Verdict.REVOKE)
    act = carried_out(only_act(Decision.objects.get(item=asked)))
    assert (act.state, act.beyond_us) == ("stuck", True)
    by = {"by": scene.system_owner, "reason": "Shut by hand in the console.", "at": clock.now()}
    assert handling.attest(remediation=act, **by).removes_at is not None


def test_no_surface_offers_to_leave_a_part_of_it(scene, key, client):
    asked = ask(key)
    card = evidence.card(again(asked.review))
    copy = rendering.Copy(ask_id=1, render=1, asked=True, zone=ZoneInfo("UTC"), at=clock.now())
    message = json.dumps(rendering.message(card, copy).blocks)
    form = json.dumps(modals.decide(card, card.items[0], at=clock.now(), zone=ZoneInfo("UTC")))
    letter = str(letters.question(card, url="https://countersign.example/", zone=ZoneInfo("UTC")))
    client.force_login(scene.owner)
    page = client.get(f"/reviews/{asked.review}/").content.decode()
    for surface in (message, form, letter, page):
        assert not re.search("Reduce|reduce it", surface)
        assert re.search("Keep|keep it", surface)
        assert "Revoke disables it: nothing can sign in with it any more." in surface


# -- answers


def test_a_keep_is_for_a_while(scene, key):
    asked = ask(key)
    scene.decide(asked, Verdict.KEEP)
    quiet = set(Finding.objects.filter(credential=key).values_list("state", "quiet_until"))
    assert quiet == {("answered", Decision.objects.get(item=asked).keep_until)}
    assert checking.check_credentials() == 0
    assert again(key).intended == "held"


def test_it_cannot_be_reduced(scene, key):
    with pytest.raises(Invalid, match="is no answer to this question"):
        scene.decide(ask(key), Verdict.REDUCE, remains={"text": "only reading, no writing"})


def test_revoke_disables_it_and_a_look_proves_that(scene, key):
    act = shut(scene, key)
    assert (act.state, act.act, scene.target.keys) == ("verified", "disable", {ref(key): False})
    assert (again(key).active, again(key).intended) == (False, "gone")
    assert act.removes_at == act.verified_at + timedelta(days=14)
    assert "remediation.verified" in told(act)
    outcome = view(act.decision.item).outcome
    assert outcome.summary == "Disabled"
    assert outcome.execution_text.startswith("Disabled in Airline, proven by a fresh read. It is removed for ever on ")
    checking.check_credentials()
    assert set(Finding.objects.values_list("state", flat=True)) == {"taken"}, "they wait with it"


def test_what_a_look_has_shown_to_be_shut_weighs_no_more_on_what_its_account_holds(scene, key):
    scene.grant()
    act = carried_out(only_act(revoked(scene, key)))
    weighing.mark_all()
    checking.check_agents()
    exposure = Exposure.objects.get(account=scene.account)
    assert exposure.credential == "old"
    looked_at(act)
    checking.check_agents()
    assert again(exposure).credential == ""


def test_what_is_gone_already_is_proven_by_a_look(scene, key):
    act = only_act(revoked(scene, key))
    scene.target.keys.clear()
    assert done(act).state == "verified"
    assert (again(key).seen, again(act).removes_at) == ("absent", None)
    assert set(Finding.objects.values_list("state", flat=True)) == {"cleared"}


def test_what_a_deaf_system_says_is_no_proof(scene, key):
    scene.target.deaf = True
    act = carried_out(only_act(revoked(scene, key)))
    assert looked_at(act).state == "planned"
    assert again(key).active


def test_one_revoke_ends_the_question_for_the_other_agents(scene, key):
    other = scene.another_agent()
    checking.check_credentials()
    opening.open_reviews()
    mine, theirs = (Item.objects.get(credential=key, agent=agent) for agent in (scene.agent, other))
    scene.decide(mine, Verdict.REVOKE)
    assert again(theirs).state == "withdrawn"


# -- taken back


def test_it_is_enabled_again_and_asked_later(scene, key):
    decision = revoked(scene, key)
    done(only_act(decision))
    scene.undo(decision)
    enabling = done(Remediation.objects.get(undo__decision=decision))
    assert (enabling.act, enabling.state, scene.target.keys[ref(key)]) == ("enable", "verified", True)
    assert (again(key).active, again(key).intended) == (True, "held")
    assert checking.check_credentials() == 0
    assert set(Finding.objects.values_list("state", flat=True)) == {"answered"}
    time_passes(only_act(decision))
    assert removing.remove_shut() == 0


def test_a_keep_that_is_taken_back_is_asked_again(scene, key):
    asked = ask(key)
    scene.decide(asked, Verdict.KEEP)
    scene.undo(Decision.objects.get(item=asked))
    assert ask(key).pk != asked.pk


# -- removed


def test_what_was_shut_for_long_enough_is_removed_and_a_look_proves_that(scene, key):
    act = shut(scene, key)
    assert removing.remove_shut() == 0, "not before its time"
    time_passes(act)
    assert removing.remove_shut() == 1
    removal = done(Remediation.objects.get(follows=act))
    assert (removal.act, removal.state, scene.target.keys) == ("remove", "verified", {})
    assert again(key).seen == "absent"
    assert set(Finding.objects.values_list("state", flat=True)) == {"cleared"}
    assert removing.remove_shut() == 0
    assert view(act.decision.item).outcome.execution_text == "Gone from Airline, proven by a fresh read."
    with pytest.raises(Conflict, match="could be taken back until"):
        scene.undo(act.decision)


def test_what_can_be_used_again_is_not_removed(scene, key):
    act = shut(scene, key)
    time_passes(act)
    Credential.objects.update(active=True)
    assert removing.remove_shut() == 0
    Credential.objects.update(active=False)
    removing.remove_shut()
    Credential.objects.update(active=True)
    assert carried_out(Remediation.objects.get(follows=act)).state == "cancelled"
    assert ref(key) in scene.target.keys


def test_who_revokes_it_anew_has_the_whole_time_to_take_that_back(scene, key):
    first = shut(scene, key)
    time_passes(first)
    scene.target.keys[ref(key)] = True
    Credential.objects.update(active=True)
    FindingFactory(check_name="enabled_again", grant=None, credential=key, unit=scene.unit, facts={})
    opening.open_reviews()
    anew = Item.objects.open().get(credential=key)
    assert anew.findings.count() == 3, "what waited for the first is asked again"
    scene.decide(anew, Verdict.REVOKE)
    second = done(only_act(Decision.objects.get(item=anew)))
    assert removing.remove_shut() == 0
    time_passes(second)
    assert removing.remove_shut() == 1


def test_a_removal_that_the_system_refuses_is_not_told_as_done(scene, key):
    act = shut(scene, key)
    time_passes(act)
    removing.remove_shut()
    scene.target.keys[ref(key)] = True
    assert carried_out(Remediation.objects.get(follows=act)).state == "stuck"
