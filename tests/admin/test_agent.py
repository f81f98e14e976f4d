"""The page about one agent: what it says, to whom, and how much it asks the database."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.access import Right
from governance.models import Account, Finding, Grant, GrantUse
from reviews.models import Assignment, Item
from tests.admin.busy import RIGHTS, TABLES, TOOLS, busy
from tests.admin.world import decide, staff, world
from tests.factories import (
    AccountFactory,
    ClaimFactory,
    EntitlementFactory,
    GrantFactory,
    OrgUnitFactory,
    PersonFactory,
    PolicyFactory,
)
from tests.reviews.factories import AssignmentFactory, ItemFactory, ReviewFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours():
    return our_world()


@pytest.fixture
def agent(ours):
    return busy(ours)


@pytest.fixture
def governor(ours):
    return client_of(staff("governor", ours.unit))


@pytest.fixture(scope="module")
def page(django_db_setup, django_db_blocker):
    """What the governor sees of the busy agent: looked at once, and rolled back, for all who only read."""
    with django_db_blocker.unblock(), transaction.atomic():
        ours = our_world()
        page = seen(client_of(staff("governor", ours.unit)), busy(ours).agent)
        transaction.set_rollback(True)
    return page


def our_world():
    PolicyFactory()
    return world("ours", OrgUnitFactory(name="top"))


def client_of(person):
    client = Client()
    client.force_login(person)
    return client


def seen(client, agent):
    answer = client.get(f"/admin/governance/agent/{agent.pk}/change/")
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def row_of(page, start):
    """The row of the list of ways whose first cell begins so."""
    rows = [row for row in page.split("<tr>") if 'data-label="By which way"' in row]
    return next(row for row in rows if start in row.split("By which way")[0])


def said(answer, agent):
    assert answer.status_code == 302
    assert answer.url == f"/admin/governance/agent/{agent.pk}/change/"
    return [(each.level_tag, str(each)) for each in get_messages(answer.wsgi_request)]


# -- what it can reach


def test_it_begins_with_what_it_can_reach_and_whether_use_could_be_seen(page):
    assert (
        "It can reach 25 rights on 7 tables, 8 functions and 2 more in AWS of airline-support, reservations of" in page
    )
    assert "3 runs were reported in the last 30 days; whether it uses any of this could not be seen." in page


def test_what_is_everything_is_said_first(agent, governor):
    system = agent.support.system
    role = AccountFactory(system=system, name="su3", kind="role")
    superuser = EntitlementFactory(system=system, native_type="superuser", name="superuser", action="")
    GrantFactory(account=role, entitlement=superuser, risk=90)
    member = EntitlementFactory(system=system, native_type="membership", name="member of su3", confers=role, action="")
    options = {"inherit": False, "settable": False, "grantable": True}
    grant = GrantFactory(account=agent.support, entitlement=member, native=options)
    everything = f"It can do everything in {system.name}, as su3, who is superuser"
    page = seen(governor, agent.agent)
    assert f"{everything}, once it admits itself to su3. It can reach 25 rights" in page
    GrantFactory(account=role)
    assert "1 right more only once it admits itself to a role, as it may." in seen(governor, agent.agent)
    assert "Only once it admits itself to su3, as it may" in row_of(page, "superuser")
    Grant.objects.filter(pk=grant.pk).update(native={})
    assert f"{everything}. It can reach 25 rights" in seen(governor, agent.agent)


def test_what_its_accounts_may_by_themselves_is_told(agent, governor):
    abilities = [{"name": "CREATEROLE", "says": "airline_support may make roles", "risk": 85}]
    Account.objects.filter(pk=agent.support.pk).update(abilities=abilities, own_risk=85)
    page = seen(governor, agent.agent)
    assert "By itself, beside what it holds, it may use CREATEROLE." in page
    assert f"airline_support may make roles: CREATEROLE in {agent.support.system.name}" in page


def test_one_row_stands_for_all_that_comes_the_same_way(page):
    role = row_of(page, f"{len(TABLES) * len(RIGHTS)} rights on {len(TABLES)} tables")
    assert "reservations_rw" in role
    assert "Critical" in role
    assert "DELETE on air.airports" in role
    assert "granted by postgres" in row_of(page, f"{len(TOOLS)} functions")
    assert "may pass on" in row_of(page, "UPDATE on crm.loyalty_tiers")
    assert "<p>7 ways, read completely" in page


def test_what_a_row_does_not_list_stands_in_the_list_of_grants(agent, governor):
    row = row_of(seen(governor, agent.agent), "24 rights on 6 tables")
    address = re.search(r'href="([^"]+)">and 12 more<', row)[1]
    assert governor.get(address).context["cl"].result_count == 24
    for strange in ("x", "²", "9" * 30):
        assert governor.get(f"/admin/governance/grant/?holder={strange}").status_code in {200, 302}


def test_what_is_open_to_everyone_is_told_apart_and_what_lives_on_is_said(page):
    row = row_of(page, "tools.export_passenger_manifest(date)")
    assert 'class="node everyone"' in row
    assert "Still effective" in row


def test_a_membership_is_the_way_and_not_what_it_leads_to(page):
    assert ">member of reservations_rw<" not in page.split('<h2 id="revs">')[0]


def test_not_observable_is_never_unused(page):
    row = row_of(page, "AmazonBedrockLimitedAccess")
    assert "Not observable" in row
    assert "never used" not in row


def test_use_that_is_known_is_said_with_its_day(agent, governor):
    grant = agent.support.grants.get(entitlement__name="tools.refund_payment(text, integer)")
    at = timezone.now() - timedelta(days=2)
    GrantUse.objects.create(grant=grant, last_used_at=at)
    page = seen(governor, agent.agent)
    assert f"used, last on {at:%-d %b %Y}" in row_of(page, "tools.refund_payment")
    assert "1 of 35 rights are in use, and 34 not observable." in page


def test_the_picture_is_a_drawing_with_its_sentence(page):
    drawing = page.split('role="img"')[1].split("</svg>")[0]
    assert 'aria-label="From airline-support by 2 accounts and 7 ways to what it can reach"' in drawing
    for words in ("reservations_rw", "24 rights on 6 tables", "everyone", "6 functions"):
        assert f">{words}</text>" in drawing, words
    assert "hot dash" in drawing


def test_names_of_strangers_are_text_in_list_and_picture(agent, governor):
    agent.grant(agent.support, "<script>alert(1)</script>", native={"grantor": '"><b>x'}, risk=99)
    page = governor.get(f"/admin/governance/agent/{agent.agent.pk}/change/").content.decode()
    assert "<script>alert" not in page
    assert '"><b>x' not in page


def test_an_agent_without_accounts_says_what_is_missing(ours, governor):
    page = seen(governor, busy_less(ours))
    assert "no account is known to be its own" in page
    assert "Nothing is known that it holds by its own accounts, so that there is nothing to certify." in page
    assert "Nobody: a question about it goes to governance" in page
    assert "Nothing is suspected of it." in page


def busy_less(ours):
    ours.agent.claims.all().delete()
    ours.agent.ownerships.all().delete()
    ours.item.findings.clear()
    return ours.agent


# -- who answers, what was asked, what changed


def test_the_line_stands_in_order_with_why_and_how_fast(agent, governor):
    review = ReviewFactory(unit=agent.agent.unit, opened_at=timezone.now() - timedelta(hours=3))
    item = ItemFactory(review=review, grant=agent.support.grants.first(), agent=agent.agent)
    AssignmentFactory(review=review, person=agent.owner)
    decide(item, agent.owner)
    who = seen(governor, agent.agent).split('id="who"')[1].split("</section>")[0]
    assert who.index("Maria Okafor, owner") < who.index("Jon Bell, deputy") < who.index("Lena Fischer, manager")
    assert "Answers in 3 hours (median of 1)." in who
    assert "asked when Maria Okafor is away, has left or is silent" in who


def test_decision_and_execution_are_two_facts(ours, governor):
    reviews = seen(governor, ours.agent).split('id="revs"')[1].split("</section>")[0]
    assert "ours_function" in reviews
    assert '<span class="chip revoke">Revoke</span>' in reviews
    assert "Held by the brake" in reviews
    assert "the last 1 of 1" in reviews


def test_what_is_asked_now_stands_beside_the_right(ours, governor):
    row = row_of(seen(governor, ours.agent), "ours_function")
    assert f'in review: <a href="/admin/reviews/review/{ours.review.pk}/change/">{ours.review}</a>' in row


def test_changes_are_told_in_words(page):
    changes = page.split('id="changes"')[1].split("</section>")[0]
    assert "Registered" in changes
    assert "Uses airline_support<" in changes
    assert "tools.refund_payment(text, integer) seen, granted by mreyes" in changes


def test_use_stands_tool_by_tool_with_a_bar_a_day(page):
    use = page.split('id="use"')[1].split("</section>")[0]
    row = next(each for each in use.split("<tr") if "tools.book_reservation()" in each)
    assert 'class="r">60<' in row
    assert row.count('class="f-accent"') == 30
    assert "3 runs." in use


def test_use_of_a_shared_account_is_said_to_be_everybodys(agent, governor):
    ClaimFactory(account=agent.support)
    assert "1 of its accounts is shared: their use is that of all who use them." in seen(governor, agent.agent)


# -- who sees and does what


def test_rights_of_another_unit_are_named_and_do_not_open(ours, agent, governor):
    theirs = OrgUnitFactory(name="theirs")
    agent.role.grants.update(unit=theirs)
    foreign = agent.role.grants.first()
    page = seen(governor, agent.agent)
    assert f"{len(TABLES) * len(RIGHTS)} rights on {len(TABLES)} tables" in page
    assert f"/grant/{foreign.pk}/" not in page
    assert f"/grant/{agent.support.grants.filter(risk=65).get().pk}/" in page


def test_findings_and_changes_of_another_unit_are_not_shown(ours, agent, governor):
    theirs = OrgUnitFactory(name="theirs")
    hidden = agent.support.grants.get(entitlement__name="tools.refund_payment(text, integer)")
    type(hidden).objects.filter(pk=hidden.pk).update(unit=theirs)
    Finding.objects.create(
        grant=hidden, check_name="unused", severity="high", unit=theirs, raised_at=timezone.now(), facts={}
    )
    page = seen(governor, agent.agent)
    assert "Unused" not in page.split('id="findings"')[1]
    assert "refund_payment" not in page.split('id="changes"')[1].split("</section>")[0]


def test_who_only_looks_is_told_who_acts(ours, agent):
    page = seen(client_of(staff("viewer", ours.unit, right=Right.VIEW)), agent.agent)
    assert "Only who owns airline-support or governs ours unit can act on it here." in page
    assert "/admin/agent/certify" not in page


@pytest.mark.parametrize("verb", ["certify", "transfer", "suspend"])
def test_who_may_not_is_refused_and_who_does_not_see_finds_nothing(verb, ours, agent):
    address = f"/admin/agent/{verb}/{agent.agent.pk}"
    viewer = client_of(staff("viewer", ours.unit, right=Right.VIEW))
    for typed in (agent.owner.email, "nobody@skyway.example"):
        [*_, (level, words)] = said(viewer.post(address, {"person": typed}), agent.agent)
        assert (level, words) == ("error", "Only who owns airline-support or governs ours unit can do this.")
    assert client_of(staff("elsewhere", OrgUnitFactory())).post(address, {"person": "x"}).status_code == 404


def test_certify_now_says_its_consequence_and_asks_about_everything(agent, governor):
    page = seen(governor, agent.agent)
    assert "Maria Okafor is asked about 11 grants within a minute" in page
    [(level, words)] = said(governor.post(f"/admin/agent/certify/{agent.agent.pk}"), agent.agent)
    assert (level, words) == ("success", "11 grants of airline-support become questions within a minute.")
    assert Finding.objects.filter(check_name="requested").count() == 11
    assert "All that it holds is asked about already" in seen(governor, agent.agent)


def test_transfer_makes_somebody_else_the_owner(ours, agent, governor):
    somebody = PersonFactory(name="Ines Vang", unit=ours.unit)
    assert f'<option value="{somebody.email}">Ines Vang</option>' in seen(governor, agent.agent)
    [(level, words)] = said(
        governor.post(f"/admin/agent/transfer/{agent.agent.pk}", {"person": somebody.email}), agent.agent
    )
    assert (level, words) == ("success", "Ines Vang owns airline-support now.")
    assert agent.agent.line()[0].person == somebody


def test_suspend_says_what_it_shuts_and_shuts_it(agent, governor):
    page = seen(governor, agent.agent)
    assert "It can be given back for 30 days, from here. Tell Maria Okafor, who answers for it" in page
    typed = {"reason": "It refunds what nobody asked it to refund."}
    [(level, words)] = said(governor.post(f"/admin/agent/suspend/{agent.agent.pk}", typed), agent.agent)
    item = Item.objects.get(subject_agent=agent.agent)
    assert (level, words) == (
        "success",
        f"airline-support counts as suspended, by CS-{item.review_id}. Whether its accounts are shut stands below.",
    )
    after = seen(governor, agent.agent)
    assert "Suspend…" not in after
    assert "Stopped by governor" in after
    assert "airline_support in reservations of airline-support: Nothing has happened yet" in after
    undo = f"/reviews/CS-{item.review_id}/undo/{item.pk}/"
    assert undo in after
    governor.post(undo, {"reason": "It was another one."})
    after = seen(governor, agent.agent)
    assert "Suspend…" in after
    assert "Suspend</span> <b>taken back</b>" in after


def test_suspend_without_a_reason_keeps_the_form_open(agent, governor):
    [(level, _)] = said(governor.post(f"/admin/agent/suspend/{agent.agent.pk}", {"reason": "!"}), agent.agent)
    assert level == "error"
    assert "the words go into the evidence" in seen(governor, agent.agent)


# -- how much it asks


def test_many_rights_on_thirty_accounts_need_no_more_queries(ours, agent, governor):
    seen(governor, agent.agent)  # what is asked once and then remembered
    with CaptureQueriesContext(connection) as few:
        seen(governor, agent.agent)
    for number in range(28):
        account = type(agent.support).objects.create(
            system=agent.support.system, native_type="role", native_id=f"x{number}", kind="login", name=f"x{number}"
        )
        ClaimFactory(agent=agent.agent, account=account)
        for right in range(6):
            agent.grant(account, f"do_{number}_{right}", risk=right)
    with CaptureQueriesContext(connection) as many:
        page = seen(governor, agent.agent)
    assert len(many) <= len(few)
    assert page.count('data-label="By which way"') == 35
    assert "The picture shows the ways of most risk; the list has 11 more." in page


def test_an_assignment_that_ended_gives_no_sight_of_reviews(ours):
    Assignment.objects.update(until=ours.review.due_at)
    stranger = client_of(ours.owner)
    assert stranger.get(f"/admin/governance/agent/{ours.agent.pk}/change/").status_code == 404
