"""Systems and the sources that report their use; and the words by which people name what is in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from connectors import catalog
from connectors.errors import ConfigInvalid
from governance import connecting, due, ledger
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.models import Account, Entitlement, Grant, OrgUnit, Person, Source, System
from governance.registering.changing import change

MENTIONED = 5

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """
    What a system is. Secrets are sealed, and never in `config`, which may say `env:NAME` instead.

    A name or a configuration that isn't given stays as it is; a new system is called by its slug.
    """

    slug: str
    kind: str
    name: str | None = None
    config: Mapping[str, Any] | None = None
    owner: Person
    unit: OrgUnit
    secrets: Mapping[str, str] = field(default_factory=dict)

    def stated(self) -> dict[str, Any]:
        """What is given, by its field; secrets apart."""
        given = {"kind": self.kind, "owner": self.owner, "unit": self.unit, "name": self.name, "config": self.config}
        return {name: value for name, value in given.items() if value is not None}

    def check(self) -> None:
        """Raise Invalid for an unknown connector, a strange slug, or a secret in the open."""
        try:
            spec = catalog.spec_of(self.kind)
        except ConfigInvalid as error:
            raise Invalid(f"kind {self.kind!r}: {error}") from error
        try:
            validate_slug(self.slug)
        except ValidationError as error:
            raise Invalid(f"slug {self.slug!r} may have letters, numbers, _ and - only") from error
        hidden = {name for name, each in spec.config_schema["properties"].items() if each.get("writeOnly")}
        config = self.config or {}
        for name in sorted(hidden & config.keys()):
            if not str(config[name]).startswith("env:"):
                raise Invalid(f"config: {name} is a secret; give it as a secret, or as env:NAME")


def connect_system(*, connection: Connection, at: datetime, actor: Actor) -> System:
    """
    Connect a system, or bring what is known of it up to date; its next sync is due at once.

    Raises Invalid. Nothing is sent to the system.
    """
    connection.check()
    stated = connection.stated()
    with transaction.atomic():
        system, new = System.objects.get_or_create(slug=connection.slug, defaults={"name": connection.slug} | stated)
        if system.kind != connection.kind:
            raise Invalid(f"system {system.slug} is a {system.kind}; another kind is another system")
        changed = change(system, **stated)
        for name, value in connection.secrets.items():
            connecting.seal(system=system, field=name, value=value)
        changed += sorted(connection.secrets)
        if new or changed:
            tell_system(system, changed, new=new, actor=actor)
            System.objects.filter(pk=system.pk).update(next_at=at)
        if not new and {"owner", "unit"} & set(changed):
            due.pull(Grant.objects.of_system(system.pk), at)
    return system


def tell_system(system: System, changed: list[str], *, new: bool, actor: Actor) -> None:
    """Tell the ledger what was stated, without configuration or secrets."""
    body = {
        "changed": changed,
        "kind": system.kind,
        "slug": system.slug,
        "owner": str(system.owner_id),
        "unit": str(system.unit_id),
    }
    act = Act.SYSTEM_CONNECTED if new else Act.SYSTEM_CHANGED
    ledger.record(act=act, actor=actor, subjects=[system], body=body)


def set_source(  # noqa: PLR0913  (what is stated of a source has this many parts)
    *,
    name: str,
    system: System,
    provenance: str | None = None,
    mapping: Mapping[str, Mapping[str, str]] | None = None,
    rhythm: timedelta | None = None,
    at: datetime,
    actor: Actor,
) -> Source:
    """
    State that a stream of use about a system exists, and what its tools mean: tool -> {"action", "resource"}.

    What isn't given stays as it is; a new source is agents' own word. Whose word it is, and how often it comes,
    decides what counts as unused: a change lets the system's grants be looked at again. Raises Invalid.
    """
    if provenance not in {None, *Source.Provenance.values}:
        raise Invalid(f"provenance {provenance!r} is unknown; one of {', '.join(Source.Provenance.values)}")
    told = {tool: checked(tool, meant) for tool, meant in mapping.items()} if mapping is not None else None
    given = {"system": system, "provenance": provenance, "mapping": told, "rhythm": rhythm}
    stated = {name: value for name, value in given.items() if value is not None}
    with transaction.atomic():
        source, new = Source.objects.get_or_create(name=name, defaults=stated)
        if source.system_id != system.pk:
            raise Invalid(f"source {name} reports about {source.system}; another system needs another source")
        changed = change(source, **stated)
        if new or changed:
            body = {"changed": changed, "provenance": source.provenance, "tools": len(source.mapping)}
            ledger.record(act=Act.SOURCE_CHANGED, actor=actor, subjects=[source, system], body=body)
        if {"provenance", "rhythm"} & set(changed):
            due.pull(Grant.objects.of_system(system.pk), at)
    return source


def checked(tool: str, meant: Mapping[str, str]) -> dict[str, str]:
    """One tool's meaning. Raises Invalid unless it has an action and a resource."""
    if sorted(meant) != ["action", "resource"] or not all(meant.values()):
        raise Invalid(f'mapping: {tool!r} needs {{"action": …, "resource": …}}')
    return dict(meant)


def system_called(slug: str) -> System:
    """The system of this slug. Raises Invalid naming some of those there are."""
    system = System.objects.filter(slug=slug).first()
    if system is None:
        there = ", ".join(System.objects.order_by("slug").values_list("slug", flat=True)[:MENTIONED]) or "none yet"
        raise Invalid(f"system {slug!r} is unknown; there are: {there}")
    return system


def account_called(system: System, word: str) -> Account:
    """The account of this native id, or of this name where only one bears it. Raises Invalid."""
    ours = Account.objects.filter(system=system)
    return only("account", word, system, list(ours.filter(native_id=word)) or list(ours.filter(name=word)[:2]))


def entitlement_called(system: System, word: str) -> Entitlement:
    """The entitlement of this native id, or of this name where only one bears it. Raises Invalid."""
    ours = Entitlement.objects.filter(system=system)
    return only("entitlement", word, system, list(ours.filter(native_id=word)) or list(ours.filter(name=word)[:2]))


def only(kind: str, word: str, system: System, found: list[Found]) -> Found:
    """The one that was found. Raises Invalid for none and for several."""
    if not found:
        raise Invalid(f"{kind} {word!r} is not in {system.slug}; has it been synced?")
    if len(found) > 1:
        raise Invalid(f"{kind} {word!r} means several in {system.slug}; give its native id")
    return found[0]
