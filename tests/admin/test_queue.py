"""Governance's queue: what stands in it, and what its buttons do."""

from datetime import timedelta
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from governance import access, clock
from governance.access import Right
from governance.models import Entry, System
from reviews.models import Ask, Assignment, Hold, Remediation, Workspace
from reviews.slack import workspaces
from tests.admin.world import ACTOR, staff, world
from tests.factories import FindingFactory, OrgUnitFactory, PolicyFactory
from tests.reviews.factories import AskFactory, WorkspaceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours():
    PolicyFactory()
    return world("ours", OrgUnitFactory(name="top"))


def client_of(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def governor(ours):
    return client_of(staff("governor", ours.unit))


def queue(client):
    return unescape(client.get("/admin/queue/").content.decode())


def said(answer):
    """The messages that the next page shows, by level."""
    assert answer.status_code == 302
    assert answer.url == "/admin/queue/"
    return [(each.level_tag, str(each)) for each in get_messages(answer.wsgi_request)]


def key_of(verb, ours):
    """What a verb is about."""
    if verb in {"release", "cancel"}:
        return ours.hold.pk
    return {"accept": ours.sync, "discard": ours.sync, "choose": ours.review}.get(verb, ours.act).pk


def test_it_begins_with_one_sentence(ours, governor):
    assert "Two things need a person now." in queue(governor)


def test_who_has_nothing_to_do_is_told_what_comes_next(ours):
    page = queue(client_of(staff("elsewhere", OrgUnitFactory())))
    assert "Nothing needs you now." in page
    assert "No question that you may see is open." in page
    assert "No system that you may see is connected yet." in page


def test_what_is_held_stands_with_its_consequences(ours, governor):
    page = queue(governor)
    assert "1 suspension in" in page
    assert "More than 3 of ours. Nothing happens until a person says so" in page
    assert "ours_function held by ours_account" in page
    assert "The access stays, undecided, and is asked about again." in page


def test_a_read_that_shrank_stands_with_its_consequences(ours, governor):
    page = queue(governor)
    assert "ours system showed much less than before</a>" in page
    assert "Missing: 9 of ours." in page


def test_what_is_stuck_stands_with_its_trouble(ours, governor):
    Remediation.objects.update(state="stuck", trouble="NotPermitted: permission denied", attempts=3)
    page = queue(governor)
    assert "ours system did not do it: NotPermitted: permission denied" in page
    assert "The page of ours system says which right its credential lacks." in page
    assert "Tried 3 times." in page


def test_a_workspace_that_refuses_us_stands_with_the_reason_until_it_has_a_good_token(ours, governor):
    workspace = WorkspaceFactory(name="Skyway <Air>", team_id="T0SKYWAY")
    workspaces.pause(workspace, because="token_revoked")
    page = queue(governor)
    assert "Nobody is asked in Skyway <Air> (T0SKYWAY)" in page
    assert "Slack said: token_revoked" in page
    assert "manage.py connect_slack T0SKYWAY" in page
    assert "Slack said" not in queue(client_of(staff("stranger", unit=None)))
    Workspace.objects.update(state="active")
    assert "Slack said" not in queue(governor)


def test_a_review_that_nobody_can_be_asked_stands_with_what_silence_does(ours, governor):
    Assignment.objects.update(until=ours.review.due_at)
    page = queue(governor)
    assert "Nobody to ask" in page
    assert "policy decides to suspend; where the question reached nobody, a person must release" in page
    assert f"/admin/queue/choose/{ours.review.pk}" in page


def test_a_question_that_reached_nobody_stands_in_it(ours, governor):
    AskFactory(person=ours.owner, review=ours.review, state=Ask.State.FAILED, trouble="account_inactive")
    page = queue(governor)
    assert "ours owner is asked and was not reached: account_inactive" in page
    assert "Who should be asked instead of ours owner?" in page
    ours.review.items.update(state="withdrawn", closed_at=ours.review.due_at)
    type(ours.review).objects.update(state="withdrawn", closed_at=ours.review.due_at)
    assert "account_inactive" not in queue(governor)


def test_a_question_that_reached_somebody_after_all_stands_in_it_no_more(ours, governor):
    AskFactory(person=ours.owner, review=ours.review, state=Ask.State.FAILED, surface=Ask.NOWHERE, trouble="no way")
    AskFactory(person=ours.owner, review=ours.review, state=Ask.State.SENT, external_id="D:1")
    assert "ours owner is asked and was not reached" not in queue(governor)


def test_who_is_asked_finds_their_questions(ours):
    page = queue(client_of(ours.owner))
    assert "One question waits for your answer." in page
    assert "Does ours-agent still need it?" in page
    assert "Waiting for others" not in page  # they see no other
    access.permit(who=ours.owner, unit=ours.unit, right=Right.VIEW, actor=ACTOR)
    assert "No other question that you may see is open." in queue(client_of(ours.owner))


def test_who_only_looks_is_told_who_decides(ours):
    page = queue(client_of(staff("viewer", ours.unit, right=Right.VIEW)))
    assert page.count("Only ours owner or who governs ours unit can decide this.") == 2
    assert "/admin/queue/release" not in page
    assert "/admin/queue/accept" not in page


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("release", {"count": "1"}),
        ("cancel", {"reason": "no"}),
        ("accept", {}),
        ("discard", {}),
        ("try", {}),
        ("attest", {"reason": "Revoked with psql."}),
        ("give-up", {"reason": "The audit needs it."}),
    ],
)
def test_who_may_not_is_refused_with_a_message(verb, data, ours):
    key = key_of(verb, ours)
    client = client_of(staff("viewer", ours.unit, right=Right.VIEW))
    [(level, words)] = said(client.post(f"/admin/queue/{verb}/{key}", data))
    assert level == "error"
    assert "owner" in words
    assert "who governs ours unit" in words
    ours.act.refresh_from_db()
    ours.sync.refresh_from_db()
    assert (ours.act.hold, ours.act.state, ours.sync.state) == (ours.hold, "planned", "held")


