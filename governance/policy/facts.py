"""
What a decision is bound to: facts that change a person's mind, and no counts.

One SQL expression yields them; they are stored, hashed, and compared at the click and at execution,
fact by fact, each in its declared order. Toward more risk the question is put again; toward less it is
noted (docs/adr/0011).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from governance.models import Account, Agent, Band, Credential, Grant, Ownership, Person
from governance.policy import bands, keys, power, use, written
from governance.policy.checks.ownerless import LINE, answering, riskiest
from governance.policy.terms import Terms

# What must still match when a removal is executed.
TARGET = ("holder", "entitlement", "instance", "effect", "definition")

# From least to most reason to look again. Any change of a fact that is not listed is toward more.
ORDERS: Mapping[str, tuple[Any, ...]] = {
    "band": tuple(map(str, Band)),
    "use": (use.USED, use.NOT_OBSERVABLE, use.UNUSED),
    "has_owner": (True, False),
    "enabled": (False, None, True),
    "active": (False, True),
}


@dataclass(frozen=True, slots=True)
class Drift:
    """Which facts moved, and to which side."""

    more: list[str]
    less: list[str]


def of_grant(key: int, *, at: datetime | None = None) -> dict[str, Any]:
    """Return the facts of one grant, now or at a moment. Raises Grant.DoesNotExist."""
    found = written.row(of_one, Terms.of(at), key=key)
    if found is None:
        raise Grant.DoesNotExist(f"There is no grant {key}.")
    told: dict[str, Any] = json.loads(found[0])
    return told


def of_one(terms: Terms) -> QuerySet[Grant, Any]:
    """Return the facts of whichever grant is asked about."""
    return bound(Grant.objects.filter(pk=written.KEY), terms)


def bound(grants: QuerySet[Grant], terms: Terms) -> QuerySet[Grant, Any]:
    """Return the facts of these grants."""
    idle = grants.order_by().alias(idle_since=use.idle_since())
    return idle.annotate(bound_facts=about_grant(terms)).values_list("bound_facts", flat=True)


def about_grant(terms: Terms) -> JSONObject:
    """Return the one expression, over grants with `idle_since`."""
    return JSONObject(
        holder="account__name",
        holder_kind="account__kind",
        entitlement="entitlement__name",
        entitlement_type="entitlement__native_type",
        system="account__system__name",
        instance="instance",
        definition="entitlement__definition_digest",
        effect="effect",
        condition="condition",
        band=bands.band(F("risk")),
        use=use.class_of(terms),
        has_owner=ExpressionWrapper(owned(terms), BooleanField()),
    )


def owned(terms: Terms) -> Q:
    """Say which grants are held by an account of an agent that somebody able answers for."""
    line = Ownership.objects.filter(
        agent__claims__account=OuterRef("account"),
        agent__claims__until=None,
        until=None,
        role__in=LINE,
        person__in=Person.objects.able(terms.at),
    )
    return Q(Exists(line))


def of_agent(agent: Agent, at: datetime | None = None) -> dict[str, Any]:
    """Return the facts of one agent, now or at a moment."""
    terms = Terms.of(at)
    bound = JSONObject(
        agent="name",
        unit="unit__name",
        lifecycle="lifecycle",
        autonomy="autonomy",
        band=bands.band(riskiest()),
        has_owner=ExpressionWrapper(Q(Exists(answering(terms))), BooleanField()),
    )
    found: dict[str, Any] = Agent.objects.filter(pk=agent.pk).values_list(bound, flat=True).get()
    return found


def of_account(account: Account) -> dict[str, Any]:
    """Return the facts of one account as they are now; none of them hangs on time."""
    bound = JSONObject(
        account="name",
        system="system__name",
        kind="kind",
        enabled="enabled",
        band=bands.band(power.riskiest()),
    )
    found: dict[str, Any] = Account.objects.filter(pk=account.pk).values_list(bound, flat=True).get()
    return found


def of_credential(credential: Credential, at: datetime | None = None) -> dict[str, Any]:
    """Return the facts of one credential, now or at a moment."""
    terms = Terms.of(at)
    bound = JSONObject(
        credential="native_id",
        kind="kind",
        account="account__name",
        system="account__system__name",
        active="active",
        expires=ExpressionWrapper(Q(expires_at__isnull=False), BooleanField()),
        band=keys.severity(),
        use=keys.class_of(terms),
        has_owner=ExpressionWrapper(owned(terms), BooleanField()),
    )
    one = Credential.objects.filter(pk=credential.pk).alias(idle_since=keys.idle_since())
    found: dict[str, Any] = one.values_list(bound, flat=True).get()
    return found


def fingerprint(facts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the facts' canonical bytes (RFC 8785), in hex."""
    return hashlib.sha256(rfc8785.dumps(dict(facts))).hexdigest()


def drift(then: Mapping[str, Any], now: Mapping[str, Any]) -> Drift:
    """Compare what was shown with what is; a fact that came or went is toward more."""
    moved = sorted(name for name in then.keys() | now.keys() if missing(then, now, name))
    more = [name for name in moved if not eased(name, then.get(name), now.get(name))]
    return Drift(more=more, less=[name for name in moved if name not in more])


def missing(then: Mapping[str, Any], now: Mapping[str, Any], name: str) -> bool:
    """Whether a fact is no longer what it was."""
    return name not in then or name not in now or bool(then[name] != now[name])


def eased(name: str, then: Any, now: Any) -> bool:
    """Whether a fact moved toward less risk, by its declared order."""
    order = ORDERS.get(name, ())
    return then in order and now in order and order.index(now) < order.index(then)
