"""The page of unclaimed accounts: what stands on it, what its buttons do, and who may press them."""

from html import unescape

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from governance import access, checking, clock
from governance.access import Right
from governance.models import Account, Agent, Claim, Disclaimer, Finding
from tests.admin.world import ACTOR, staff, world
from tests.factories import AccountFactory, AgentFactory, GrantFactory, OrgUnitFactory, PolicyFactory
from tests.reviews.factories import SlackIdentityFactory, WorkspaceFactory

pytestmark = pytest.mark.django_db
REASON = "Omar's own log-in, for maintenance."
PAGE = "/admin/unclaimed/"


@pytest.fixture
def ours():
    PolicyFactory()
    return world("ours", OrgUnitFactory(name="top"))


@pytest.fixture
def account(ours):
    """A powerful log-in that is nobody's, and is called like the agent."""
    made = AccountFactory(system=ours.system, name="svc_ours_agent", owner_hints=["Ask ours owner"])
    GrantFactory(account=made, risk=70, unit=ours.unit, entitlement__name="owner of schema tools")
    return made


def client_of(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def governor(ours):
    return client_of(staff("governor", ours.unit))


def page(client, query=""):
    return unescape(client.get(f"{PAGE}{query}").content.decode())


def said(answer):
    """The messages that the next page shows, by level."""
    assert (answer.status_code, answer.url) == (302, PAGE)
    return [(each.level_tag, str(each)) for each in get_messages(answer.wsgi_request)]


def test_what_is_known_stands_with_a_suggestion_and_its_basis(account, governor):
    shown = page(governor)
    assert "1 account may sign in and is nobody's." in shown
    assert "owner of schema tools (high)" in shown
    assert "Ask ours owner" in shown
    assert "Never seen; the log of ours system told of" in shown
    assert "Claim it for ours-agent" in shown
    assert "88 %: its name is the agent's, but for common words; the system's remark on it names ours owner" in shown


def test_without_any_it_says_what_comes_next(ours, governor):
    shown = page(governor)
    assert "Every account that may sign in and that you may see is somebody's." in shown
    assert "within a minute of the read" in shown


def test_what_holds_the_most_comes_first_and_the_rest_by_pages(account, ours, governor):
    for number in range(25):
        AccountFactory(system=ours.system, name=f"small_{number:02}")
    first, second = page(governor), page(governor, "?page=2")
    assert "26 accounts may sign in and are nobody's." in first
    assert first.index("svc_ours_agent") < first.index("small_00")
    assert ("Page 1 of 2" in first, "Page 2 of 2" in second) == (True, True)
    assert ("small_24" in first, "small_24" in second) == (False, True)
    assert "Page 2 of 2" in page(governor, "?page=999")


def test_many_accounts_take_as_many_queries_as_one(account, ours, governor, django_assert_max_num_queries):
    Account.objects.bulk_create(
        Account(system=ours.system, native_type="role", native_id=f"n{number}", kind="login", name=f"small_{number}")
        for number in range(1000)
    )
    with django_assert_max_num_queries(40):
        assert "1,001 accounts" in page(governor)


def test_a_suggestion_is_claimed_by_its_button(account, governor):
    [(level, words)] = said(governor.post(f"{PAGE}claim/{account.pk}", {"agent": "ours-agent"}))
    assert (level, words.split(".")[0]) == ("success", "ours-agent uses svc_ours_agent in ours system")
    assert Claim.objects.get(account=account).basis == "Said by governor"
    shown = page(governor)
    assert "Every account that may sign in and that you may see is somebody's." in shown
    assert "Claimed lately" in shown


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Which agent uses it?"),
        ("nobody", "There is no agent “nobody” that you may see"),
        ("x" * 300, "no agent"),
    ],
)
def test_a_name_that_is_none_is_refused_at_its_form(account, governor, name, words):
    [(level, refused)] = said(governor.post(f"{PAGE}claim/{account.pk}", {"agent": name}))
    assert level == "error"
    assert words in refused
    form = page(governor).split(f'id="claim-{account.pk}"')[1].split("</form>")[0]
    assert words in form
    assert f'value="{name}"' in form


def test_an_agent_of_another_unit_is_not_there(account, governor):
    AgentFactory(name="ours_agent", unit=OrgUnitFactory())
    assert "Claim it for ours_agent<" not in page(governor)
    [(level, _)] = said(governor.post(f"{PAGE}claim/{account.pk}", {"agent": "ours_agent"}))
    assert level == "error"
    assert not Claim.objects.filter(account=account).exists()


def test_that_no_agent_uses_it_is_said_and_taken_back(account, governor):
    [(level, _)] = said(governor.post(f"{PAGE}disclaim/{account.pk}", {"reason": REASON}))
    made = Disclaimer.objects.get()
    assert (level, made.reason, made.by.name) == ("success", REASON, "governor")
    shown = page(governor)
    assert "No agent's</h2>" in shown
    assert REASON in shown
    [*_, (level, words)] = said(governor.post(f"{PAGE}take-back/{made.pk}"))
    assert (level, words) == ("success", "svc_ours_agent is unclaimed again.")
    assert "1 account may sign in and is nobody's." in page(governor)


def test_it_needs_words(account, governor):
    [(level, words)] = said(governor.post(f"{PAGE}disclaim/{account.pk}", {"reason": "no <b>"}))
    assert level == "error"
    assert words.startswith("3 of at least 15 characters.")
    assert 'value="no &lt;b&gt;"' in governor.get(PAGE).content.decode()


