"""How a Slack user becomes a person's."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from governance import clock
from governance.errors import Conflict, Invalid, NotAllowed
from governance.models import Entry, ExternalIdentity
from reviews.models import Ask
from reviews.slack import identity, linking, unlinking
from reviews.slack.linking import Pending
from tests.factories import AgentFactory, PersonFactory
from tests.reviews.factories import SlackIdentityFactory, WorkspaceFactory
from tests.reviews.scene import ACTOR

pytestmark = pytest.mark.django_db

USER = "U0LENA"
LENA = {"id": USER, "real_name": "Lena Novak", "profile": {"email": "lena@skyway.example"}}


@pytest.fixture
def workspace(peer):
    return WorkspaceFactory()


@pytest.fixture
def lena():
    return PersonFactory(name="Lena Novak", email="lena@skyway.example")


def token(workspace, user=USER, **profile):
    hint = Pending(team=workspace.team_id, user=user, **profile)
    return token_of(linking.link_url(hint, until=clock.now() + linking.LASTS))


def offered(workspace):
    """What this user is told; Slack is asked who they are."""
    return linking.invitation(workspace, USER)()


def token_of(url):
    return parse_qs(urlsplit(url).query)["token"][0]


def confirm(token, person, *, later=timedelta(0)):
    return linking.confirm(token, person, clock.now() + later)


def unlink(workspace):
    return unlinking.unlink(workspace=workspace, user_id=USER, reason="it is somebody else's", actor=ACTOR)


def test_the_offer_is_one_sentence_and_a_link_with_what_slack_knows(workspace, peer, settings):
    settings.BASE_URL = "https://countersign.example"
    peer.will("users.info", ok=True, user=LENA)
    offer = offered(workspace)
    assert offer.text == "Your Slack user is not linked to a person in Countersign yet. Nothing was changed."
    [button] = offer.blocks[1]["elements"]
    assert button["url"].startswith("https://countersign.example/slack/link/?token=")
    assert button["accessibility_label"]
    read = linking.read(token_of(button["url"]))
    assert read == Pending(team=workspace.team_id, user=USER, name="Lena Novak", email="lena@skyway.example")


@pytest.mark.parametrize("flag", ["deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger"])
def test_no_link_is_offered_to_guests_strangers_and_bots(workspace, peer, flag):
    peer.will("users.info", ok=True, user=LENA | {flag: True})
    offer = offered(workspace)
    assert "cannot decide" in offer.text
    assert [block["type"] for block in offer.blocks] == ["section"]


@pytest.mark.parametrize("api", ["http://127.0.0.1:9/api/", None], ids=["away", "refusing"])
def test_where_slack_does_not_say_who_it_is_the_link_has_no_hint(workspace, peer, settings, api):
    peer.will("users.info", ok=False, error="missing_scope")
    settings.SLACK_API_BASE_URL = api or settings.SLACK_API_BASE_URL
    [button] = offered(workspace).blocks[1]["elements"]
    assert linking.read(token_of(button["url"])) == Pending(team=workspace.team_id, user=USER)


def test_a_name_that_is_ten_thousand_long_still_fits_a_button(workspace, peer):
    peer.will("users.info", ok=True, user=LENA | {"real_name": "\u202eLena" * 2500})
    [button] = offered(workspace).blocks[1]["elements"]
    assert len(button["url"]) < 3000


def test_who_confirms_is_linked_and_it_is_entered(workspace, lena):
    made = confirm(token(workspace, email=lena.email), lena)
    assert (made.scheme, made.issuer, made.value, made.person) == ("slack", workspace.team_id, USER, lena)
    assert identity.colleague(team_id=workspace.team_id, user_id=USER) == lena
    entry = Entry.objects.get(act="identity.linked")
    assert (entry.actor_kind, entry.actor_id) == ("person", str(lena.pk))
    assert Ask.objects.get(purpose="home").person == lena, "their home shows their queue instead of the link"


def test_a_link_is_used_once(workspace, lena):
    link = token(workspace)
    confirm(link, lena)
    with pytest.raises(Conflict, match="linked to you already"):
        confirm(link, lena)
    with pytest.raises(Conflict, match="linked to somebody else"):
        confirm(link, PersonFactory())
    assert ExternalIdentity.objects.count() == Entry.objects.filter(act="identity.linked").count() == 1


def test_a_link_that_was_used_once_links_nobody_after_governance_ended_what_it_linked(workspace, lena):
    link = token(workspace)
    confirm(link, lena)
    assert unlink(workspace) == lena
    for person in (lena, PersonFactory()):
        with pytest.raises(Conflict, match="has ended since"):
            confirm(link, person)
    assert identity.colleague(team_id=workspace.team_id, user_id=USER) is None
    right = PersonFactory()
    assert confirm(token(workspace), right).person == right
    assert identity.colleague(team_id=workspace.team_id, user_id=USER) == right


def test_a_link_lasts_fifteen_minutes(workspace, lena):
    link = token(workspace)
    with pytest.raises(Invalid, match="has expired"):
        confirm(link, lena, later=timedelta(minutes=15, seconds=2))
    assert confirm(link, lena, later=timedelta(minutes=14)).person == lena


@pytest.mark.parametrize("forge", [str.swapcase, lambda good: good[:-3] + "abc", lambda _good: "", lambda _good: "ü:ü"])
def test_a_forged_link_is_refused(workspace, lena, forge):
    forged = forge(token(workspace))
    with pytest.raises(Invalid, match="not one of ours"):
        linking.read(forged)
    with pytest.raises(Invalid, match="not one of ours"):
        confirm(forged, lena)


def test_a_person_has_one_user_in_a_workspace_and_one_in_another(workspace, lena):
    SlackIdentityFactory(person=lena, issuer=workspace.team_id, value="U0OLD")
    with pytest.raises(Conflict, match="another Slack user of this workspace"):
        confirm(token(workspace), lena)
    assert confirm(token(WorkspaceFactory()), lena).person == lena


def test_an_agents_user_is_not_a_persons(workspace, lena):
    ExternalIdentity.objects.create(scheme="slack", issuer=workspace.team_id, value=USER, agent=AgentFactory())
    with pytest.raises(Conflict, match="linked to somebody else"):
        confirm(token(workspace), lena)


def test_an_address_links_nobody_and_a_colleagues_address_stops_it(workspace, lena):
    other = PersonFactory()
    with pytest.raises(Conflict, match="a colleague's address"):
        confirm(token(workspace, email="Lena@Skyway.example"), other)
    assert confirm(token(workspace, email="l.novak@elsewhere.example"), lena).person == lena


def test_who_has_left_is_not_linked(workspace):
    for gone in (PersonFactory(employment="left"), PersonFactory(is_active=False)):
        with pytest.raises(NotAllowed, match="having left"):
            confirm(token(workspace), gone)


def test_nothing_is_linked_where_the_app_was_taken_out(workspace, lena):
    link = token(workspace)
    type(workspace).objects.update(state="uninstalled")
    with pytest.raises(Invalid, match="not set up for this workspace"):
        confirm(link, lena)
