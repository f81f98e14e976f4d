"""Tokens of a source in the admin: issued, shown once, and revoked by who governs its system."""

import re

import pytest
from django.test import Client

from governance.access import Right
from governance.models import Entry, SourceToken
from tests.admin.world import staff
from tests.factories import OrgUnitFactory, PolicyFactory, SourceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def source():
    PolicyFactory()
    return SourceFactory(system__unit=OrgUnitFactory(name="operations"))


@pytest.fixture
def page(source):
    return f"/admin/governance/source/{source.pk}"


def logged_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def client(source):
    return logged_in(staff("governor", source.system.unit))


def test_a_token_is_shown_once_and_opens_the_door(client, page, source):
    answer = client.post(f"{page}/tokens/", {"name": "collector", "scope": "deliver"})
    token = re.search(r"csu_[\w-]{43}", answer.content.decode())[0]
    assert "no-store" in answer["Cache-Control"]
    assert token not in client.get(f"{page}/change/").content.decode()
    sent = Client().post(
        "/api/v1/usage", b"\n", content_type="application/x-ndjson", headers={"Authorization": f"Bearer {token}"}
    )
    assert sent.status_code == 200
    assert SourceToken.objects.get().issued_by.name == "governor"
    again = client.post(f"{page}/tokens/", {"name": "collector", "scope": "deliver"}).content.decode()
    assert "has a token collector already" in again
    assert not re.search(r"csu_[\w-]{43}", again)


def test_it_is_revoked_under_ones_name(client, page):
    client.post(f"{page}/tokens/", {"name": "collector", "scope": "cover"})
    token = SourceToken.objects.get()
    client.post(f"{page}/tokens/{token.pk}/revoke/")
    assert not SourceToken.objects.standing().exists()
    assert Entry.objects.filter(act="token.revoked").get().actor_kind == "person"
    assert "revoked already" in client.post(f"{page}/tokens/{token.pk}/revoke/", follow=True).content.decode()


def test_who_does_not_govern_the_system_sees_them_and_changes_nothing(client, page, source):
    client.post(f"{page}/tokens/", {"name": "collector", "scope": "cover"})
    other = logged_in(staff("onlooker", source.system.unit, right=Right.VIEW))
    shown = other.get(f"{page}/change/").content.decode()
    assert "collector" in shown
    assert "/revoke/" not in shown
    assert other.post(f"{page}/tokens/", {"name": "two", "scope": "cover"}).status_code == 404
    assert other.post(f"{page}/tokens/{SourceToken.objects.get().pk}/revoke/").status_code == 404
