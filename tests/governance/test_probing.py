"""Probing: what a credential may do in a real PostgreSQL, and what is said where it may not."""

from base64 import b64encode

import pytest

from governance import clock, connecting, probing
from governance.errors import NotAllowed
from governance.models import Probe
from tests.admin.world import staff
from tests.connectors import clusters, company
from tests.factories import PersonFactory, SystemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def airline(cluster_of):
    with company.with_a_reader(cluster_of(*clusters.NEWEST)) as founded:
        yield founded


@pytest.fixture
def system(airline, settings):
    """A system that is connected with a role that may log in and nothing else."""
    settings.ENCRYPTION_KEYS = {"k1": b64encode(bytes(32)).decode()}
    system = SystemFactory(config=airline.config(user="scanner"))
    connecting.seal(system=system, field="password", value=company.PASSWORD)
    return system


def probed(system):
    probing.ask(system=system, by=system.owner, at=clock.now())
    assert probing.probe_waiting() == 1
    return Probe.objects.latest("pk")


def test_it_says_what_the_credential_may_do_and_which_right_is_missing(system):
    probe = probed(system)
    assert (probe.ok, probe.identity, probe.trouble) == (True, "scanner", "")
    assert probe.server_version.startswith("18")
    assert "role: cannot disable log-ins without CREATEROLE" in probe.warnings
    assert any(each.startswith("function: cannot act as the grantor air_owner") for each in probe.warnings)
    assert "revoke" not in probe.capabilities["function"]
    system.refresh_from_db()
    assert system.capabilities == probe.capabilities
    assert [each.partition(":")[0] for each in system.ours] == ["role"]


def test_a_right_that_was_given_shows_at_the_next_try(system, airline):
    probed(system)
    airline.do("GRANT air_owner TO scanner; ALTER ROLE scanner CREATEROLE")
    probe = probed(system)
    assert "revoke" in probe.capabilities["function"]
    assert "disable_principal" in probe.capabilities["role"]


def test_a_refusal_is_a_result(system, airline):
    airline.do("ALTER ROLE scanner PASSWORD 'changed'")
    probe = probed(system)
    assert (probe.ok, probe.capabilities) == (False, {})
    assert probe.trouble.startswith("AuthFailed: ")
    assert company.PASSWORD not in probe.trouble


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"databases": ["nowhere"]}, "ConfigInvalid: "),
        ({"host": "127.0.0.1", "port": 1}, "Transient: "),
        ({"host": ""}, "ConfigInvalid: host must be a text"),
        ({"password": "env:NOT_SET_ANYWHERE"}, "Invalid: config.password is env:NOT_SET_ANYWHERE"),
    ],
)
def test_whatever_cannot_be_tried_says_why(system, changes, trouble):
    system.config |= changes
    system.save()
    probe = probed(system)
    assert (probe.ok, probe.trouble.startswith(trouble)) == (False, True), probe.trouble


def test_two_askers_wait_for_one_probe(system):
    governor = staff("governor", system.unit)
    first = probing.ask(system=system, by=system.owner, at=clock.now())
    assert probing.ask(system=system, by=governor, at=clock.now()) == first
    assert probing.probe_waiting() == 1
    assert probing.probe_waiting() == 0


def test_who_lost_the_claim_writes_nothing(system):
    probing.ask(system=system, by=system.owner, at=clock.now())
    claimed = Probe.objects.claim_waiting()
    Probe.objects.update(fence=claimed.fence + 1)
    probing.probe(claimed)
    assert Probe.objects.get().ended_at is None


@pytest.mark.parametrize("fields", [{}, {"employment": "left"}])
def test_others_are_told_who_may_ask(system, fields):
    stranger = PersonFactory(**fields)
    with pytest.raises(NotAllowed, match="The owner of"):
        probing.ask(system=system, by=stranger, at=clock.now())
