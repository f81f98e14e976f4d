"""`registering.connect_as`: who may connect or change a system, and which secrets they must know themselves."""

from base64 import b64encode

import pytest

from governance import access, connecting, registering
from governance.access import Right
from governance.errors import Invalid, NotAllowed
from governance.ledger import Actor
from governance.models import Entry, System, SystemSecret
from governance.registering import Connection
from tests.factories import OrgUnitFactory, PersonFactory

pytestmark = pytest.mark.django_db
ACTOR = Actor.operator("test")
CONFIG = {"host": "db.example", "user": "reader", "databases": ["air"], "port": 5432}
NAMED = {"password": "env:SYSTEM_AIR_PASSWORD"}


@pytest.fixture(autouse=True)
def keys(settings):
    settings.ENCRYPTION_KEYS = {"k1": b64encode(bytes(32)).decode()}


@pytest.fixture
def top():
    return OrgUnitFactory(name="top")


@pytest.fixture
def unit(top):
    return OrgUnitFactory(name="operations", parent=top)


def somebody(unit, right=Right.GOVERN):
    person = PersonFactory(unit=unit)
    access.permit(who=person, unit=unit, right=right, actor=ACTOR)
    return person


@pytest.fixture
def connect(unit, at):
    """connect(by, host=…): state a system as somebody; change it where `system` is given."""

    def connect(by, *, system=None, config=None, secrets=None, **more):
        stated = {"slug": "air", "name": "Air", "kind": "postgresql", "owner": by, "unit": unit} | more
        connection = Connection(**stated, config={**CONFIG, **(config or {})}, secrets=secrets or {})
        return registering.connect_as(connection=connection, system=system, by=by, at=at)

    return connect


@pytest.fixture
def air(connect, unit):
    """A system with a sealed password, connected by who governs its unit."""
    return connect(somebody(unit), secrets={"password": "hush"})


def test_who_governs_the_unit_connects_and_is_named_in_the_ledger(air):
    entry = Entry.objects.get(act="system.connected")
    assert entry.actor_kind == "person"
    assert "hush" not in str(entry.body)
    assert connecting.unseal(SystemSecret.objects.get()) == "hush"


@pytest.mark.parametrize("right", [Right.VIEW, Right.AUDIT])
def test_who_only_sees_it_does_not(connect, unit, right):
    with pytest.raises(NotAllowed, match="Only who governs operations"):
        connect(somebody(unit, right), secrets={"password": "hush"})
    assert not System.objects.exists()


def test_a_system_is_moved_by_who_governs_both_units(connect, air, top):
    beside = OrgUnitFactory(name="beside", parent=top)
    with pytest.raises(NotAllowed, match="who governs beside"):
        connect(air.owner, system=air, unit=beside)
    with pytest.raises(NotAllowed, match="who governs operations"):
        connect(somebody(beside), system=air, unit=beside)
    assert connect(somebody(top), system=air, unit=beside).unit == beside


def test_a_new_system_takes_no_others_short_name(connect, air):
    with pytest.raises(Invalid, match="There is a system 'air' already") as refusal:
        connect(air.owner, secrets={"password": "other"})
    assert refusal.value.field == "slug"
    assert connecting.unseal(SystemSecret.objects.get()) == "hush"


@pytest.mark.parametrize("change", [{"host": "evil.example"}, {"user": "other"}, {"port": 1}, {"sslmode": "disable"}])
def test_a_stored_secret_is_not_sent_where_somebody_else_says(connect, air, change):
    with pytest.raises(Invalid, match=f"Give password again: {next(iter(change))} decides") as refusal:
        connect(air.owner, system=air, config=change)
    assert refusal.value.field == "password"
    changed = connect(air.owner, system=air, config=change, secrets={"password": "mine"})
    assert changed.config == CONFIG | change


def test_nor_where_a_setting_falls_back_to_its_default(connect, air):
    stated = {name: value for name, value in CONFIG.items() if name != "port"}
    connection = Connection(slug="air", kind="postgresql", owner=air.owner, unit=air.unit, config=stated)
    with pytest.raises(Invalid, match="port decides"):
        registering.connect_as(connection=connection, system=air, by=air.owner, at=air.next_at)


@pytest.mark.parametrize(
    "change",
    [
        {"databases": ["air", "sea"]},
        {"include_catalogues": True},
        {"canary": {"role": "a", "entitlement": "b"}},
        {"statement_timeout": 5},
    ],
)
def test_what_decides_no_place_is_changed_without_the_secret(connect, air, change):
    assert connect(air.owner, system=air, config=change).config == CONFIG | change
    assert connecting.unseal(SystemSecret.objects.get()) == "hush"


@pytest.mark.parametrize(
    "config",
    [
        {"password": "env:COUNTERSIGN_SECRET_KEY"},
        {"password": "env:SYSTEM_SEA_PASSWORD"},
        {"user": "env:COUNTERSIGN_SECRET_KEY", **NAMED},
        {"databases": ["env:DATABASE_URL"], **NAMED},
        {"canary": {"role": "env:DATABASE_URL", "entitlement": "x"}, **NAMED},
    ],
)
def test_nobody_reads_the_environment_by_a_form(connect, top, config):
    with pytest.raises(Invalid, match="an operator alone"):
        connect(somebody(top), config=config)


def test_who_governs_all_may_name_the_systems_own_secret(connect, top, unit):
    with pytest.raises(Invalid, match="Give password itself"):
        connect(somebody(unit), config=NAMED)
    system = connect(somebody(top), config=NAMED)
    assert system.config.items() >= NAMED.items()
    with pytest.raises(Invalid, match="Give password itself"):
        connect(somebody(unit), system=system, config=NAMED | {"host": "evil.example"})
    assert connect(somebody(unit), system=system, config=NAMED | {"databases": ["sea"]}).config["databases"] == ["sea"]


def test_a_secret_lies_in_one_place(connect, top):
    lead = somebody(top)
    system = connect(lead, secrets={"password": "hush"})
    connect(lead, system=system, config=NAMED)
    assert not SystemSecret.objects.exists()
    system = connect(lead, system=system, secrets={"password": "again"})
    assert "password" not in System.objects.get().config
    assert connecting.unseal(SystemSecret.objects.get()) == "again"


def test_an_operators_secret_replaces_what_was_named(connect, top, at):
    system = connect(somebody(top), config=NAMED)
    connection = Connection(
        slug="air", kind="postgresql", owner=system.owner, unit=system.unit, secrets={"password": "sealed now"}
    )
    registering.connect_system(connection=connection, at=at, actor=ACTOR)
    assert "password" not in System.objects.get().config
    assert connecting.unseal(SystemSecret.objects.get()) == "sealed now"


@pytest.mark.parametrize("way", [{"ambient": True}, {"profile": "admin"}])
def test_what_the_machine_signs_in_with_is_an_operators(unit, at, way):
    by = somebody(unit)
    connection = Connection(slug="cloud", kind="aws", owner=by, unit=unit, config={"account": "123456789012", **way})
    with pytest.raises(Invalid, match="an operator alone") as caught:
        registering.connect_as(connection=connection, system=None, by=by, at=at)
    assert caught.value.field in way
    assert registering.connect_system(connection=connection, at=at, actor=ACTOR).kind == "aws"
