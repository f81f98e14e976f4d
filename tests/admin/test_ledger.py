"""The ledger's pages: what an entry is about has a name where the viewer sees it, and its moments are in UTC."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance import ledger
from governance.admin import naming
from governance.ledger import Act, Actor, Subject
from governance.models import Entry
from tests.admin.world import staff, world
from tests.factories import OrgUnitFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/governance/entry/"


@pytest.fixture
def ours():
    return world("ours", OrgUnitFactory(name="top"))


@pytest.fixture
def client(ours):
    client = Client()
    client.force_login(staff("overseer", ours.unit.parent))
    return client


def enter(*subjects, actor=None):
    return ledger.record(act=Act.CLAIM_OPENED, actor=actor or Actor.step("test"), subjects=subjects, body={})


def test_subjects_and_actors_are_named_and_lead_to_their_pages(ours, client):
    entry = enter(ours.agent, ours.grant, ours.item, actor=Actor.person(ours.owner))
    for page in (client.get(LIST), client.get(f"{LIST}{entry}/change/")):
        said = page.content.decode()
        assert f'<a href="/admin/governance/agent/{ours.agent.pk}/change/">ours-agent</a>' in said
        assert "ours_function held by ours_account" in said
        assert f">CS-{ours.review.pk}/{ours.item.pk}</a>" in said
        assert ">ours owner</a>" in said
        assert "UTC</time>" in said


def test_the_sentence_of_an_entry_has_the_names(ours, client):
    entry = enter(ours.agent, actor=Actor.person(ours.owner))
    assert "Ours owner: claim.opened, about ours-agent." in client.get(f"{LIST}{entry}/change/").content.decode()


def test_what_the_viewer_does_not_see_stays_a_number(ours):
    beside = world("nightshade", OrgUnitFactory(name="beside"))
    entry = Entry.objects.get(pk=enter(beside.agent, actor=Actor.person(beside.owner)))
    found = naming.names([entry], to=staff("governor", ours.unit))
    assert naming.subjects(entry, found) == f"agent {beside.agent.pk}"
    assert naming.linked(entry.actor_kind, entry.actor_id, found) == f"person {beside.owner.pk}"


@pytest.mark.parametrize("key", ["x", "-1", "9" * 30, "²"])
def test_a_number_that_is_none_stays_as_it_is(key, ours, client):
    enter(Subject("agent", key))
    assert f"agent {key}" in client.get(LIST).content.decode()


def test_a_name_is_text(ours, client):
    type(ours.agent).objects.update(name="<b>agent</b>")
    enter(ours.agent)
    assert "<b>agent</b>" not in client.get(LIST).content.decode()


def test_more_entries_need_no_more_queries(ours, client):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        return len(queries)

    enter(ours.agent, ours.grant)
    client.get(LIST)
    few = asked()
    for number in range(3):
        more = world(f"more{number}", ours.unit)
        enter(more.agent, more.grant)
    assert asked() == few


def test_every_kind_that_has_a_name_can_be_looked_up(ours):
    overseer = staff("overseer", ours.unit.parent)
    rows = {
        **ours.rows,
        "org_unit": ours.unit,
        "claim": ours.agent.claims.get(),
        "ownership": ours.agent.ownerships.get(),
    }
    for kind in naming.KINDS:
        entry = Entry(actor_kind=kind, actor_id=str(rows[kind].pk), subjects=[])
        assert (kind, str(rows[kind].pk)) in naming.names([entry], to=overseer), kind
