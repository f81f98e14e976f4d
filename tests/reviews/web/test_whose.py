"""Whose an account is, in a browser: each answer on its own page, and where a refusal stands."""

import pytest

from governance import checking
from governance.models import Claim, Disclaimer
from reviews import opening
from reviews.models import Answer, Item, Remediation
from tests.factories import AccountFactory, AgentFactory, GrantFactory, PersonFactory
from tests.reviews.factories import SlackIdentityFactory, WorkspaceFactory
from tests.reviews.scene import whom
from tests.reviews.web.test_answering import wrong

pytestmark = pytest.mark.django_db
REASON = "Maria's own log-in, for maintenance."


@pytest.fixture
def asked(scene):
    """Maria owns the system; one agent suggests itself."""
    scene.system.owner = scene.owner
    scene.system.save()
    AgentFactory(name="dba-two")
    account = AccountFactory(system=scene.system, name="dba_two")
    GrantFactory(account=account, risk=65, unit=scene.unit)
    checking.check_accounts()
    opening.open_reviews()
    return Item.objects.get(account=account)


@pytest.fixture
def record(asked):
    return f"/reviews/{asked.review}/"


def test_the_record_shows_what_is_known(maria, record):
    page = maria.get(record)
    assert "dba-two (90 %): its name is the agent's" in page.text
    assert "it is disabled; for 30 days after that, governance can enable it again" in page.text
    assert {"It belongs to…", "Not an agent…", "Somebody else's…", "Disable it…"} <= page.links.keys()


def test_it_belongs_to_what_suggests_itself(maria, asked, record):
    there, page = maria.follow(record, "It belongs to…")
    assert "dba-two (90 %): its name is the agent's" in page.text
    assert '<option value="airline-support">' in page.html
    key = asked.facts_shown["could_be"][0]["agent"]
    assert "Maria decided that dba-two uses it" in maria.send(there, agent=key).text
    assert Claim.objects.get(account=asked.account).agent.name == "dba-two"


def test_it_belongs_to_another_agent(maria, scene, asked, record):
    there, _ = maria.follow(record, "It belongs to…")
    page = maria.send(there, agent="", other="nobody's")
    assert wrong(page) == [
        "There is no agent “nobody&#x27;s” that you may see. Give its name as the list of agents has it."
    ]
    assert page.fields["other"] == "nobody's"
    assert wrong(maria.send(there, agent="", other=" ")) == ["Which agent uses it? Choose one, or give its name."]
    assert "Select a valid choice" in maria.send(there, agent="987654").text
    maria.send(there, agent="", other="AIRLINE-support")
    assert Claim.objects.get(account=asked.account).agent == scene.agent


def test_no_agent_uses_it(maria, record):
    there, _ = maria.follow(record, "Not an agent…")
    [words] = wrong(maria.send(there, reason="no"))
    assert words.startswith("2 of at least 15 characters")
    assert "Maria decided that no agent uses it" in maria.send(there, reason=REASON).text
    assert Disclaimer.objects.get().reason == REASON


def test_somebody_else_knows(maria, scene, asked, record):
    there, _ = maria.follow(record, "Somebody else's…")
    [words] = wrong(maria.send(there, person=PersonFactory(name="Mute").email))
    assert words.startswith("Neither Slack nor e-mail reaches Mute.")
    lena = PersonFactory(name="Lena")
    SlackIdentityFactory(person=lena, issuer=WorkspaceFactory().team_id)
    maria.send(there, person=lena.email)
    assert whom(asked.review) == "Lena"
    assert not Answer.objects.get().agent


def test_it_is_disabled(maria, asked, record):
    there, page = maria.follow(record, "Disable it…")
    assert "Nothing can sign in with it any more in Airline. You can take it back for 24 hours." in page.text
    maria.send(there)
    assert Remediation.objects.get().account == asked.account


@pytest.mark.parametrize("verb", ["keep", "mine", "retire"])
def test_other_answers_are_refused(maria, asked, record, verb):
    there, _ = maria.follow(record, "Disable it…")
    page = maria.send(there.replace("/disable/", f"/{verb}/"), days=30, reason=REASON, task="current")
    assert "is no answer to this question" in page.text or "Select a valid choice" in page.text
    assert not Answer.objects.exists()
