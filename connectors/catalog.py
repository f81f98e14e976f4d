"""
Which connectors there are: one line each, imported when they are asked for.

    reader = connect("postgresql", {"host": …}, {"password": Secret(…)})
"""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, cast

from connectors.advising import Address, Addressed
from connectors.base import Reader, Secret, Spec
from connectors.errors import ConfigInvalid
from connectors.logs import Log

KINDS: Mapping[str, str] = {
    "postgresql": "connectors.postgresql.PostgreSQL",
    "aws": "connectors.aws.AWS",
}

LOGS: Sequence[str] = (
    "connectors.aws.trail",
    "connectors.postgresql.audit",
)
"""What systems write of use by themselves, and we can read: each has a LOG."""

ALIASES: Mapping[str, str] = {"postgres": "postgresql"}  # other schemes of a URL


class Connector(Protocol):
    """A class whose instances speak to one system; its secrets come by their names."""

    spec: Spec

    def __call__(self, config: Mapping[str, object], **secrets: Secret) -> Reader:
        """Check the configuration; raise ConfigInvalid naming the field. Nothing is sent."""


def spec_of(kind: str) -> Spec:
    """Return what a kind of connector needs and can do."""
    return connector(kind).spec


def connect(kind: str, config: Mapping[str, object], secrets: Mapping[str, Secret]) -> Reader:
    """Return a live connector. ConfigInvalid names what is missing, strange or unknown."""
    found = connector(kind)
    schema = found.spec.config_schema
    known = {name for name, each in schema["properties"].items() if each.get("writeOnly")}
    if missing := sorted(known & {*schema.get("required", ())} - secrets.keys()):
        raise ConfigInvalid(f"{kind} needs the secret {', '.join(missing)}")
    if strange := sorted(secrets.keys() - known):
        raise ConfigInvalid(f"{kind} knows no secret called {', '.join(strange)}")
    return found(config, **secrets)


def address(url: str) -> Address:
    """Read the URL of a system: its scheme is the kind of connector. ConfigInvalid says what is wrong with it."""
    scheme, sign, _ = url.partition("://")
    if not (sign and scheme.isalnum()):
        raise ConfigInvalid(f"a URL is wanted, such as {next(iter(KINDS))}://…; schemes: {', '.join(KINDS)}")
    found = connector(ALIASES.get(scheme.lower(), scheme.lower()))
    if not isinstance(found, Addressed):
        raise ConfigInvalid(f"the connector {scheme!r} reads no URL: connect it with a configuration instead")
    return found.address(url)


def connector(kind: str) -> Connector:
    """Import a connector's class; ConfigInvalid where the kind, or what it needs, is not there."""
    if kind not in KINDS:
        raise ConfigInvalid(f"there is no connector {kind!r}; there are: {', '.join(KINDS)}")
    module, _, name = KINDS[kind].rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise ConfigInvalid(f"the connector {kind!r} cannot be loaded: {error}") from error
    return cast("Connector", found)


def logs() -> Iterator[Log]:
    """Import the logs that we can read, one by one."""
    for module in LOGS:
        yield cast("Log", importlib.import_module(module).LOG)
