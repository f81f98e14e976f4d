"""Each check against its plain oracle, on generated worlds."""

from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from hypothesis import event, example, given, settings

from governance import models
from governance.checking import dates
from governance.policy import preparing, ripening, use, written
from governance.policy.checks import ABOUT_GRANTS
from governance.policy.checks.never_used import NeverUsed
from governance.policy.checks.over_scoped import OverScoped
from governance.policy.checks.unused import Unused
from governance.policy.subjects import grants
from tests import factories
from tests.governance.policy import oracles
from tests.governance.policy.edges import EDGES, ENOUGH, LEFT_OUT, SCOPES, since
from tests.governance.policy.worlds import (
    TERMS,
    Cover,
    at,
    build,
    many_stories,
)

pytestmark = pytest.mark.django_db

# One database for all examples: each is rolled back to where it began.
generated = settings(max_examples=10)


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
    assert [oracles.check_never_used(story) for story in EDGES[41:43]] == [True, False], "a suspension is no time"
    assert not oracles.check_rare_but_powerful(EDGES[43])
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
