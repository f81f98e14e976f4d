"""`manage.py connect_system` for a system that is there: what isn't given stays as it is; a source is named alone."""

from datetime import timedelta

import pytest
from django.core.management import CommandError

from governance import clock
from governance.models import Entry, Source, System
from tests.factories import SystemFactory
from tests.governance.commands import run

pytestmark = pytest.mark.django_db
KIND, OWNER, UNIT = {"kind": "postgresql"}, {"owner": "ada@a.example"}, {"unit": "Air"}


@pytest.fixture
def shop():
    return SystemFactory(slug="shop", name="Shop", next_at=clock.now() + timedelta(days=1))


def stands(system):
    return System.objects.filter(pk=system.pk).values().get()


def test_a_source_is_named_without_repeating_what_the_system_is(shop):
    before = stands(shop)
    code, said = run("connect_system", "shop", source="calls", provenance="system")
    assert (code, stands(shop)) == (0, before)
    assert (Source.objects.get().system, Source.objects.get().provenance) == (shop, "system")
    assert list(Entry.objects.values_list("act", flat=True)) == ["source.changed"]
    assert "Its use is reported by calls, the system's log." in said
    assert "next sweep" not in said, "nothing about it was changed"


def test_what_is_given_changes_and_what_is_not_stays(shop):
    before = stands(shop)
    assert "next sweep" in run("connect_system", "shop", name="The shop")[1]
    after = stands(shop)
    assert {name for name in after if after[name] != before[name]} == {"name", "next_at"}


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, "--kind, --owner, --unit"), (KIND, "--owner, --unit"), (OWNER | UNIT, "--kind"), (KIND | UNIT, "--owner")],
)
def test_a_new_system_needs_to_be_said_what_it_is(given, missing):
    refused = rf"system 'shop' is not connected yet; a new one needs {missing} as well"
    with pytest.raises(CommandError, match=refused):
        run("connect_system", "shop", source="calls", **given)
    assert not System.objects.exists()
    assert not Source.objects.exists()


def test_that_it_shows_all_is_said_of_a_systems_log_alone(shop):
    with pytest.raises(CommandError, match="shows_all is said of a system's own log"):
        run("connect_system", "shop", source="calls", shows_all=True)
    assert not Source.objects.exists()
    run("connect_system", "shop", source="calls", provenance="system", shows_all=True)
    with pytest.raises(CommandError, match="shows_all is said of a system's own log"):
        run("connect_system", "shop", source="calls", provenance="agent")
    run("connect_system", "shop", source="calls", provenance="agent", shows_all=False)
    assert not Source.objects.get().shows_all


@pytest.mark.parametrize("said", [{"provenance": "system"}, {"rhythm": 24}])
def test_what_is_said_of_no_source_is_refused(shop, said):
    with pytest.raises(CommandError, match="is said of a source: give --source NAME too"):
        run("connect_system", "shop", **said)