@pytest.mark.parametrize("verb", ["release", "cancel", "accept", "discard", "try", "attest", "give-up", "choose"])
def test_what_one_does_not_see_is_not_there(verb, ours):
    key = key_of(verb, ours)
    client = client_of(staff("elsewhere", OrgUnitFactory()))
    assert client.post(f"/admin/queue/{verb}/{key}", {"count": "1", "reason": "because"}).status_code == 404


def test_release_lets_so_many_through(ours, governor):
    [(level, words)] = said(governor.post(f"/admin/queue/release/{ours.hold.pk}", {"count": "1"}))
    assert (level, words.split(".")[0]) == ("success", "1 released in ours system")
    ours.act.refresh_from_db()
    assert ours.act.hold is None
    assert Hold.objects.get().closed_at
    assert Entry.objects.filter(act="hold.released").exists()


@pytest.mark.parametrize("count", ["", "0", "-1", "1.5", "many", "²", "9" * 30])
def test_release_wants_a_whole_number(count, ours, governor):
    [(level, words)] = said(governor.post(f"/admin/queue/release/{ours.hold.pk}", {"count": count}))
    assert level == "error"
    assert "A whole number of 1 or more" in words


def test_cancel_wants_a_reason(ours, governor):
    [(level, words)] = said(governor.post(f"/admin/queue/cancel/{ours.hold.pk}", {"reason": " "}))
    assert level == "error"
    assert words.startswith("Say why")


def test_cancel_ends_what_waits(ours, governor):
    [(level, _)] = said(governor.post(f"/admin/queue/cancel/{ours.hold.pk}", {"reason": "a test of the brake"}))
    assert level == "success"
    ours.act.refresh_from_db()
    assert ours.act.state == "cancelled"


@pytest.mark.parametrize(("verb", "state"), [("accept", "complete"), ("discard", "discarded")])
def test_a_held_read_is_accepted_or_discarded_once(verb, state, ours, governor):
    [(level, _)] = said(governor.post(f"/admin/queue/{verb}/{ours.sync.pk}"))
    ours.sync.refresh_from_db()
    assert (level, ours.sync.state) == ("success", state)
    [*_, (level, _)] = said(governor.post(f"/admin/queue/{verb}/{ours.sync.pk}"))
    assert level == "error"


def test_a_systems_owner_who_sees_it_decides_without_governing(ours):
    access.permit(who=ours.owner, unit=ours.unit, right=Right.VIEW, actor=ACTOR)
    client = client_of(ours.owner)
    assert f"/admin/queue/release/{ours.hold.pk}" in queue(client)
    assert said(client.post(f"/admin/queue/release/{ours.hold.pk}", {"count": "1"}))[0][0] == "success"


def test_a_form_without_its_token_is_refused(ours):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff("governor", ours.unit))
    assert client.post(f"/admin/queue/release/{ours.hold.pk}", {"count": "1"}).status_code == 403


# -- stuck


def test_what_no_connector_can_do_is_not_tried_but_done_by_hand(ours, governor):
    task = "ours system has no way to remove this: do it by hand."
    Remediation.objects.update(state="stuck", hold=None, trouble=f"Unsupported: {task}")
    page = queue(governor)
    assert task in page
    assert "Unsupported" not in page
    assert "Try now" not in page
    assert "Say that it is done" in page


@pytest.fixture
def stuck(ours):
    Remediation.objects.update(state="stuck", hold=None, trouble="permission denied", attempts=3)
    Hold.objects.update(closed_at=ours.hold.opened_at)
    ours.act.refresh_from_db()
    return ours.act


def test_what_is_stuck_is_tried_at_once(stuck, governor):
    [(level, words)] = said(governor.post(f"/admin/queue/try/{stuck.pk}"))
    assert (level, words.split(".")[0]) == ("success", "ours system is told within seconds")
    stuck.refresh_from_db()
    assert stuck.state == "planned"
    assert "Stuck</span>" not in queue(governor)


