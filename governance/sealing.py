"""
Secrets at rest: sealed with AES-256-GCM, or left in the environment of the processes as `env:NAME`.

What is sealed is bound to the place that it is kept in, by a word such as `system:7:password`, and to its key's name:
pasted elsewhere it does not open. The keys are COUNTERSIGN_ENCRYPTION_KEYS: the first seals, all open. Nothing here
shows a secret.
"""

import os
from base64 import b64decode
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from governance.errors import Invalid

FROM_ENVIRONMENT = "env:"
KEY_BYTES, NONCE_BYTES = 32, 12


def seal(value: str, *, to: str) -> bytes:
    """Encrypt with the first key: its name, a nul, the nonce, and what opens in this place alone. Raises Invalid."""
    name, key = next(iter(keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    return name.encode() + b"\0" + nonce + AESGCM(key).encrypt(nonce, value.encode(), bound(to, name))


def unseal(sealed: bytes, *, to: str) -> str:
    """Open what was sealed to this place. Raises Invalid where its key is not there, or it is another place's."""
    name, _, rest = sealed.partition(b"\0")
    key = keys().get(name.decode(errors="replace"))
    if key is None:
        raise Invalid(f"{to} was sealed with the key {key_name(sealed)!r}; put it into COUNTERSIGN_ENCRYPTION_KEYS.")
    try:
        return AESGCM(key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], bound(to, key_name(sealed))).decode()
    except (InvalidTag, ValueError) as error:
        raise Invalid(f"{to} does not open: it was changed, or sealed for something else.") from error


def reseal(sealed: bytes, *, to: str) -> bytes:
    """Seal again with the first key; what that key has sealed is returned as it is. Raises Invalid as `unseal` does."""
    return sealed if key_name(sealed) == next(iter(keys())) else seal(unseal(sealed, to=to), to=to)


def key_name(sealed: bytes) -> str:
    """Return which key has sealed this."""
    return sealed.partition(b"\0")[0].decode(errors="replace")


def bound(to: str, name: str) -> bytes:
    """Return what is authenticated beside a secret: the place that it belongs to, and the key's name."""
    return f"{to}:{name}".encode()


def named(given: str) -> bool:
    """Whether a secret is not given itself, but named as `env:NAME`."""
    return given.startswith(FROM_ENVIRONMENT)


def from_environment(field: str, given: object) -> str:
    """Read what `env:NAME` names. Raises Invalid for a secret in plain text, and for a name that is not set."""
    if not (isinstance(given, str) and named(given)):
        raise Invalid(f"{field} is a secret and must not lie in the open: seal it, or give env:NAME.")
    name = given.removeprefix(FROM_ENVIRONMENT)
    if name not in os.environ:
        raise Invalid(f"{field} is {given}, and this process has no {name} in its environment.")
    return os.environ[name]


def keys() -> dict[str, bytes]:
    """Return the keys by name, the one that seals first. Raises Invalid for none, and for a wrong one."""
    given: Mapping[str, str] = settings.ENCRYPTION_KEYS
    if not given:
        raise Invalid("COUNTERSIGN_ENCRYPTION_KEYS is empty: manage.py setup makes one.")
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
