"""
Systems, connected: what is stated of one, by an operator or by who governs where it belongs.

An operator may name anything in the processes' environment. Who governs a unit is no operator: what they state must not
send a secret that they do not know to a place of their choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import connection as database
from django.db import transaction

from connectors.errors import ConfigInvalid
from governance import access, connecting, due, ledger, sealing, vetting
from governance.errors import Invalid, NotAllowed
from governance.ledger import Act, Actor
from governance.models import Grant, OrgUnit, Person, System
from governance.registering.changing import change


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
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def stated(self) -> dict[str, Any]:
        """What is given, by its field; secrets apart."""
        given = {"kind": self.kind, "owner": self.owner, "unit": self.unit, "name": self.name, "config": self.config}
        return {name: value for name, value in given.items() if value is not None}

    def check(self) -> None:
        """Raise Invalid for an unknown connector, a strange slug, a secret in the open, and what no row can hold."""
        try:
            hidden = connecting.secret_fields(self.kind)
        except ConfigInvalid as error:
            raise Invalid(f"kind {self.kind!r}: {error}") from error
        try:
            validate_slug(self.slug)
        except ValidationError as error:
            raise Invalid(f"slug {self.slug!r} may have letters, numbers, _ and - only", field="slug") from error
        vetting.fitting(System, slug=self.slug, name=self.name or self.slug)
        for name, value in (self.config or {}).items():
            vetting.storable(name, {name: value})
        self.check_secrets(hidden)
        self.check_open(hidden)

    def check_secrets(self, hidden: set[str]) -> None:
        """Raise Invalid for a secret that this connector does not have, and for an empty one."""
        for name, value in self.secrets.items():
            if name not in hidden:
                raise Invalid(f"{name} is no secret of a {self.kind}; its own: {', '.join(sorted(hidden))}")
            if not value:
                raise Invalid(f"{name} is empty; give the secret itself", field=name)

    def check_open(self, hidden: set[str]) -> None:
        """Raise Invalid for a secret in the open, and for one that is given twice."""
        config = self.config or {}
        for name in sorted(hidden & config.keys()):
            if not sealing.named(str(config[name])):
                raise Invalid(f"config: {name} is a secret; give it as a secret, or as env:NAME", field=name)
            if name in self.secrets:
                raise Invalid(f"{name} is given twice: as a secret, and as {config[name]}", field=name)


def connect_system(*, connection: Connection, at: datetime, actor: Actor) -> System:
    """
    Connect a system, or bring what is known of it up to date; its next sync is due at once.

    Raises Invalid, also for a configuration that the connector refuses. Nothing is sent to the system.
    """
    connection.check()
    stated = connection.stated()
    with transaction.atomic():
        wait_for_others()
        refuse_taken_name(connection)
        system, new = System.objects.get_or_create(slug=connection.slug, defaults={"name": connection.slug} | stated)
        if system.kind != connection.kind:
            raise Invalid(f"system {system.slug} is a {system.kind}; another kind is another system")
        changed = change(system, **stated)
        changed += take_secrets(system, connection)
        if new or connection.config is not None:
            connecting.refuse_misfit(system)
        if new or changed:
            tell_system(system, changed, new=new, actor=actor)
            System.objects.filter(pk=system.pk).update(next_at=at)
        if not new and {"owner", "unit"} & set(changed):
            due.pull(Grant.objects.of_system(system.pk), at)
    return system


def wait_for_others() -> None:
    """Let whoever else connects a system come to an end first: a row that is not there yet cannot be locked."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('governance_system'))")


def as_it_is(slug: str) -> System | None:
    """The system of this slug, if there is one, which nobody else changes until the transaction ends."""
    wait_for_others()
    return System.objects.select_for_update(no_key=True).filter(slug=slug).first()


def refuse_taken_name(connection: Connection) -> None:
    """Raise Invalid for a name that is another system's; one that is new and not named is called by its slug."""
    there = System.objects.filter(slug=connection.slug).exists()
    name = connection.name if connection.name is not None or there else connection.slug
    if System.objects.filter(name=name).exclude(slug=connection.slug).exists():
        raise Invalid(f"There is a system called {name!r} already. Give this one another name.", field="name")


def take_secrets(system: System, connection: Connection) -> list[str]:
    """Seal what was given; what is named in the environment now is stored no more. Returns the fields."""
    for name, value in connection.secrets.items():
        connecting.seal(system=system, field=name, value=value)
    if given_instead := connection.secrets.keys() & system.config.keys():
        change(system, config={name: each for name, each in system.config.items() if name not in given_instead})
    system.secrets.filter(field__in=system.config.keys()).delete()
    return sorted(connection.secrets)


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


def connect_as(*, connection: Connection, system: System | None, by: Person, at: datetime) -> System:
    """
    Connect a new system (None), or change one, as a person: who governs the unit where it belongs, before and after.

    Raises NotAllowed, and Invalid, also for a short name that is taken.
    """
    with transaction.atomic():
        there = as_it_is(connection.slug)
        if there != system:
            raise Invalid(
                f"There is a system {connection.slug!r} already. Give this one another short name.", field="slug"
            )
        for unit in (connection.unit, *([there.unit] if there else [])):
            if not access.may_govern(by, unit):
                raise NotAllowed(f"Only who governs {unit.name} can connect or change a system there.")
        refuse_leaks(connection, there, by)
        return connect_system(connection=connection, at=at, actor=Actor.person(by))


def refuse_leaks(connection: Connection, system: System | None, by: Person) -> None:
    """Raise Invalid where a secret that the person need not know would be read or sent by what they state."""
    old, new = (system.config if system else {}), connection.config or {}
    hidden = connecting.secret_fields(connection.kind)
    changed = {name for name in new.keys() | old.keys() if new.get(name) != old.get(name)}
    for name in sorted(changed - hidden):
        if any(sealing.named(text) for text in texts(new.get(name))):
            raise Invalid("env:NAME is for secrets; here an operator alone may give it: connect_system", field=name)
    for name in sorted(changed & connecting.operators_fields(connection.kind)):
        if new.get(name):
            raise Invalid("What this machine signs in with an operator alone may use: connect_system.", field=name)
    free = connecting.placeless_fields(connection.kind)
    decides = sorted(changed - hidden - free) if system else []
    for name in sorted(hidden):
        refuse_unknown(name, connection, by=by, stays=name not in changed, because=decides)


def refuse_unknown(name: str, connection: Connection, *, by: Person, stays: bool, because: list[str]) -> None:
    """Raise Invalid where this secret may not be left, or not be named, by this person."""
    if name in connection.secrets:
        return
    given = str((connection.config or {}).get(name, ""))
    if given and (because or not stays):
        wanted = environment_name(connection.slug, name)
        if given != wanted or not access.governs_all(by):
            raise Invalid(
                f"Give {name} itself. Who governs the whole organisation may name {wanted}; anything else in the "
                "environment an operator alone: connect_system.",
                field=name,
            )
    elif because and not given:
        raise Invalid(f"Give {name} again: {', '.join(because)} decides where it is sent.", field=name)


def environment_name(slug: str, field: str) -> str:
    """The one name in the environment that a system's secret may have by the admin."""
    return sealing.FROM_ENVIRONMENT + f"SYSTEM_{slug}_{field}".replace("-", "_").upper()


def texts(value: object) -> list[str]:
    """The texts in a configured value."""
    return [each for each in vetting.parts_of(value) if isinstance(each, str)]
