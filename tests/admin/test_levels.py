"""Service levels and coverage in governance's queue: every number is that of the rows that it leads to."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.models import Coverage, Lease, System
from reviews.admin import coverage, levels
from reviews.models import Remediation
from tests.admin.world import staff, world
from tests.factories import GrantFactory, OrgUnitFactory, OwnershipFactory, PolicyFactory, SourceFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
A_DAY, A_WEEK = timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def ours():
    PolicyFactory()
    return world("ours", OrgUnitFactory(name="top"))


@pytest.fixture
def governor(ours):
    return staff("governor", ours.unit)


@pytest.fixture
def client(governor):
    client = Client()
    client.force_login(governor)
    return client


def certify(grant, *, days=30, since=A_DAY, basis="decision"):
    return Lease.objects.create(
        grant=grant,
        entitlement=grant.entitlement,
        starts_at=timezone.now() - since,
        ends_at=timezone.now() + timedelta(days=days),
        basis=basis,
    )


def grants(ours, number, **more):
    return [GrantFactory(account=ours.grant.account, unit=ours.unit, **more) for _ in range(number)]


def rows_at(client, address):
    """How many rows the list at this address has."""
    return client.get(address).context["cl"].result_count


def test_a_share_is_what_people_decided_and_what_is_still_in_force(ours, governor, client):
    first, second, third = grants(ours, 3)
    certify(first)
    certify(second, basis="first_seen")
    certify(third, days=1, since=2 * A_DAY)
    Lease.objects.filter(grant=third).update(ends_at=timezone.now() - timedelta(minutes=1))
    level = next(levels.levels(governor, timezone.now()))
    assert level.now == "25.0 %"
    assert level.means.startswith("1 of 4 grants that are held")
    assert rows_at(client, level.url) == 1
    assert rows_at(client, level.parts[0].url) == 3
    assert level.parts[0].text == "3 are not"


def test_twelve_weeks_come_from_when_things_were_held_and_decided(ours, governor):
    old = grants(ours, 1, held_since=timezone.now() - 20 * A_WEEK)[0]
    certify(old, since=5 * A_WEEK)
    closed = timezone.now() - 3 * A_WEEK
    gone = grants(ours, 1, held_since=timezone.now() - 20 * A_WEEK)[0]
    type(gone).objects.filter(pk=gone.pk).update(closed_at=closed, seen="absent", seen_at=closed)
    found = levels.shares(governor, timezone.now())
    told = [(each.part, each.whole) for each in found]
    assert told == [(0, 2)] * 6 + [(1, 2)] * 2 + [(1, 1)] * 2 + [(1, 2)] * 2


def test_the_last_week_is_now(ours, governor):
    held, suspended, denied = grants(ours, 3)
    certify(held)
    at = timezone.now() - A_DAY
    type(held).objects.filter(pk=suspended.pk).update(seen="absent", intended="suspended", seen_at=at)
    type(held).objects.filter(pk=denied.pk).update(effect="deny")
    now = levels.shares(governor, timezone.now())[-1]
    assert (now.part, now.whole) == (1, type(held).objects.held().count()) == (1, 2)


def test_nothing_is_counted_of_another_unit(ours, governor):
    theirs = world("theirs", OrgUnitFactory())
    certify(theirs.grant)
    certified, removed, unanswered = levels.levels(governor, timezone.now())
    assert certified.means.startswith("0 of 1 grants")
    assert removed.now == "1"
    assert unanswered.means.startswith("of 1:")
    assert [each.system for each in coverage.systems(governor, timezone.now())] == [ours.system]


def test_who_sees_nothing_is_told_no_number(ours):
    stranger = staff("stranger", unit=None)
    assert [level.now for level in levels.levels(stranger, timezone.now())] == ["no grants", "0", "0"]
    client = Client()
    client.force_login(stranger)
    page = client.get("/admin/queue/").content.decode()
    assert "validly certified." not in page
    assert "Service levels" not in page
    assert "Coverage by system" not in page


def test_what_is_not_removed_is_told_apart_and_leads_to_its_rows(ours, governor, client):
    world("more", ours.unit)
    Remediation.objects.exclude(pk=ours.act.pk).update(state="stuck", hold=None)
    _, level, _ = levels.levels(governor, timezone.now())
    assert level.now == "2"
    assert [part.text for part in level.parts] == ["1 held", "1 stuck"]
    assert [rows_at(client, part.url) for part in level.parts] == [1, 1]


def test_agents_without_anybody_who_can_act_are_counted(ours, governor, client):
    type(ours.owner).objects.filter(pk=ours.owner.pk).update(employment="left")
    *_, level = levels.levels(governor, timezone.now())
    assert level.now == "1"
    assert rows_at(client, level.url) == 1
    OwnershipFactory(agent=ours.agent, role="sponsor")
    assert [*levels.levels(governor, timezone.now())][-1].now == "1", "a sponsor is not asked"
    OwnershipFactory(agent=ours.agent, role="deputy")
    assert [*levels.levels(governor, timezone.now())][-1].now == "0"


# -- coverage by system


def of(ours, governor):
    return next(each for each in coverage.systems(governor, timezone.now()) if each.system == ours.system)


def test_a_system_says_what_is_held_and_certified_and_leads_there(ours, governor, client):
    certify(grants(ours, 2)[0])
    found = of(ours, governor)
    assert (found.certified.part, found.certified.whole) == (1, 3)
    assert rows_at(client, found.grants_url) == 3
    assert rows_at(client, found.certified_url) == 1


def test_days_are_counted_once_and_gaps_left_out(ours, governor):
    Coverage.objects.all().delete()
    now, source = timezone.now(), ours.system.sources.get()
    for start, end in ((20, 10), (15, 8), (5, 4)):
        source.coverage.create(system=ours.system, starts_at=now - start * A_DAY, ends_at=now - end * A_DAY)
    assert of(ours, governor).observable == "13 of 30 days"
    source.coverage.create(system=ours.system, starts_at=now - 2 * A_DAY, ends_at=now - timedelta(hours=20))
    assert of(ours, governor).observable == "15 of 30 days", "a feed that is alive reaches until now"
    source.coverage.create(system=ours.system, starts_at=now - 90 * A_DAY, ends_at=now)
    assert of(ours, governor).observable == "30 of 30 days"


def test_an_agents_own_word_is_said_to_be_that(ours, governor):
    Coverage.objects.update(agent=ours.agent)
    assert of(ours, governor).observable == "of 1 agent, by their own word"
    Coverage.objects.all().delete()
    assert of(ours, governor).observable == ""


def test_what_is_wrong_with_reads_is_said(ours, governor):
    assert of(ours, governor).trouble == "a read is held"
    ours.sync.delete()
    System.objects.update(trouble="AuthFailed")
    assert of(ours, governor).trouble == "then failed"
    System.objects.update(trouble="")
    assert of(ours, governor).trouble == ""


def test_the_page_shows_them_with_a_drawing_that_says_itself(ours, client):
    for grant in grants(ours, 2, held_since=timezone.now() - 20 * A_WEEK):
        certify(grant, since=A_WEEK)
    page = " ".join(unescape(client.get("/admin/queue/").content.decode()).split())
    assert "66.7 % of grants are validly certified." in page
    assert 'role="img" aria-label="0 % 11 weeks ago, 67 % now"' in page
    assert "2 of 3</a>" in page


def test_more_systems_need_no_more_queries(ours, governor):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            coverage.systems(governor, timezone.now())
            list(levels.levels(governor, timezone.now()))
        return len(queries)

    few = asked()
    for number in range(3):
        world(f"more{number}", ours.unit)
    assert asked() == few


# -- sources that are silent


def page_of(client):
    return " ".join(unescape(client.get("/admin/queue/").content.decode()).split())


def test_a_source_that_is_silent_against_its_rhythm_stands_in_the_queue_once(ours, client):
    source = ours.system.sources.get()
    assert "Source silent" not in page_of(client)
    for grant in grants(ours, 3):
        assert grant.pk
    now = timezone.now()
    Coverage.objects.update(starts_at=now - 9 * A_DAY, ends_at=now - timedelta(hours=25))
    page = page_of(client)
    assert page.count("Source silent") == 1
    assert f"{source.name} does not tell of use in ours system any more" in page
    assert "It should deliver at least every 24 hours" in page
    assert f"{source.name} silent since" in page, "beside its system"
    assert f"/admin/governance/source/{source.pk}/change/" in page
    type(source).objects.update(rhythm=timedelta(days=7))
    assert "Source silent" not in page_of(client)
    type(source).objects.update(rhythm=timedelta(hours=2))
    assert "at least every 2 hours" in page_of(client)


def test_a_source_that_never_delivered_is_waited_for_and_one_whose_system_is_off_is_not(ours, client):
    never = SourceFactory(system=ours.system, since=timezone.now() - 2 * A_DAY)
    Coverage.objects.update(starts_at=timezone.now() - 9 * A_DAY, ends_at=timezone.now() - 8 * A_DAY)
    assert page_of(client).count("Source silent") == 1, "of the other nobody said that it delivers by itself"
    type(never).objects.filter(pk=never.pk).update(rhythm=A_DAY)
    page = page_of(client)
    assert page.count("Source silent") == ours.system.sources.count()
    assert "every 24 hours; nothing has come yet. Use that it alone could show is not observable, and" in page
    assert f"{never.name} silent so far" in page
    System.objects.update(active=False)
    assert "Source silent" not in page_of(client)


def test_a_systems_owner_finds_and_ends_what_waits_there_without_seeing_the_unit(ours):
    client = Client()
    client.force_login(ours.owner)
    page = page_of(client)
    assert "1 suspension in ours system" in page
    assert f"/admin/reviews/hold/{ours.hold.pk}/change/" not in page, "the page would not open"
    answer = client.post(f"/admin/queue/release/{ours.hold.pk}", {"count": "1"})
    assert answer.status_code == 302
    ours.act.refresh_from_db()
    assert ours.act.hold is None
