"""What has happened to an agent, in words: the ledger's entries about it, and grants that came and went."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance import access
from governance.ledger import Act
from governance.models import Account, Agent, Entry, Grant, Ownership, Person

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Change:
    """One line."""

    at: datetime
    text: str


Names = Mapping[tuple[str, str], str]


def registered(_entry: Entry, _names: Names) -> str:
    """It became known."""
    return "Registered"


def altered(entry: Entry, _names: Names) -> str:
    """What of it changed; a decision says its lifecycle alone."""
    changed = ", ".join(entry.body.get("changed", ["lifecycle"])).replace("_", " ")
    now = f", now {entry.body['lifecycle']}" if "lifecycle" in changed and entry.body.get("lifecycle") else ""
    return f"Changed: {changed}{now}"


def owned(entry: Entry, names: Names) -> str:
    """Somebody began to answer."""
    return f"{named(entry, 'person', names)} is {entry.body.get('role', 'owner')}"


def disowned(entry: Entry, names: Names) -> str:
    """Somebody ceased to."""
    return f"{named(entry, 'person', names)} is {entry.body.get('role', 'owner')} no more"


def claimed(entry: Entry, names: Names) -> str:
    """An account is said to be its own."""
    return f"Uses {named(entry, 'account', names)}"


def released(entry: Entry, names: Names) -> str:
    """It is not any more."""
    return f"Uses {named(entry, 'account', names)} no more"


def named(entry: Entry, kind: str, names: Names) -> str:
    """What an entry's subject of a kind is called."""
    keys = [each["id"] for each in entry.subjects if each["kind"] == kind]
    return names.get((kind, keys[0]), f"{kind} {keys[0]}") if keys else kind


SAYS: Mapping[str, Callable[[Entry, Names], str]] = {
    Act.AGENT_REGISTERED: registered,
    Act.AGENT_CHANGED: altered,
    Act.OWNERSHIP_OPENED: owned,
    Act.OWNERSHIP_CLOSED: disowned,
    Act.CLAIM_OPENED: claimed,
    Act.CLAIM_CLOSED: released,
}


def changes(agent: Agent, accounts: Sequence[Account], person: Person) -> list[Change]:
    """The newest of all, newest first."""
    found = [*by_ledger(agent), *by_grants(accounts, person)]
    return sorted(found, key=lambda change: change.at, reverse=True)[:SHOWN]


def by_ledger(agent: Agent) -> Iterator[Change]:
    """
    Entries about the agent itself.

    They say nothing that its record does not show: who answers for it and which accounts it uses stand there by name.
    """
    about = Entry.objects.about(kind="agent", key=agent.pk).filter(act__in=SAYS).newest_first()
    entries = list(about[:SHOWN])
    names = {
        **{("person", str(each.person_id)): each.person.name for each in answered(agent)},
        **{("account", str(each.account_id)): each.account.name for each in agent.claims.select_related("account")},
    }
    for entry in entries:
        yield Change(entry.at, SAYS[entry.act](entry, names))


def answered(agent: Agent) -> Sequence[Ownership]:
    """Everybody who ever did."""
    return list(agent.ownerships.select_related("person"))


def by_grants(accounts: Sequence[Account], person: Person) -> Iterator[Change]:
    """What its accounts began to hold, and hold no more, as far as the viewer sees."""
    seen = access.visible(Grant.objects.filter(account__in=accounts), to=person).select_related("entitlement")
    for grant in seen.order_by("-opened_at", "-pk")[:SHOWN]:
        by = f", granted by {grantor}" if (grantor := grant.native.get("grantor")) else ""
        yield Change(grant.opened_at, f"{grant.entitlement.name} seen{by}")
    for grant in seen.filter(closed_at__isnull=False).order_by("-closed_at", "-pk")[:SHOWN]:
        yield Change(grant.closed_at or grant.opened_at, f"{grant.entitlement.name} gone")
