"""The link of an e-mail, and the confirmation of a Slack user."""

import pytest
from django.urls import reverse

from governance import clock
from governance.models import ExternalIdentity
from reviews.evidence import links
from reviews.models import Answer
from reviews.slack import linking
from tests.factories import PersonFactory
from tests.reviews.factories import WorkspaceFactory
from tests.reviews.web.reader import Reader

pytestmark = pytest.mark.django_db


# -- the link of an e-mail


@pytest.fixture
def link(item, scene, settings) -> str:
    return links.record_url(item.review, to=scene.owner).removeprefix(settings.BASE_URL)


def test_it_leads_to_the_record_after_the_log_in(link, maria, item):
    assert Reader().get(link).fields["next"] == link
    assert item.review.question in maria.get(link).text


def test_it_gives_no_right_to_whom_it_was_not_sent(link, read, scene, item):
    stranger = read(PersonFactory())
    assert stranger.client.get(link, follow=True).status_code == 404
    page = read(scene.governor).get(link)
    assert "This link was sent to somebody else." in page.text
    assert "Revoke…" not in page.links
    assert not Answer.objects.exists()


@pytest.mark.parametrize(
    "spoil", [lambda link: link[:-5] + "/", lambda link: link.replace("/r/", "/r/W"), lambda _: "/r/x/"]
)
def test_a_link_that_was_changed_leads_to_the_queue(link, maria, spoil):
    assert "This link is too old, or a part of it is missing." in maria.get(spoil(link)).text


def test_a_link_lasts_ninety_days(link, maria, monkeypatch):
    monkeypatch.setattr(links, "LASTS", -links.LASTS)
    assert "This link is too old" in maria.get(link).text


# -- a Slack user


@pytest.fixture
def workspace():
    return WorkspaceFactory(team_id="T0SKYWAY", name="Skyway")


def asks(workspace, settings, *, email: str = "") -> str:
    profile = linking.Pending(team=workspace.team_id, user="U0MARIA", name="Maria <O>", email=email)
    return linking.link_url(profile, until=clock.now() + linking.LASTS).removeprefix(settings.BASE_URL)


def test_it_is_asked_and_then_linked_once(maria, scene, workspace, settings):
    there = asks(workspace, settings, email=scene.owner.email.upper())
    page = maria.get(there)
    assert "Link Slack user Maria <O> in Skyway to you, Maria" in page.text
    assert "Slack says that" not in page.text
    assert not ExternalIdentity.objects.exists()
    assert "Your Slack user is linked." in maria.send(there).text
    linked = ExternalIdentity.objects.get()
    assert (linked.issuer, linked.value, linked.person) == ("T0SKYWAY", "U0MARIA", scene.owner)
    assert "linked to you already" in maria.send(there).text


def test_another_address_in_slack_is_said_plainly(maria, scene, workspace, settings):
    page = maria.get(asks(workspace, settings, email="m.okafor@elsewhere.example"))
    assert "Slack says that this user's e-mail address is m.okafor@elsewhere.example" in page.text
    assert scene.owner.email in page.text


def test_a_link_of_nobodys_links_nothing(maria, workspace):
    there = f"{reverse('web:slack-link')}?token=forged"
    for page in (maria.get(there), maria.send(there)):
        assert "Nothing was linked." in page.text
        assert "This link is not one of ours." in page.text


def test_who_is_not_logged_in_logs_in_first(workspace, settings):
    there = asks(workspace, settings)
    assert Reader().get(there).fields["next"] == there
