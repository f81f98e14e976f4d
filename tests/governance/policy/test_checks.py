"""Each check against its plain oracle, on generated worlds; and its words."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, event, example, given, settings

from governance import models
from governance.checking import dates
from governance.policy import preparing, ripening, use, written
from governance.policy.checks import ABOUT_AGENTS, ABOUT_GRANTS, CHECKS, reason, suggestion
from governance.policy.checks.granted_to_everyone import GrantedToEveryone
from governance.policy.checks.never_used import NeverUsed, u95
from governance.policy.checks.over_scoped import OverScoped
from governance.policy.checks.system_not_allowed import SystemNotAllowed
from governance.policy.checks.unused import Unused
from governance.policy.subjects import grants
from tests import factories
from tests.governance.policy import oracles
from tests.governance.policy.worlds import (
    MONTH,
    RUNS,
    TERMS,
    WEEK,
    Cover,
    Story,
    at,
    build,
    many_stories,
)

pytestmark = pytest.mark.django_db

# One database for all examples: each is rolled back to where it began.
generated = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FED = (Cover(-40, 0, runs=True),)
ENOUGH = tuple(range(-RUNS, 0))
FIRST, SECOND = Cover(-40, 0, runs=True, of=0), Cover(-40, 0, runs=True, of=1)  # agents' own words


def since(held: int, **changes) -> Story:
    """A grant never used in exactly as many runs as it takes."""
    return replace(Story(held_since=held, runs=ENOUGH, covers=FED), **changes)


EDGES = [
    since(-WEEK),  # exactly as long as it takes
    since(-WEEK + 1),  # half a day too short
    since(-20, runs=ENOUGH[1:]),  # one run too few
    since(-20, runs=(-20, *ENOUGH[1:])),  # one started in the moment since which it is held
    since(-20, covers=(Cover(-20, -9, runs=True), Cover(-6, 0, runs=True))),  # a gap: enough
    since(-20, covers=(Cover(-20, -11, runs=True), Cover(-4, 0, runs=True))),  # a gap: too little
    since(-20, covers=(Cover(-20, -2, runs=True),), runs=(-5, -4, -3)),  # just alive
    since(-20, covers=(Cover(-20, -3, runs=True),), runs=(-6, -5, -4)),  # just silent
    since(-20, covers=(Cover(-20, 0, runs=True), Cover(-20, -1, runs=True))),  # counted once
    since(-20, covers=(Cover(-20, -13, runs=True), Cover(-20, 0, runs=False))),
    since(-30, last_use=-18, covers=(Cover(-30, 0, runs=False),)),  # by days, exactly
    since(-30, last_use=-17, covers=(Cover(-30, 0, runs=False),)),
    since(-20, claimed=False),
    since(-20, tracked=False),
    since(-20, runs=ENOUGH[1:], others=(-5,)),  # two agents share the account
    since(-20, lease_ends=28, risk=40),
    since(-20, lease_ends=29, risk=40),
    since(-20, covers=(FIRST, SECOND)),  # two agents share the account, and both report
    since(-20, covers=(FIRST,)),  # the second is blind
    since(-20, covers=(FIRST,), shared=False),
    since(-20, covers=(SECOND,), shared=False),  # the feed is another agent's
    since(-20, covers=(FIRST, SECOND), claimed=False),  # nobody knows who uses it
    since(-20, covers=(FIRST, replace(SECOND, start=-WEEK))),  # both for exactly long enough
    since(-20, covers=(FIRST, replace(SECOND, start=-WEEK + 1))),
    since(-20, covers=(FIRST, replace(SECOND, end=-3))),  # the second fell silent
    since(-20, covers=(FIRST, Cover(-40, -6, runs=True)), runs=(-9, -8, -7)),  # the log fell silent, one reports
    since(-30, last_use=-18, covers=(Cover(-30, 0, runs=False, of=0),)),  # by days, the second is blind
    since(-30, last_use=-18, covers=(Cover(-30, 0, runs=False, of=0),), shared=False),
    since(-20, covers=(FIRST,), retired=1),  # the second is blind, and nobody answers for it any more
    since(-20, covers=(FIRST,), retired=0),
    since(-20, covers=(SECOND,), others=ENOUGH, retired=1),  # nobody is left whose word counts
    since(-20, runs=ENOUGH[1:], others=(-5,), retired=1),  # a retired agent's run is not counted
    since(-30, last_use=-18, covers=(Cover(-30, 0, runs=False, of=0), SECOND), retired=1),  # nor does it report runs
    since(-20, runs=ENOUGH[1:], others=(0,)),  # the third run starts now: it counts in a moment
    since(-20, runs=(*ENOUGH[1:], 3)),  # it will start, says a clock that goes before ours
    since(-20, last_use=-5, used_runs=1, risk=60, runs=range(-6, -1)),  # rare: as many runs as it takes
    since(-20, last_use=-5, used_runs=1, risk=60, runs=range(-5, -1)),  # one run too few
    since(-20, last_use=-5, used_runs=1, risk=60, runs=(*range(-5, -1), 2)),  # the fifth is still to come
    since(-20, last_use=-5, used_runs=2, risk=60, runs=range(-6, -1)),
    since(-20, last_use=-5, used_runs=1, risk=59, runs=range(-6, -1)),
    since(-5, last_use=-4, used_runs=1, risk=60, runs=range(-6, -1)),  # one started before it was held
    since(-20, toxic=True),
    since(-20, allowed="elsewhere"),
    since(-20, allowed="here"),
    since(-20, allowed="elsewhere", retired=0),  # nobody answers any more for whom it was said of
    since(-20, allowed="elsewhere", claimed=False),
    since(-16, last_use=-1, actions=(-1, None, None, -15)),  # the half, for exactly as long as it takes
    since(-15, last_use=-1, actions=(-1, None, None, -15)),
    since(-16, last_use=-1, actions=(-1, None, -1, -15)),
    since(-16, last_use=-1, actions=(-1, None, -15)),  # what allows so few actions is narrow
    since(-20, last_use=-1, actions=(-1, -16, -16, None)),  # two are forgotten
    since(-20, last_use=-17, actions=(-17, None, None, None)),  # not used lately
    since(
        -20, last_use=-1, actions=(-1, None, None, None), covers=(Cover(-40, -9, runs=False), Cover(-8, 0, runs=False))
    ),
    since(-20, last_use=-1, actions=(-1, None, None, None), covers=(Cover(-16, 0, runs=False),)),
    since(-20, last_use=-1, actions=(-1, None, None, None), redefined=-16),
    since(-20, last_use=-1, actions=(-1, None, None, None), redefined=-15),  # it has become wider lately
]
# A log may leave use out: once it does, and once it was set to show all; and some it shows never, or as nobody's.
LEFT_OUT = [
    since(-20, shown="if_set"),  # the log may leave its use out
    since(-20, shown="if_set", covers=(FIRST, SECOND)),  # and agents' own word does not make up for it
    since(-20, shown="if_set", shows_all=True),
    since(-30, last_use=-18, covers=(Cover(-30, 0, runs=False),), shown="if_set"),
    since(-20, last_use=-9, risk=80, used_runs=1, runs=tuple(range(-19, -1)), shown="if_set"),
    since(-20, last_use=-9, risk=80, used_runs=1, runs=tuple(range(-19, -1)), shown="if_set", shows_all=True),
    since(-20, last_use=-9, actions=(-9, None, None, None), shown="if_set"),
    since(-20, last_use=-9, actions=(-9, None, None, None), shown="if_set", shows_all=True),
    since(-20, shown="never", shows_all=True),
    since(-20, traced=False),
    since(-20, last_use=-9, risk=80, used_runs=1, runs=tuple(range(-19, -1)), traced=False),
    since(-20, last_use=-9, actions=(-9, None, None, None), traced=False),
]
SCOPES = EDGES[-10:]


@contextmanager
def rolled_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def asked(check):
    return lambda terms: check.suspects(grants(), terms).values_list("pk")


SUSPECTS = {check.name: asked(check) for check in ABOUT_GRANTS}


def standing_of(check):
    return check.stands(grants(), TERMS).values_list("pk", flat=True)


def spoken_of(check, world, terms=TERMS) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(*written.sql(SUSPECTS[check.name], terms))
        found: set[int] = world.tellers(key for (key,) in cursor)
    return found


@generated
@example(EDGES + LEFT_OUT)
@given(many_stories)
def test_each_speaks_about_what_its_oracle_speaks_about(stories):
    """Looked up or at hand; what it suspects stands, so that nothing is raised that the same sweep would clear."""
    with rolled_back():
        world = build(stories)
        spoken = {check.name: spoken_of(check, world) for check in ABOUT_GRANTS}
        standing = {check.name: world.tellers(standing_of(check)) for check in ABOUT_GRANTS}
        classes = dict(models.Grant.objects.alias(idle_since=use.idle_since()).values_list("pk", use.class_of(TERMS)))
        prepared = preparing.prepare(TERMS, grants())
        spoken_prepared = {check.name: spoken_of(check, world, prepared) for check in ABOUT_GRANTS}
    assert spoken.keys() == oracles.ORACLES.keys()
    for name, oracle in oracles.ORACLES.items():
        expected = {number for number, story in enumerate(stories) if oracle(story)}
        assert (spoken[name], spoken_prepared[name]) == (expected, expected), name
        assert expected <= standing[name], name
        event(f"{name} spoke" if expected else f"{name} was silent")
    assert classes == {key: oracles.use_class(story) for key, story in world.story_of.items()}


def test_the_edges_are_on_both_sides():
    never = [oracles.check_never_used(story) for story in EDGES]
    assert never[:10] == [True, False, False, False, True, False, True, False, True, False]
    assert [oracles.check_unused(story) for story in EDGES[10:12]] == [True, False]
    assert never[12:15] == [False, False, True]
    assert [oracles.check_lease_due(story) for story in EDGES[15:17]] == [True, False]
    assert never[17:26] == [True, False, True, False, False, True, False, False, False]
    assert [oracles.check_unused(story) for story in EDGES[26:28]] == [False, True]
    assert never[28:32] == [True, False, False, False]
    assert oracles.check_unused(EDGES[32])
    rare = [oracles.check_rare_but_powerful(story) for story in EDGES[35:41]]
    assert rare == [True, False, False, False, False, False]
    use_checks = ("never_used", "unused", "rare_but_powerful", "over_scoped")
    spoken = ["".join(each for each in use_checks if oracles.ORACLES[each](story)) for story in LEFT_OUT]
    assert spoken == ["", "", "never_used", "", "", "rare_but_powerful", "", "over_scoped", *[""] * 4]
    assert [oracles.check_system_not_allowed(story) for story in EDGES[-14:-10]] == [True, False, False, False]
    assert [oracles.check_over_scoped(story) for story in SCOPES] == [
        True,
        *[False] * 3,
        True,
        False,
        False,
        True,
        True,
        False,
    ]


@generated
@example(EDGES + LEFT_OUT)
@given(many_stories)
def test_a_due_date_is_never_late(stories):
    """Whatever speaks later, when only time has passed, was due by then."""
    with rolled_back():
        world = build(stories)
        due = dict(grants().values_list("pk", dates.earliest(TERMS)))
        now = {check.name: spoken_of(check, world) for check in ABOUT_GRANTS}
        for time in (1, 2, 4, 9, 15, 40, 70):
            for check in ABOUT_GRANTS:
                for number in spoken_of(check, world, at(time)) - now[check.name]:
                    moment = due[world.grants[number].pk]
                    assert moment is not None, (check.name, time, stories[number])
                    assert TERMS.at < moment <= at(time).at, (check.name, time, stories[number])


@pytest.mark.parametrize(("check", "last_use"), [(NeverUsed(), None), (Unused(), -25)])
def test_a_feed_that_fell_silent_raises_nothing_and_clears_nothing(check, last_use):
    story = since(-30, last_use=last_use, covers=(Cover(-40, -4, runs=True),), runs=(-7, -6, -5))
    build([story])
    assert not check.suspects(grants(), TERMS).exists()
    assert check.stands(grants(), TERMS).exists()


@pytest.mark.parametrize("last_use", [None, -18])
def test_a_live_feed_of_one_agent_never_makes_what_a_blind_agent_holds_unused(last_use):
    """Both agents work in one system, each by its own account; one reports about itself, the other not at all."""
    runs = last_use is None
    build([since(-30, last_use=last_use, runs=ENOUGH if runs else (), covers=(Cover(-40, 0, runs, of=0),))])
    told, blind = models.Agent.objects.order_by("name")
    models.Claim.objects.filter(agent=blind).delete()
    [grant] = models.Grant.objects.all()
    account = factories.AccountFactory(system=grant.account.system)
    factories.ClaimFactory(agent=blind, account=account)
    theirs = factories.GrantFactory(account=account, entitlement=grant.entitlement, held_since=grant.held_since)
    models.Run.objects.bulk_create(
        models.Run(agent=blind, source=models.Source.objects.get(provenance="system"), native_id=f"b{n}", started_at=t)
        for n, t in enumerate(models.Run.objects.filter(agent=told).values_list("started_at", flat=True))
    )
    if last_use is not None:
        models.GrantUse.objects.create(grant=theirs, last_used_at=at(last_use).at, uses=1)
    for terms in (TERMS, preparing.prepare(TERMS, grants())):
        assert list(grants().filter(use.unused(terms))) == [grant]


WORDS = [
    (None, "open", 60, True),  # high risk, and only the agent says so
    (None, "taken", 80, True),
    (-2, "open", 60, False),  # the log shows it
    (None, "answered", 60, False),  # a person has answered
    (None, "open", 59, False),
]
LOG_OF_BEFORE = (-20, "open", 60, True)  # the log showed the use that the finding knows, and none since


@pytest.mark.parametrize(
    ("check", "before", "witnessed", "state", "risk", "stands"),
    [(NeverUsed(), None, *words) for words in WORDS] + [(Unused(), -20, *words) for words in (*WORDS, LOG_OF_BEFORE)],
)
def test_an_agents_own_word_alone_clears_nothing_that_is_of_high_risk(check, before, witnessed, state, risk, stands):
    [grant] = build([since(-30, last_use=-1, risk=risk)]).grants
    models.GrantUse.objects.update(witnessed_at=witnessed and at(witnessed).at)
    told = {"last_used_at": before and at(before).at.isoformat()}
    factories.FindingFactory(check_name=check.name, grant=grant, state=state, facts=told, raised_at=at(-9).at)
    assert not check.suspects(grants(), TERMS).exists()
    assert check.stands(grants(), TERMS).exists() is stands


def test_ripe_are_the_unused_that_nobody_has_spoken_about():
    told = [since(-20), since(-20), since(-20, last_use=-15), since(-20, runs=()), SCOPES[0]]
    world = build(told)
    models.Finding.objects.create(
        check_name="never_used",
        grant=world.grants[1],
        unit=world.grants[1].unit,
        severity="low",
        raised_at=TERMS.at,
    )
    ripe = ripening.ripe(models.Grant.objects.all(), TERMS)
    assert world.tellers(ripe.values_list("pk", flat=True)) == {0, 2, 4}


@pytest.mark.parametrize(
    ("state", "risk", "witnessed", "stands"),
    [
        ("open", 60, None, True),
        ("taken", 80, None, True),
        ("open", 60, -3, False),  # the log shows that more is used
        ("answered", 60, None, False),
        ("open", 59, None, False),
    ],
)
def test_an_agents_own_word_alone_does_not_justify_a_wide_grant_of_high_risk(state, risk, witnessed, stands):
    [grant] = build([since(-30, last_use=-1, risk=risk, actions=(-1, -1, -1, None))]).grants
    models.ActionUse.objects.update(witnessed_at=witnessed and at(witnessed).at)
    factories.FindingFactory(check_name="over_scoped", grant=grant, state=state, raised_at=at(-9).at)
    check = OverScoped()
    assert not check.suspects(grants(), TERMS).exists()
    assert check.stands(grants(), TERMS).exists() is stands


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
