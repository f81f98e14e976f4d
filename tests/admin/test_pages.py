"""What stands on the pages: nothing of other units, times where the reader is, no query more for a row more."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.admin.page import Counted
from governance.models import Account, Grant, Person
from reviews.models import Remediation
from tests.admin.test_access import PAGES, address
from tests.admin.world import staff, world
from tests.factories import AgentFactory, ClaimFactory, GrantFactory, OrgUnitFactory, OwnershipFactory, SystemFactory

pytestmark = pytest.mark.django_db
LISTS = sorted(name for name in PAGES if name.endswith("_changelist"))
RECORDS = sorted(name for name in PAGES if name.endswith("_change") and name != "password_change")
HIDDEN = "nightshade"
WITHOUT_NAMES = {"entry", "checkpoint", "policy", "organisation", "attestation", "decision"}


@pytest.fixture
def ours():
    """Our unit, and beside it another that shares a person and an account with it."""
    top = OrgUnitFactory(name="top")
    ours, theirs = world("ours", top), world(HIDDEN, top)
    ClaimFactory(agent=theirs.agent, account=ours.grant.account)
    OwnershipFactory(agent=theirs.agent, person=ours.owner, role="deputy")
    return ours


@pytest.fixture
def client(ours):
    client = Client()
    client.force_login(staff("governor", ours.unit))
    return client


def test_no_page_names_what_another_unit_has(ours, client):
    for name in ("queue", *LISTS, *RECORDS):
        page = client.get(address(name, ours)).content.decode()
        assert HIDDEN not in page.lower(), name


def test_who_sees_both_units_finds_both_named(ours):
    client = Client()
    client.force_login(staff("overseer", ours.unit.parent))
    for name in ("queue", *LISTS):
        page = client.get(address(name, ours)).content.decode().lower()
        assert HIDDEN in page or name.split("_")[1] in WITHOUT_NAMES, name


def test_a_record_says_what_it_is_about(ours):
    client = Client()
    client.force_login(staff("superuser", unit=None, is_superuser=True))
    for name in set(RECORDS) - {"governance_checkpoint_change", "governance_agent_change"}:
        page = client.get(address(name, ours)).content.decode()
        assert 'class="facts"' in page, name
        acts = any(each in name for each in ("system", "source", "entitlement"))  # its verbs are forms, with tests
        assert acts or "<form" not in page.split('class="cs"')[1].split('id="logout-form"')[0], name


def test_the_list_of_agents_says_who_answers_and_what_the_worst_grant_is(ours, client):
    Grant.objects.filter(pk=ours.grant.pk).update(risk=80)
    AgentFactory(name="idle", unit=ours.unit)
    rows = client.get(address("governance_agent_changelist", ours)).content.decode().split("<tr")
    mine, idle = (next(row for row in rows if f">{name}<" in row) for name in ("ours-agent", "idle"))
    assert "ours owner" in mine
    assert '<span class="risk critical">' in mine
    assert idle.count('<span class="quiet">none</span>') == 2
    Person.objects.filter(pk=ours.owner.pk).update(employment="left")
    assert "ours owner, who has left" in client.get(address("governance_agent_changelist", ours)).content.decode()


def test_a_rows_own_name_is_written_as_it_is(ours, client):
    page = client.get(address("governance_agent_change", ours)).content.decode()
    assert [" ".join(each.split()) for each in re.findall(r"tracking-tight\">([^<]+)<", page)] == [
        "Governance",
        "Agents",
        "ours-agent",
    ]


def test_a_policys_durations_are_said_in_words_too(ours):
    client = Client()
    client.force_login(staff("superuser", unit=None, is_superuser=True))
    page = client.get(address("governance_policy_change", ours)).content.decode()
    assert "low 30 days (2592000); medium 14 days (1209600); high 7 days (604800); critical 24 hours (86400)" in page
    assert re.search(r"<code>unused_seconds</code>.*?90 days \(7776000\)", page, re.DOTALL)


def test_signs_in_a_systems_own_names_turn_no_line(ours, client):
    Account.objects.filter(pk=ours.grant.account_id).update(name="pay\u202eroll\u200b")
    page = client.get(address("governance_account_changelist", ours)).content.decode()
    assert "pay\\u202eroll\\u200b" in page
    assert "\u202e" not in page


def test_a_review_shows_every_steps_facts(ours):
    client = Client()
    client.force_login(staff("overseer", ours.unit.parent))
    page = client.get(address("reviews_review_change", ours)).content.decode()
    for said in (
        "Does ours-agent still need it?",
        "ours_function",
        "because you own airline-support",
        "Question to ours owner",
        "Revoke",
        "Taken back by ours owner",
        "Held by the brake",
        "review.opened",
    ):
        assert said in page, said


def test_an_act_that_failed_is_not_shown_as_only_planned(ours, client):
    Remediation.objects.filter(pk=ours.act.pk).update(hold=None, state="planned", trouble="RateLimited: slow down")
    page = client.get(address("reviews_remediation_change", ours)).content.decode()
    assert "Failed, trying again" in page
    assert "Failed: RateLimited: slow down. Trying again." in page


def test_who_is_asked_sees_the_review_and_not_what_hangs_on_it(ours):
    client = Client()
    client.force_login(ours.owner)
    page = client.get(address("reviews_review_change", ours)).content.decode()
    assert "ours_function" in page
    assert f"/admin/reviews/item/{ours.item.pk}/change/" in page
    for kept in ("remediation", "grant", "person", "orgunit", "policy", "entry"):
        assert f"/{kept}/{ours.rows[kept] if isinstance(ours.rows[kept], int) else ours.rows[kept].pk}/" not in page
    assert "ours_function" not in client.get(address("governance_grant_changelist", ours)).content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "governance/person/?password__startswith=p",
        "governance/person/?manager__password__startswith=p",
        "governance/person/?assignments=1",
        "governance/person/?id__exact=1",
        "governance/account/?grants__risk__gt=1",
        "governance/account/?system__name__startswith=n",
        "governance/person/?_to_field=email",
        "reviews/review/?assignments__person=1",
    ],
)
def test_an_address_cannot_feel_its_way_through_other_fields(query, client):
    assert client.get(f"/admin/{query}").status_code == 400


def test_search_finds_nothing_of_another_unit(ours, client):
    for name in LISTS:
        page = client.get(address(name, ours), {"q": HIDDEN})
        assert page.status_code == 200, name
        assert f'title="{HIDDEN}' not in page.content.decode().lower(), name
        assert f"{HIDDEN}_" not in page.content.decode().lower(), name


def test_a_filter_offers_the_systems_that_one_sees(ours, client):
    SystemFactory(name="our other system", unit=ours.unit)
    page = client.get(address("governance_grant_changelist", ours)).content.decode()
    assert f"?account__system__id__exact={ours.system.pk}" in page
    assert "ours system" in page
    chosen = {"account__system__id__exact": ours.system.pk, "seen__exact": "present"}
    assert "ours_function" in client.get(address("governance_grant_changelist", ours), chosen).content.decode()
    assert client.get(address("governance_finding_changelist", ours), {"check_name": "unused"}).status_code == 200


def test_times_stand_in_the_readers_zone(ours):
    ours.review.due_at = datetime(2026, 12, 4, 20, 0, tzinfo=UTC)
    ours.review.save()
    client = Client()
    client.force_login(staff("tokyo", ours.unit, time_zone="Asia/Tokyo"))
    for page in ("/admin/queue/", address("reviews_review_changelist", ours), address("reviews_review_change", ours)):
        found = re.findall(r'<time[^>]*datetime="([^"]+)">([^<]+)<', client.get(page).content.decode())
        shown = [text for at, text in found if datetime.fromisoformat(at) == ours.review.due_at]
        assert shown, page
        assert all(text.startswith("Sat 5 Dec") and text.endswith("05:00") for text in shown)
    assert "UTC</time>" not in client.get("/admin/queue/").content.decode()


def test_a_zone_that_is_none_is_utc(ours):
    client = Client()
    client.force_login(staff("nowhere", ours.unit, time_zone="Middle/Earth"))
    assert "Times in UTC." in client.get("/admin/queue/").content.decode()


def test_more_rows_need_no_more_queries(ours):
    client = Client()
    client.force_login(staff("superuser", unit=None, is_superuser=True))

    def asked(name):
        with CaptureQueriesContext(connection) as queries:
            client.get(address(name, ours))
        return [each["sql"] for each in queries]

    pages = ["queue", *LISTS]
    asked("queue")  # what is asked once and then remembered
    few = {name: asked(name) for name in pages}
    for number in range(3):
        world(f"more{number}", ours.unit)
    for name in pages:
        assert len(many := asked(name)) <= len(few[name]), (name, many)


def test_a_long_list_is_counted_so_far_and_said_to_be_longer(ours, client, monkeypatch):
    monkeypatch.setattr(Counted, "most", 1)
    assert "1 grant" in told_of_grants(client)
    GrantFactory(unit=ours.unit)
    with CaptureQueriesContext(connection) as queries:
        assert "The first 1 of more grants" in told_of_grants(client)
    assert any("COUNT" in each["sql"] and "LIMIT 2" in each["sql"] for each in queries)


def told_of_grants(client):
    return " ".join(client.get("/admin/governance/grant/").content.decode().split())


def test_an_empty_list_says_what_comes_next():
    client = Client()
    client.force_login(staff("superuser", unit=None, is_superuser=True))
    page = client.get("/admin/reviews/review/").content.decode()
    assert "Findings become questions within a minute" in page
    assert "Nothing fits this filter" in client.get("/admin/reviews/review/?q=x").content.decode()


def test_our_templates_hold_no_style_and_no_script():
    for folder in ("admin", "unfold"):
        for file in (Path(settings.BASE_DIR) / "templates" / folder).rglob("*.html"):
            assert not re.search(r"<script|<style|\sstyle=|\son\w+=|\sx-[a-z]+=", file.read_text()), file


def test_past_years_are_said(ours):
    ours.grant.held_since -= timedelta(days=800)
    ours.grant.save()
    client = Client()
    client.force_login(staff("superuser", unit=None, is_superuser=True))
    page = client.get(address("governance_grant_change", ours)).content.decode()
    assert f"{ours.grant.held_since:%b %Y}, " in page
