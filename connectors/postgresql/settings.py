"""The configuration of a PostgreSQL connector, and what such a connector promises."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.base import Cap, Spec, UsageQuality
from connectors.errors import ConfigInvalid
from connectors.postgresql.kinds import KINDS

LONGEST = 2_000_000  # seconds; in milliseconds the server counts no further
NO_PLACE = {"decidesPlace": False}  # where, and how safely, the password is sent does not depend on it

CONFIG_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["host", "user", "databases", "password"],
    "additionalProperties": False,
    "properties": {
        "host": {"type": "string", "description": "a name, an address or a socket's folder"},
        "port": {"type": "integer", "default": 5432, "minimum": 1, "maximum": 65_535},
        "user": {"type": "string"},
        "password": {"type": "string", "writeOnly": True},
        "databases": {"type": "array", "items": {"type": "string"}, "minItems": 1, **NO_PLACE},
        "sslmode": {
            "type": "string",
            "title": "SSL mode",
            "enum": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
            "default": "prefer",
        },
        "connect_timeout": {"type": "integer", "default": 10, "description": "seconds", **NO_PLACE},
        "statement_timeout": {"type": "integer", "default": 60, "description": "seconds", **NO_PLACE},
        "include_catalogues": {
            "type": "boolean",
            "default": False,
            "description": "also what PostgreSQL and its extensions brought themselves",
            **NO_PLACE,
        },
        "canary": {
            "type": "object",
            "required": ["role", "entitlement"],
            "additionalProperties": False,
            "properties": {"role": {"type": "string"}, "entitlement": {"type": "string"}},
            "description": "a grant that is always there: a read that misses it proves nothing",
            **NO_PLACE,
        },
    },
}

PORTS = CONFIG_SCHEMA["properties"]["port"]["maximum"]
SSL_MODES = CONFIG_SCHEMA["properties"]["sslmode"]["enum"]

LISTED = frozenset({Cap.ENTITLEMENTS, Cap.GRANTS, Cap.VERIFY_EFFECTIVE})
WRITTEN = LISTED | {Cap.REVOKE, Cap.REPLACE, Cap.RESTORE, Cap.DRY_RUN}

SPEC = Spec(
    name="PostgreSQL",
    version="3",
    config_schema=CONFIG_SCHEMA,
    caps={
        "role": frozenset({Cap.PRINCIPALS, Cap.DISABLE_PRINCIPAL}),
        **dict.fromkeys(KINDS, WRITTEN),
        "membership": WRITTEN,
        "owner": LISTED,
        "superuser": LISTED,
    },
    usage_quality=UsageQuality.NONE,
    min_privileges=("LOGIN", "CONNECT on every listed database"),
    write_privileges=(
        "SET ROLE to every grantor whose grants it shall revoke or narrow (a superuser has it)",
        "CREATEROLE, with ADMIN on the role from 16 on, or superuser: to disable log-ins",
    ),
)


@dataclass(frozen=True, slots=True)
class Canary:
    """A role and an entitlement that it holds directly, now and always."""

    role: str
    entitlement: str


@dataclass(frozen=True, slots=True)
class Settings:
    """A checked configuration, without the password."""

    host: str
    user: str
    databases: tuple[str, ...]
    port: int = 5432
    sslmode: str = "prefer"
    connect_timeout: int = 10  # seconds
    statement_timeout: int = 60  # seconds
    include_catalogues: bool = False
    canary: Canary | None = None

    @property
    def scope(self) -> Mapping[str, Any]:
        """What of all that is there gets listed, as the queries ask for it."""
        return {"include": self.include_catalogues, "databases": list(self.databases)}


def parse(config: Mapping[str, object]) -> Settings:
    """Check a configuration; raise ConfigInvalid naming the field that is wrong."""
    known = CONFIG_SCHEMA["properties"].keys() - {"password"}
    if strange := sorted(config.keys() - known):
        raise ConfigInvalid(f"unknown in the configuration: {', '.join(strange)}")
    return Settings(
        host=text(config, "host"),
        user=text(config, "user"),
        databases=names(config.get("databases")),
        port=number(config, "port", 5432, most=PORTS),
        sslmode=choice(config, "sslmode", "prefer", SSL_MODES),
        connect_timeout=number(config, "connect_timeout", 10),
        statement_timeout=number(config, "statement_timeout", 60),
        include_catalogues=flag(config, "include_catalogues"),
        canary=canary(config.get("canary")),
    )


def text(config: Mapping[str, object], name: str, default: str = "") -> str:
    """Return a word that is not empty."""
    value = config.get(name, default)
    if not isinstance(value, str) or not value:
        raise ConfigInvalid(f"{name} must be a text")
    return whole(value, name)


def whole(word: str, name: str) -> str:
    """Return a word as it is; ConfigInvalid where a half of it would be sent, or none."""
    if "\0" in word or any(unicodedata.category(letter) == "Cs" for letter in word):
        raise ConfigInvalid(f"{name} holds a character that no PostgreSQL takes")
    return word


def choice(config: Mapping[str, object], name: str, default: str, choices: Sequence[str]) -> str:
    """Return one of these words."""
    value = text(config, name, default)
    if value not in choices:
        raise ConfigInvalid(f"{name} must be one of {', '.join(choices)}")
    return value


def number(config: Mapping[str, object], name: str, default: int, *, most: int = LONGEST) -> int:
    """Return a positive whole number."""
    value = config.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise ConfigInvalid(f"{name} must be a whole number from 1 to {most}")
    return value


def flag(config: Mapping[str, object], name: str) -> bool:
    """Return true or false, false where it is not given."""
    value = config.get(name, False)
    if not isinstance(value, bool):
        raise ConfigInvalid(f"{name} must be true or false")
    return value


def names(value: object) -> tuple[str, ...]:
    """Return the databases in the order in which they are read, each once."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ConfigInvalid("databases must be a list with at least one name")
    if not all(isinstance(each, str) and each for each in value):
        raise ConfigInvalid("databases must be a list of names")
    return tuple(dict.fromkeys(whole(each, "databases") for each in value))


def canary(value: object) -> Canary | None:
    """Return the canary, None where there is none."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or value.keys() != {"role", "entitlement"}:
        raise ConfigInvalid("canary must have a role and an entitlement")
    return Canary(role=text(value, "role"), entitlement=text(value, "entitlement"))