def test_what_is_stuck_is_said_to_be_done_by_hand(stuck, governor):
    [(level, _)] = said(governor.post(f"/admin/queue/attest/{stuck.pk}", {"reason": "Revoked with psql."}))
    stuck.refresh_from_db()
    assert (level, stuck.state, stuck.outcome["attested_by"]) == ("success", "attested", "governor")
    page = governor.get(f"/admin/reviews/remediation/{stuck.pk}/change/").content.decode()
    assert "Done by hand, said by governor; not proven" in page
    assert "Revoked with psql." in page


def test_what_is_stuck_is_given_up(stuck, governor):
    [(level, _)] = said(governor.post(f"/admin/queue/give-up/{stuck.pk}", {"reason": "The audit needs it."}))
    stuck.refresh_from_db()
    stuck.grant.refresh_from_db()
    assert (level, stuck.state, stuck.grant.intended) == ("success", "cancelled", "undecided")


def test_what_was_said_to_be_done_and_is_still_there_comes_back(stuck, ours, governor):
    governor.post(f"/admin/queue/attest/{stuck.pk}", {"reason": "Revoked with psql."})
    assert "Still there" not in queue(governor)
    ours.system.sync_runs.create(state="complete", started_at=clock.now() + timedelta(seconds=1))
    page = queue(governor)
    assert "Still there" in page
    assert "governor said that it was done by hand" in page
    assert "They wrote: Revoked with psql." in page
    said(governor.post(f"/admin/queue/try/{stuck.pk}"))
    assert Remediation.objects.get(follows=stuck).state == "planned"
    assert "Still there" not in queue(governor)


def test_what_was_typed_is_not_lost_when_it_is_refused(stuck, ours, governor):
    Assignment.objects.update(until=ours.review.due_at)
    typed = {"person": "nobody@skyway.example", "reason": "She wrote <the> agent."}
    [(level, words)] = said(governor.post(f"/admin/queue/choose/{ours.review.pk}", typed))
    assert (level, words.split(".")[0]) == ("error", "Nobody is known by this e-mail address")
    page = governor.get("/admin/queue/").content.decode()
    form = page.split(f'id="choose-{ours.review.pk}"')[1].split("</form>")[0]
    assert 'value="nobody@skyway.example"' in form
    assert 'value="She wrote &lt;the&gt; agent."' in form
    assert "Nobody is known by this e-mail address" in form
    assert page.count("<details open>") == 1
    assert "<details open>" not in governor.get("/admin/queue/").content.decode(), "only once"


# -- somebody is chosen


def test_governance_chooses_who_is_asked(ours, governor):
    Assignment.objects.update(until=ours.review.due_at)
    freja = staff("freja", unit=ours.unit, right=Right.VIEW)
    freja.unit = ours.unit
    freja.save()
    page = queue(governor)
    assert '<option value="freja@staff.example">freja</option>' in page
    data = {"person": "FREJA@staff.example", "reason": "She wrote the agent."}
    [(level, words)] = said(governor.post(f"/admin/queue/choose/{ours.review.pk}", data))
    assert (level, words.split(",")[0]) == ("success", f"freja is asked about {ours.review} within a minute")
    assert ours.review.assignment.person == freja
    assert "Nobody to ask" not in queue(governor)
    assert Entry.objects.filter(act="review.rerouted").exists()


def test_nobody_of_another_unit_is_offered(ours, governor):
    Assignment.objects.update(until=ours.review.due_at)
    world("theirs", OrgUnitFactory(name="beside"))
    page = queue(governor)
    assert '<datalist id="people">' in page
    assert "theirs@skyway.example" not in page


def test_who_does_not_govern_is_told_who_chooses(ours):
    Assignment.objects.update(until=ours.review.due_at)
    client = client_of(staff("viewer", ours.unit, right=Right.VIEW))
    page = queue(client)
    assert "Only who governs ours unit can choose somebody." in page
    assert "/admin/queue/choose" not in page
    for address in (ours.owner.email, "nobody@skyway.example"):
        data = {"person": address, "reason": "x"}
        [*_, (_, words)] = said(client.post(f"/admin/queue/choose/{ours.review.pk}", data))
        assert words == "Only who governs ours unit can choose who is asked."


# -- systems


def test_a_system_that_is_not_read_stands_in_it(ours, governor):
    System.objects.update(trouble="AuthFailed: the password was changed", attempts=99)
    ours.sync.delete()
    page = queue(governor)
    assert "Not readable" in page
    assert "AuthFailed: the password was changed" in page


def test_what_we_missed_stands_in_it(ours, governor):
    facts = {"grants": 2, "checks": ["unused"]}
    FindingFactory(check_name="missed", grant=None, system=ours.system, unit=ours.unit, facts=facts)
    page = queue(governor)
    assert "Our mistake" in page
    assert "The nightly check found 2 grants that the running checks had missed (unused)." in page
