from base64 import b64encode

import pytest

from connectors import catalog
from connectors.base import Grant as HeldGrant
from connectors.base import Ref
from governance import connecting
from governance.errors import Invalid
from governance.ledger import Actor
from governance.models import SystemSecret
from tests.connectors.fake import FakeSystem
from tests.factories import AccountFactory, GrantFactory, SystemFactory

pytestmark = pytest.mark.django_db
OLD, NEW = (b64encode(bytes([number]) * 32).decode() for number in (1, 2))
WORD = "correct horse"
ACTOR = Actor.operator("test")


@pytest.fixture(autouse=True)
def keys(settings):
    settings.ENCRYPTION_KEYS = {"old": OLD}


def connect(system) -> "Guarded":
    connector = connecting.connect(system)
    assert isinstance(connector, Guarded)
    return connector


def sealed(**system) -> SystemSecret:
    return connecting.seal(system=SystemFactory(**system), field="password", value=WORD)


def test_a_sealed_secret_opens_and_is_not_stored_in_plain():
    secret = sealed()
    secret.refresh_from_db()
    assert connecting.unseal(secret) == WORD
    assert WORD.encode() not in bytes(secret.sealed)


def test_a_new_secret_takes_the_place_of_the_old():
    secret = sealed()
    connecting.seal(system=secret.system, field="password", value="another")
    assert connecting.unseal(SystemSecret.objects.get()) == "another"


@pytest.mark.parametrize("place", ["row", "field"])
def test_pasted_elsewhere_it_does_not_open(place):
    secret, other = sealed(), SystemFactory()
    if place == "row":
        secret.system = other
    else:
        secret.field = "token"
    with pytest.raises(Invalid, match="does not open"):
        connecting.unseal(secret)


def test_one_changed_bit_does_not_open():
    secret = sealed()
    broken = bytearray(secret.sealed)
    broken[-1] ^= 1
    secret.sealed = bytes(broken)
    with pytest.raises(Invalid, match="does not open"):
        connecting.unseal(secret)


def test_the_same_word_is_sealed_differently_each_time():
    assert sealed().sealed[4:] != sealed().sealed[4:]


def test_after_rotation_old_secrets_open_and_are_sealed_again(settings):
    secret = sealed()
    settings.ENCRYPTION_KEYS = {"new": NEW, "old": OLD}
    assert connecting.unseal(secret) == WORD
    assert connecting.reseal(actor=ACTOR) == 1
    assert connecting.reseal(actor=ACTOR) == 0
    settings.ENCRYPTION_KEYS = {"new": NEW}
    secret.refresh_from_db()
    assert connecting.unseal(secret) == WORD


def test_a_key_under_anothers_name_does_not_open(settings):
    secret = sealed()
    settings.ENCRYPTION_KEYS = {"new": OLD}
    with pytest.raises(Invalid, match="'old'"):
        connecting.unseal(secret)


@pytest.mark.parametrize("keys", [{}, {"a": "short"}, {"a": b64encode(b"sixteen bytes ok").decode()}, {"a": "ü"}])
def test_keys_that_are_none_are_refused_by_name(settings, keys):
    settings.ENCRYPTION_KEYS = keys
    with pytest.raises(Invalid, match="COUNTERSIGN_ENCRYPTION_KEYS"):
        sealed()


class Guarded(FakeSystem):
    """A connector with a secret: it keeps what it was given."""

    spec = FakeSystem.spec.__class__(
        **{
            **{name: getattr(FakeSystem.spec, name) for name in FakeSystem.spec.__slots__},
            "config_schema": {"properties": {"host": {}, "password": {"writeOnly": True}}},
        }
    )
    closed = False

    def __init__(self, config, **secrets):
        super().__init__()
        self.config, self.secrets = config, secrets

    def close(self):
        self.closed = True


@pytest.fixture(autouse=True)
def guarded(monkeypatch):
    monkeypatch.setattr(catalog, "KINDS", {**catalog.KINDS, "guarded": f"{__name__}.Guarded"})


def test_a_connector_gets_its_config_and_its_secrets(monkeypatch):
    monkeypatch.setenv("AIR_HOST", "db.example")
    secret = sealed(kind="guarded", config={"host": "env:AIR_HOST"})
    connector = connect(secret.system)
    assert connector.config == {"host": "db.example"}
    assert connector.secrets["password"].reveal() == WORD
    assert WORD not in repr(connector.secrets)


def test_a_secret_may_lie_in_the_environment(monkeypatch):
    monkeypatch.setenv("AIR_PASSWORD", WORD)
    system = SystemFactory(kind="guarded", config={"host": "h", "password": "env:AIR_PASSWORD"})
    assert connect(system).secrets["password"].reveal() == WORD


def test_a_secret_in_plain_text_is_refused():
    system = SystemFactory(kind="guarded", config={"host": "h", "password": WORD})
    with pytest.raises(Invalid, match=r"config\.password is a secret") as refusal:
        connecting.connect(system)
    assert WORD not in str(refusal.value)


def test_a_name_that_is_not_set_is_named():
    system = SystemFactory(kind="guarded", config={"host": "env:NOT_SET", "password": "env:NOT_SET_EITHER"})
    with pytest.raises(Invalid, match="NOT_SET"):
        connecting.connect(system)


def break_off(system, held):
    with connecting.connected(system) as connector:
        held.append(connector)
        raise ZeroDivisionError


def test_it_closes_whatever_happens():
    system = sealed(kind="guarded", config={"host": "h"}).system
    held = []
    with pytest.raises(ZeroDivisionError):
        break_off(system, held)
    assert [each.closed for each in held] == [True]


def test_a_grant_is_named_as_its_system_does():
    grant = GrantFactory(native={"grantable": False}, version="3", origin="boss")
    grant.on_behalf_of = AccountFactory(system=grant.account.system)
    told = connecting.as_held(grant)
    assert isinstance(told, HeldGrant)
    assert told.principal == Ref(grant.account.native_type, grant.account.native_id)
    assert told.entitlement == Ref("function", grant.entitlement.native_id)
    assert told.on_behalf_of == Ref("role", grant.on_behalf_of.native_id)
    assert (told.origin, told.instance, told.version) == ("boss", grant.instance, "3")
    assert (told.native, told.effect) == ({"grantable": False}, "allow")
