"""What connectors know besides: what is reached means, what it is of no use without, and what an account may itself."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Q

from connectors import base
from connectors.advising import Adviser
from governance import connecting
from governance.models import Account, Entitlement, Grant
from governance.reaching.reached import Ability, Reached
from governance.reaching.walking import becomes, reached_among

Named = tuple[int, str, str]  # a system, and the type and id by which it calls an entitlement


def abilities(accounts: Collection[int], *, at: datetime) -> Iterator[Ability]:
    """Yield what the accounts that somebody may act as can do by themselves."""
    admitting = becomes(accounts, at=at)
    for account in Account.objects.filter(pk__in=admitting).select_related("system").order_by("pk"):
        for each in account.abilities:
            yield Ability(account, each["name"], each["says"], each["risk"], admitting[account.pk])


def explained(found: Sequence[Reached], accounts: Collection[int], *, at: datetime) -> Iterator[Reached]:
    """Yield the same, with what the connectors' advisers say of it."""
    advisers = {each.pk: connecting.adviser(each) for each in {one.entitlement.system for one in found}}
    wanted = {each.entitlement.pk: list(needs(each.entitlement, advisers)) for each in found}
    missing = lacking({name for names in wanted.values() for name in names}, accounts, at=at)
    unchecked = {each.entitlement.system_id for each in found if each.everything and not each.admitting}
    for each in found:
        adviser = advisers[each.entitlement.system_id]
        passes = each.entitlement.system_id in unchecked
        lacks = [missing[name] for name in wanted[each.entitlement.pk] if name in missing]
        means = adviser.meaning(as_held(each.entitlement)) if adviser else ""
        yield replace(each, means=means, lacks=() if passes else tuple(lacks))


def needs(entitlement: Entitlement, advisers: dict[int, Adviser | None]) -> Iterator[Named]:
    """Yield without which entitlements this one is of no use."""
    adviser = advisers[entitlement.system_id]
    for ref in adviser.needs(as_held(entitlement)) if adviser else ():
        yield entitlement.system_id, ref.type, ref.id


def as_held(entitlement: Entitlement) -> base.Entitlement:
    """Say of an entitlement what an adviser must know."""
    return base.Entitlement(
        connecting.ref(entitlement), entitlement.name, entitlement.resource, privileged=entitlement.privileged
    )


def lacking(wanted: set[Named], accounts: Collection[int], *, at: datetime) -> dict[Named, str]:
    """
    Return, by its name, which of these cannot be reached.

    An owner needs none of them. Of a thing whose owner was not read nothing is known, so that nothing is said to lack.
    """
    known = {name: each for each in called(wanted) if (name := named(each)) in wanted}
    owners = owners_of(known.values())
    keys = {each.pk for each in known.values()} | set(owners)
    reached = reached_among(accounts, keys, at=at)
    owned = {place for key, place in owners.items() if key in reached}
    return {
        name: each.name
        for name, each in known.items()
        if each.pk not in reached and place_of(each) in set(owners.values()) - owned
    }


def called(wanted: set[Named]) -> Iterable[Entitlement]:
    """Look up entitlements by what systems call them; some others may be among them."""
    systems, types, ids = (
        {system for system, _, _ in wanted},
        {kind for _, kind, _ in wanted},
        {key for *_, key in wanted},
    )
    return Entitlement.objects.filter(system__in=systems, native_type__in=types, native_id__in=ids)


def named(entitlement: Entitlement) -> Named:
    """Return what a system calls an entitlement."""
    return entitlement.system_id, entitlement.native_type, entitlement.native_id


def place_of(entitlement: Entitlement) -> tuple[int, str]:
    """Return what it is about."""
    return entitlement.system_id, entitlement.resource


def owners_of(these: Collection[Entitlement]) -> dict[int, tuple[int, str]]:
    """Return the ownerships that somebody holds of what these are about, by key."""
    places = {place_of(each) for each in these}
    held = Grant.objects.held().filter(
        Q(entitlement__resource__in=[resource for _, resource in places]),
        entitlement__native_type="owner",
        entitlement__system__in=[system for system, _ in places],
    )
    rows = held.values_list("entitlement", "entitlement__system", "entitlement__resource").distinct()
    return {key: (system, resource) for key, system, resource in rows}
