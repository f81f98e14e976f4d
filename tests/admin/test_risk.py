"""Risk in the admin: how a score adds up, toxic combinations, a person's word on a tag, and the weights."""

from html import unescape

import pytest
from django.test import Client

from governance import access, clock
from governance.access import Right
from governance.ledger import Actor
from governance.models import EntitlementTag, Policy
from tests.admin.world import staff, world
from tests.factories import OrgUnitFactory, PersonFactory, ToxicCombinationFactory

pytestmark = pytest.mark.django_db
LEGS = [
    {"tags": ["untrusted_input"], "number": 1, "grants": [], "names": ["read_tickets"]},
    {"tags": ["sensitive_access"], "number": 4, "grants": [], "names": ["customers", "orders"]},
    {"tags": ["sends_out"], "number": 1, "grants": [], "names": ["ours_function"]},
]


@pytest.fixture
def ours():
    return world("ours", OrgUnitFactory(name="top"))


def weights() -> dict[str, int]:
    """The form as it comes."""
    parameters = Policy.parameters_at(clock.now())
    parts = {"risk_weights": parameters.risk_weights, "combination_floors": parameters.combination_floors}
    return {f"{part}.{name}": points for part, told in parts.items() for name, points in told.items()}


def text(client, path: str) -> str:
    answer = client.get(f"/admin/{path}")
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_grant_shows_every_term_and_says_what_is_not_known(ours):
    page = text(client_of(staff("governor", ours.unit)), f"governance/grant/{ours.grant.pk}/change/")
    assert "How its risk adds up: 49" in page, "45 for what it allows, and a check has found it unused"
    for label in ("What it allows", "Use", "What the agent reads", "Autonomy", "Who answers", "Credentials"):
        assert f'data-label="Term">{label}<' in page
    assert "how old its credentials are is not known" in page
    assert "unknown: 0" in page


def test_an_agent_shows_what_is_possible_apart_from_what_one_run_did(ours):
    ToxicCombinationFactory(agent=ours.agent, broken_by=ours.grant, legs=LEGS)
    client = client_of(staff("governor", ours.unit))
    path = f"governance/agent/{ours.agent.pk}/change/"
    page = text(client, path)
    assert (
        'Lethal trifecta</b><span><span class="risk critical">Critical</span> <span class="chip">Possible</span>'
        in page
    )
    assert "customers, orders and 2 more" in page
    assert f'<a href="/admin/governance/grant/{ours.grant.pk}/change/">ours_function held by ours_account</a>' in page
    assert "Without it the combination is gone." in page
    ours.agent.toxic.update(observed_run="run-7", observed_at=ours.grant.held_since, gated=True, alone=False)
    page = text(client, path)
    assert "Seen in one run" in page
    assert "Run run-7 used something of each part" in page
    assert "risk high" in page, "a person approves"
    assert "Others give the same, and have to follow." in page


def test_who_answers_for_the_system_has_the_last_word_on_a_tag(ours):
    what = ours.grant.entitlement
    path = f"/admin/governance/entitlement/{what.pk}/"
    owner, stranger = client_of(ours.owner), client_of(staff("governor", ours.unit, right=Right.VIEW))
    access.permit(who=ours.owner, unit=ours.unit, right=Right.VIEW, actor=Actor.operator("test"))
    assert "Say what it makes possible" in text(owner, f"governance/entitlement/{what.pk}/change/")
    assert "Say what it makes possible" not in text(stranger, f"governance/entitlement/{what.pk}/change/")
    stranger.post(f"{path}tag/", {"tag": "sends_out", "answer": "yes"})
    assert not EntitlementTag.objects.exists()
    owner.post(f"{path}tag/", {"tag": "sends_out", "answer": "no"})
    assert "ours owner: it does not" in text(owner, f"governance/entitlement/{what.pk}/change/")
    owner.post(f"{path}tag/", {"tag": "sends_out", "answer": ""})
    assert not EntitlementTag.objects.exists()


def test_weights_are_looked_at_then_set_by_who_governs_everything(ours):
    client = client_of(staff("lead", is_superuser=True))
    filled, before = weights(), Policy.objects.count()
    type(ours.grant).objects.update(risk=45)
    ours.grant.account.kind = "everyone"
    ours.grant.account.save()
    seen = unescape(client.post("/admin/governance/policy/weights/", filled | {"look": ""}).content.decode())
    assert "Of 1 grants 1 would have another score, and 1 another band." in seen
    assert "1 from medium to high" in seen
    assert Policy.objects.count() == before
    assert client.post("/admin/governance/policy/weights/", filled | {"set": "", "risk_weights.everyone": 20})[
        "Location"
    ]
    newest = Policy.objects.order_by("-number").first()
    assert (newest.parameters.risk_weights["everyone"], newest.set_by.name) == (20, "lead")


@pytest.mark.parametrize("wrong", ["", "-1", "101", "many"])
def test_strange_weights_stand_at_their_field(ours, wrong):
    before = Policy.objects.count()
    client = client_of(PersonFactory(is_staff=True, is_superuser=True))
    answer = client.post("/admin/governance/policy/weights/", {"risk_weights.everyone": wrong, "set": ""})
    assert 'class="field bad"' in answer.content.decode()
    assert Policy.objects.count() == before


def test_who_does_not_govern_everything_sets_no_weights(ours):
    client = client_of(staff("governor", ours.unit))
    before = Policy.objects.count()
    assert client.post("/admin/governance/policy/weights/", weights() | {"set": ""}).status_code == 404
    assert Policy.objects.count() == before
