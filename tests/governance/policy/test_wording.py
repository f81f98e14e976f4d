"""The words of each check, by the facts that it puts into its findings."""

import pytest

from governance import models
from governance.policy.checks import ABOUT_AGENTS, ABOUT_GRANTS, CHECKS, reason, suggestion
from governance.policy.checks.granted_to_everyone import GrantedToEveryone
from governance.policy.checks.never_used import u95
from governance.policy.checks.over_scoped import OverScoped
from governance.policy.checks.system_not_allowed import SystemNotAllowed
from governance.policy.subjects import grants
from tests import factories
from tests.governance.policy.edges import since
from tests.governance.policy.worlds import (
    MONTH,
    TERMS,
    Cover,
    Story,
    at,
    build,
)

pytestmark = pytest.mark.django_db


def test_over_scoped_names_what_is_used_and_stands_when_its_feed_died():
    story = since(-30, last_use=-1, actions=(-1, -2, None, None, None, -3))
    found = told(CHECKS["over_scoped"], story)
    assert reason("over_scoped", found) == (
        "Used 3 of at least 6 actions that it allows, in 8 days: do0, do1, see_%all."
    )
    assert suggestion("over_scoped", found) == (
        "Reduce it to what is used; the rest can be given back."
        " Basis: used 3 of at least 6 actions that it allows, in 8 days."
    )
    listed = {"used": 7, "named": list("abcde"), "actions": 1200, "more": False, "days": 30}
    assert reason("over_scoped", listed) == (
        "Used 7 of the 1,200 actions that it allows, in 30 days: a, b, c, d, e and 2 more."
    )
    later = at(MONTH + 3)
    assert not OverScoped().suspects(grants(), later).exists()
    assert OverScoped().stands(grants(), later).exists()


def told(check, story):
    """The facts that the check puts into its finding."""
    world = build([story])
    rows = check.suspects(grants(), TERMS)
    return rows.filter(pk=world.grants[0].pk).values_list(check.facts(TERMS), flat=True).get()


def test_never_used_names_the_runs_the_dates_and_what_they_prove():
    found = told(CHECKS["never_used"], since(-20, covers=(Cover(-16, 0, runs=True),)))
    assert reason("never_used", found) == (
        "Never used in 3 runs, seen from 16 Nov 2026; held since 14 Nov 2026, when we first saw it."
        " With 95 % confidence at most 100 % of runs need it."
    )
    assert suggestion("never_used", found) == (
        "Revoke: it can be given back when a run needs it. Basis: no use in 3 runs since 16 Nov 2026."
    )


@pytest.mark.parametrize(("runs", "per_mille"), [(60, 50), (200, 15), (300, 10), (7, 429), (1, 1000)])
def test_the_rule_of_three_is_rounded_up(runs, per_mille):
    assert u95(runs) == per_mille


def test_unused_by_runs_names_the_runs():
    by_runs = told(CHECKS["unused"], since(-30, last_use=-20))
    assert reason("unused", by_runs) == "Last used on 14 Nov 2026; not in 3 runs since."
    assert str(suggestion("unused", by_runs)).endswith(" Basis: no use in 3 runs since 14 Nov 2026.")


def test_unused_by_days_names_the_days():
    found = told(CHECKS["unused"], since(-30, last_use=-20, covers=(Cover(-30, 0, runs=False),), runs=()))
    assert reason("unused", found) == "Last used on 14 Nov 2026; not in 9 days since."
    assert str(suggestion("unused", found)).endswith(" Basis: no use in 9 days since 14 Nov 2026.")


@pytest.mark.parametrize(("ends", "words"), [(2, "ends on 25 Nov"), (-2, "ended on 23 Nov")])
def test_lease_due_tells_ends_from_ended(ends, words):
    found = told(CHECKS["lease_due"], Story(lease_ends=ends))
    assert reason("lease_due", found) == f"The lease {words} 2026."


def test_lease_due_says_when_there_is_none():
    found = told(CHECKS["lease_due"], Story(lease_ends=None))
    assert reason("lease_due", found).startswith("Held without a lease")


def test_granted_to_everyone_is_at_least_medium():
    check = GrantedToEveryone()
    world = build([Story(kind="everyone", risk=0), Story(kind="everyone", risk=60)])
    found = dict(check.suspects(grants(), TERMS).values_list("pk", check.severity(TERMS)))
    assert [found[grant.pk] for grant in world.grants] == ["medium", "high"]


def test_granted_to_everyone_suggests_on_the_basis_that_everyone_holds_it():
    found = told(CHECKS["granted_to_everyone"], Story(kind="everyone"))
    assert str(suggestion("granted_to_everyone", found)).endswith(
        f", then revoke it from {found['holder']}. Basis: everyone who can sign in to {found['system']} holds it."
    )


def test_every_check_has_words_and_a_name_that_fits_its_column():
    for name, spoken in CHECKS.items():
        assert name == spoken.name
        assert len(name) <= 64
        assert spoken.title
        assert reason(name, {}).endswith(".")


def test_checks_about_agents_and_grants_are_all_registered():
    assert {check.name for check in (*ABOUT_GRANTS, *ABOUT_AGENTS)} <= CHECKS.keys()


def test_a_system_that_is_not_allowed_is_named_with_those_that_are():
    [grant] = build([Story(allowed="elsewhere", risk=40)]).grants
    models.Agent.objects.get(name="g0-0").allowed_systems.add(factories.SystemFactory(name="Atlas"))
    models.System.objects.filter(allowed_agents__isnull=False).exclude(name="Atlas").update(name="Zephyr")
    check = SystemNotAllowed()
    found = check.suspects(grants(), TERMS).values_list("pk", check.facts(TERMS), check.severity(TERMS))
    [(key, facts, severity)] = found
    assert (key, severity) == (grant.pk, "high")
    assert reason("system_not_allowed", facts) == (
        "g0-0 may work in Atlas, Zephyr alone, as governance has said; this is held in S 0."
    )
    assert str(suggestion("system_not_allowed", facts)).startswith("Revoke it, or have governance say")