def test_a_claim_is_taken_back(account, governor):
    governor.post(f"{PAGE}claim/{account.pk}", {"agent": "ours-agent"})
    claim = Claim.objects.get(account=account)
    [*_, (level, words)] = said(governor.post(f"{PAGE}release/{claim.pk}"))
    assert (level, words) == ("success", "ours-agent is not said to use svc_ours_agent any more.")
    [*_, (level, words)] = said(governor.post(f"{PAGE}release/{claim.pk}"))
    assert (level, words) == ("error", "This claim has been taken back already.")


def test_somebody_is_asked(account, ours, governor):
    SlackIdentityFactory(person=ours.owner, issuer=WorkspaceFactory().team_id)
    [(level, words)] = said(governor.post(f"{PAGE}ask/{account.pk}", {"person": "OURS@skyway.example"}))
    assert (level, words) == ("success", "ours owner is asked whose svc_ours_agent is within a minute.")
    assert Finding.objects.get(account=account).facts["asked"] == ours.owner.pk
    assert "Somebody is asked about it until it is said whose." in page(governor)


def test_nobody_that_is_unknown_is_asked(account, governor):
    [(level, words)] = said(governor.post(f"{PAGE}ask/{account.pk}", {"person": "who@skyway.example"}))
    assert (level, words.split(".")[0]) == ("error", "Nobody is known by this e-mail address")


@pytest.mark.parametrize(("verb", "field"), [("claim", "agent"), ("ask", "person"), ("disclaim", "reason")])
def test_what_cannot_be_stored_is_refused(account, governor, verb, field):
    [(level, words)] = said(governor.post(f"{PAGE}{verb}/{account.pk}", {field: "a\0b"}))
    assert (level, words.split(",")[0]) == ("error", f"{field} has U+0000 as character 2")
    assert words in page(governor)


@pytest.mark.parametrize("verb", ["claim", "disclaim", "ask"])
def test_who_only_looks_is_told_who_says_it(verb, account, ours):
    client = client_of(staff("viewer", ours.unit, right=Right.VIEW))
    shown = page(client)
    assert "Only ours owner or who governs ours unit can say whose it is." in shown
    assert f"{PAGE}claim" not in shown
    data = {"agent": "ours-agent", "reason": REASON, "person": ours.owner.email}
    [(level, words)] = said(client.post(f"{PAGE}{verb}/{account.pk}", data))
    assert level == "error"
    assert "Only ours owner or who governs ours unit" in words


def test_who_answers_for_the_agent_claims_for_it_alone(account, ours):
    viewer = staff("viewer", ours.unit, right=Right.VIEW)
    Agent.objects.get(name="ours-agent").ownerships.create(person=viewer, role="deputy", since=clock.now())
    shown = page(client_of(viewer))
    assert "Claim it for ours-agent" in shown
    assert "Not an agent" not in shown
    assert said(client_of(viewer).post(f"{PAGE}claim/{account.pk}", {"agent": "ours-agent"}))[0][0] == "success"


@pytest.mark.parametrize("verb", ["claim", "disclaim", "ask"])
def test_what_one_does_not_see_is_not_there(verb, account):
    client = client_of(staff("elsewhere", OrgUnitFactory()))
    assert "svc_ours_agent" not in page(client)
    assert client.post(f"{PAGE}{verb}/{account.pk}", {"agent": "ours-agent", "reason": REASON}).status_code == 404


def test_nor_is_what_was_said_there(account, governor):
    governor.post(f"{PAGE}claim/{account.pk}", {"agent": "ours-agent"})
    client = client_of(staff("elsewhere", OrgUnitFactory()))
    assert client.post(f"{PAGE}release/{Claim.objects.get(account=account).pk}").status_code == 404
    shown = page(client)
    assert "Claimed lately" not in shown
    assert "You may see no account" in shown
    assert "somebody's." not in shown


def test_a_second_agent_is_said_to_use_it_too(account, ours, governor):
    AgentFactory(name="night-jobs", unit=ours.unit)
    governor.post(f"{PAGE}claim/{account.pk}", {"agent": "ours-agent"})
    [*_, (level, words)] = said(governor.post(f"{PAGE}claim/{account.pk}", {"agent": "night-jobs"}))
    assert (level, words.split(" since")[0]) == ("error", "ours-agent is said to use svc_ours_agent")
    shown = page(governor)
    assert f'action="{PAGE}also/{account.pk}"' in shown
    assert '<option value="night-jobs">' in shown
    [*_, (level, _)] = said(governor.post(f"{PAGE}also/{account.pk}", {"agent": "night-jobs"}))
    assert level == "success"
    assert Claim.objects.filter(account=account, until=None).count() == 2
    assert page(governor).count(f'action="{PAGE}also/{account.pk}"') == 1


def test_who_owns_the_system_sees_its_accounts_without_a_right(account, ours):
    shown = page(client_of(ours.owner))
    assert "Claim it for ours-agent" in shown
    assert said(client_of(ours.owner).post(f"{PAGE}disclaim/{account.pk}", {"reason": REASON}))[0][0] == "success"


def test_a_form_without_its_token_is_refused(account, ours):
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff("governor", ours.unit))
    assert client.post(f"{PAGE}disclaim/{account.pk}", {"reason": REASON}).status_code == 403


def test_it_stands_in_governances_queue(account, ours, governor):
    checking.check_accounts()
    shown = unescape(governor.get("/admin/queue/").content.decode())
    assert "1 account in ours system is being asked about" in shown
    assert PAGE in shown
    access.permit(who=ours.owner, unit=ours.unit, right=Right.VIEW, actor=ACTOR)
    governor.post(f"{PAGE}claim/{account.pk}", {"agent": "ours-agent"})
    assert "is being asked about" not in governor.get("/admin/queue/").content.decode()
