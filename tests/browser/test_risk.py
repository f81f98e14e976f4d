"""What is told of risk in a browser: an agent's toxic combination, an entitlement's tags, the weights."""

import pytest
from django.db import transaction

from governance.models import EntitlementTag, Person, Policy
from tests.admin.test_risk import LEGS
from tests.browser.test_admin import fits, inside, ours, seen
from tests.factories import EntitlementTagFactory, ToxicCombinationFactory

__all__ = ["inside", "ours"]


@pytest.fixture
def risky(ours):
    with transaction.atomic():
        ToxicCombinationFactory(agent=ours.agent, broken_by=ours.grant, legs=LEGS)
        EntitlementTagFactory(entitlement=ours.grant.entitlement, tag="sends_out", confidence=60)
    return ours


def test_it_fits_and_a_persons_word_and_weights_are_taken(risky, inside, shot):
    seen(inside, f"/admin/governance/agent/{risky.agent.pk}/change/", "light")
    fits(inside, shot, "risk-agent")
    seen(inside, f"/admin/governance/grant/{risky.grant.pk}/change/", "dark")
    fits(inside, shot, "risk-grant")
    seen(inside, f"/admin/governance/entitlement/{risky.grant.entitlement_id}/change/", "light")
    inside.get_by_label("Is that so?").select_option("No, it does not")
    inside.get_by_label("It", exact=True).select_option("can send data out")
    inside.get_by_role("button", name="Say so").click()
    inside.get_by_text("It counts at once").first.wait_for()
    fits(inside, shot, "risk-tags")
    assert EntitlementTag.objects.filter(source="reviewer", denied=True).exists()
    with transaction.atomic():
        Person.objects.update(is_superuser=True)  # who governs everything
    before = Policy.objects.count()
    seen(inside, "/admin/governance/policy/weights/", "light")
    inside.get_by_label("Use: adds where unused, takes where used").fill("9")
    inside.get_by_role("button", name="See what it would change").click()
    inside.get_by_role("heading", name="What it would change").wait_for()
    fits(inside, shot, "risk-weights")
    assert Policy.objects.count() == before
