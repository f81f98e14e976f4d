"""
A system's row into a live connector.

A secret lies in SystemSecret, sealed and bound to its row and field; or the configuration says `env:NAME`, and the
process's environment holds it. Nothing here shows one.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeGuard

from django.db import transaction

from connectors import base, catalog
from connectors.advising import Adviser
from connectors.errors import ConfigInvalid
from governance import ledger, sealing
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.models import Account, Credential, Entitlement, Grant, System, SystemSecret

NOBODY = "nobody"  # no account's type:id


def connect(system: System) -> base.Reader:
    """
    Return a connector for a system; nothing is sent yet. Close it, or use `connected`.

    Raises ConfigInvalid where the connector refuses its configuration, and Invalid where a secret is not to be had.
    """
    hidden = secret_fields(system.kind)
    open_config = {name: given for name, given in system.config.items() if name not in hidden}
    secrets = {each.field: base.Secret(unseal(each)) for each in system.secrets.all()}
    for name in hidden & system.config.keys():
        secrets[name] = base.Secret(sealing.from_environment(f"config.{name}", system.config[name]))
    return catalog.connect(system.kind, resolved(open_config), secrets)


def refuse_misfit(system: System) -> None:
    """
    Let the connector look at a system's configuration, without its secrets; nothing is sent.

    Raises Invalid, with the field, for what is missing, strange or unknown; what another process's environment holds is
    not known here.
    """
    hidden = secret_fields(system.kind)
    given = {name for name in hidden if name in system.config} | {each.field for each in system.secrets.all()}
    try:
        config = resolved(shown(system))
    except Invalid:
        return
    try:
        unsigned(system, config, given).close()
    except ConfigInvalid as error:
        raise Invalid(f"config: {error}", field=field_in(str(error), system.kind)) from error


def adviser(system: System) -> Adviser | None:
    """Return who knows a system's kind, without its secrets; None where nobody does, or its configuration is wrong."""
    try:
        found = unsigned(system, resolved(shown(system)), secret_fields(system.kind))
    except (ConfigInvalid, Invalid):
        return None
    return found if isinstance(found, Adviser) else None


def shown(system: System) -> dict[str, Any]:
    """Return a system's configuration without what is a secret."""
    hidden = secret_fields(system.kind)
    return {name: each for name, each in system.config.items() if name not in hidden}


def unsigned(system: System, config: Mapping[str, object], given: Collection[str]) -> base.Reader:
    """Return a connector that can sign in nowhere: what is given of its secrets is none."""
    return catalog.connect(system.kind, config, {name: base.Secret("unseen") for name in given})


def field_in(message: str, kind: str) -> str:
    """Return which of a connector's fields a message names first; nothing where it names none."""
    names = "|".join(map(re.escape, catalog.spec_of(kind).config_schema["properties"]))
    found = re.search(rf"\b({names})\b", message) if names else None
    return found[0] if found else ""


@contextmanager
def connected(system: System) -> Iterator[base.Reader]:
    """Give a connector for a while, and close it whatever happens."""
    connector = connect(system)
    try:
        yield connector
    finally:
        connector.close()


def probed(check: base.Check) -> dict[str, list[str]]:
    """Say what a credential may do, by type, as it is stored of its system."""
    return {kind: sorted(cap.value for cap in caps) for kind, caps in check.caps.items()}


def learn(system: System, check: base.Check) -> None:
    """Keep what a system's credential may do, and as whom it acts; as nobody is an answer too."""
    system.capabilities, system.ours = probed(check), sorted(map(str, check.ours)) or [NOBODY]
    known = {"capabilities": system.capabilities, "ours": system.ours}
    System.objects.filter(pk=system.pk).exclude(**known).update(**known)


def keeps(connector: object, credential: Credential) -> TypeGuard[base.CredentialKeeper]:
    """Whether the connector can shut a credential of this type."""
    if not isinstance(connector, base.CredentialKeeper) or not isinstance(connector, base.Reader):
        return False
    return base.Cap.DISABLE_CREDENTIAL in connector.spec.caps.get(credential.native_type, frozenset())


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


def placeless_fields(kind: str) -> set[str]:
    """Return which fields decide neither where nor how safely a secret is sent; of any other nobody knows."""
    properties: Mapping[str, Mapping[str, Any]] = catalog.spec_of(kind).config_schema["properties"]
    return {name for name, each in properties.items() if each.get("decidesPlace") is False}


def operators_fields(kind: str) -> set[str]:
    """Return which fields sign in with what belongs to the machine: an operator alone may use them."""
    properties: Mapping[str, Mapping[str, Any]] = catalog.spec_of(kind).config_schema["properties"]
    return {name for name, each in properties.items() if each.get("operatorOnly")}


def resolved(config: Mapping[str, Any]) -> dict[str, Any]:
    """Put the environment's values where the configuration says `env:NAME`."""
    return {name: resolve(name, given) for name, given in config.items()}


def resolve(name: str, given: object) -> object:
    """Resolve one value."""
    if isinstance(given, str) and sealing.named(given):
        return sealing.from_environment(f"config.{name}", given)
    return given


def seal(*, system: System, field: str, value: str) -> SystemSecret:
    """Store a secret of a system under the first key; an older one of this field is replaced. Raises Invalid."""
    sealed = sealing.seal(value, to=place(system.pk, field))
    secret, _ = SystemSecret.objects.update_or_create(system=system, field=field, defaults={"sealed": sealed})
    return secret


def unseal(secret: SystemSecret) -> str:
    """Open a secret. Raises Invalid where its key is not there, or where it was made for another row or field."""
    return sealing.unseal(bytes(secret.sealed), to=place(secret.system_id, secret.field))


def reseal(*, actor: Actor) -> int:
    """
    Seal again, with the first key, whatever another key has sealed; return how many.

    Raises Invalid for one that does not open: nothing is changed then.
    """
    done = 0
    with transaction.atomic():
        for secret in SystemSecret.objects.select_related("system").select_for_update(of=("self",)):
            again = sealing.reseal(bytes(secret.sealed), to=place(secret.system_id, secret.field))
            if again != bytes(secret.sealed):
                SystemSecret.objects.filter(pk=secret.pk).update(sealed=again)
                body = {"field": secret.field, "key": sealing.key_name(again)}
                ledger.record(act=Act.SECRET_RESEALED, actor=actor, subjects=[secret.system], body=body)
                done += 1
    return done


def sealed_with() -> set[str]:
    """Return the names of the keys that systems' secrets are sealed with."""
    return {sealing.key_name(bytes(sealed)) for sealed in SystemSecret.objects.values_list("sealed", flat=True)}


def place(system: int, field: str) -> str:
    """Say what a secret belongs to."""
    return f"system:{system}:{field}"
