"""
A system's row into a live connector.

A secret lies in SystemSecret, sealed with AES-256-GCM and bound to its row, field and key: pasted into another row it
does not open. Or the configuration says `env:NAME`, and the process's environment holds it. Nothing here shows one.
"""

import os
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from connectors import base, catalog
from governance.errors import Invalid
from governance.models import Account, Entitlement, Grant, System, SystemSecret

FROM_ENVIRONMENT = "env:"
KEY_BYTES, NONCE_BYTES = 32, 12


def connect(system: System) -> base.Reader:
    """
    Return a connector for a system; nothing is sent yet. Close it, or use `connected`.

    Raises ConfigInvalid where the connector refuses its configuration, and Invalid where a secret is not to be had.
    """
    hidden = secret_fields(system.kind)
    open_config = {name: given for name, given in system.config.items() if name not in hidden}
    secrets = {each.field: base.Secret(unseal(each)) for each in system.secrets.all()}
    for name in hidden & system.config.keys():
        secrets[name] = base.Secret(from_environment(name, system.config[name]))
    return catalog.connect(system.kind, resolved(open_config), secrets)


@contextmanager
def connected(system: System) -> Iterator[base.Reader]:
    """Give a connector for a while, and close it whatever happens."""
    connector = connect(system)
    try:
        yield connector
    finally:
        connector.close()


def as_held(grant: Grant) -> base.Grant:
    """Say of a grant what a connector must know to verify, revoke or restore it."""
    return base.Grant(
        principal=ref(grant.account),
        entitlement=ref(grant.entitlement),
        origin=grant.origin,
        instance=grant.instance,
        effect=base.Effect(grant.effect),
        condition=grant.condition,
        on_behalf_of=ref(grant.on_behalf_of) if grant.on_behalf_of else None,
        revocable=grant.revocable,
        version=grant.version or None,
        held_since=grant.held_since,
        expires_at=grant.expires_at,
        native=grant.native,
    )


def ref(row: Account | Entitlement) -> base.Ref:
    """Name an account or an entitlement as its system does."""
    return base.Ref(row.native_type, row.native_id)


def secret_fields(kind: str) -> set[str]:
    """Return which of a connector's fields are secrets."""
    properties: Mapping[str, Mapping[str, Any]] = catalog.spec_of(kind).config_schema["properties"]
    return {name for name, each in properties.items() if each.get("writeOnly")}


def resolved(config: Mapping[str, Any]) -> dict[str, Any]:
    """Put the environment's values where the configuration says `env:NAME`."""
    return {name: resolve(name, given) for name, given in config.items()}


def resolve(name: str, given: object) -> object:
    """Resolve one value."""
    if isinstance(given, str) and given.startswith(FROM_ENVIRONMENT):
        return from_environment(name, given)
    return given


def from_environment(field: str, given: object) -> str:
    """Read what `env:NAME` names. Raises Invalid for a secret in plain text, and for a name that is not set."""
    if not (isinstance(given, str) and given.startswith(FROM_ENVIRONMENT)):
        raise Invalid(f"config.{field} is a secret and must not lie in the configuration: seal it, or give env:NAME.")
    name = given.removeprefix(FROM_ENVIRONMENT)
    if name not in os.environ:
        raise Invalid(f"config.{field} is {given}, and this process has no {name} in its environment.")
    return os.environ[name]


def seal(*, system: System, field: str, value: str) -> SystemSecret:
    """Store a secret of a system under the first key; an older one of this field is replaced."""
    sealed = sealed_for(system.pk, field, value)
    secret, _ = SystemSecret.objects.update_or_create(system=system, field=field, defaults={"sealed": sealed})
    return secret


def reseal() -> int:
    """Seal again, with the first key, whatever another key has sealed; return how many. Then that key may go."""
    first = next(iter(keys()))
    old = [each for each in SystemSecret.objects.all() if parts(bytes(each.sealed))[0] != first]
    for secret in old:
        again = sealed_for(secret.system_id, secret.field, unseal(secret))
        # by what was read: somebody may have stored a new secret meanwhile
        SystemSecret.objects.filter(pk=secret.pk, sealed=secret.sealed).update(sealed=again)
    return len(old)


def unseal(secret: SystemSecret) -> str:
    """Open a secret. Raises Invalid where its key is not there, or where it was made for another row or field."""
    key_id, nonce, hidden = parts(bytes(secret.sealed))
    if key_id not in keys():
        raise Invalid(f"{secret} was sealed with the key {key_id!r}; put it into COUNTERSIGN_ENCRYPTION_KEYS.")
    bound = bound_to(secret.system_id, secret.field, key_id)
    try:
        return AESGCM(keys()[key_id]).decrypt(nonce, hidden, bound).decode()
    except InvalidTag as error:
        raise Invalid(f"{secret} does not open: it was changed, or sealed for something else.") from error


def sealed_for(system_id: int, field: str, value: str) -> bytes:
    """Encrypt with the first key: its name, a nul, the nonce, and what only this row and field can open."""
    key_id, key = next(iter(keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    hidden = AESGCM(key).encrypt(nonce, value.encode(), bound_to(system_id, field, key_id))
    return key_id.encode() + b"\0" + nonce + hidden


def parts(sealed: bytes) -> tuple[str, bytes, bytes]:
    """Take a sealed secret apart: the key's name, the nonce, and the rest."""
    key_id, _, rest = sealed.partition(b"\0")
    return key_id.decode(), rest[:NONCE_BYTES], rest[NONCE_BYTES:]


def bound_to(system_id: int, field: str, key_id: str) -> bytes:
    """Say what a secret belongs to."""
    return f"system:{system_id}:{field}:{key_id}".encode()


def keys() -> dict[str, bytes]:
    """Return the keys by name, the one that seals first. Raises Invalid for none, and for a wrong one."""
    given: Mapping[str, str] = settings.ENCRYPTION_KEYS
    if not given:
        raise Invalid("COUNTERSIGN_ENCRYPTION_KEYS is empty: give NAME=KEY, 32 random bytes in base64.")
    return {name: key_of(name, text) for name, text in given.items()}


def key_of(name: str, text: str) -> bytes:
    """Read one key."""
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Invalid(f"COUNTERSIGN_ENCRYPTION_KEYS: {name} is not 32 bytes in base64.")
    return key
