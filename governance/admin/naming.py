"""What the ledger's subjects are called: by kind, all of one kind in one query, as far as the viewer sees them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.apps import apps
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from governance import access
from governance.models import Entry, Person

LARGEST = 2**63  # keys are 64 bits wide


@dataclass(frozen=True, slots=True)
class Kind:
    """Of which model the rows of a kind are, and how one is called by its fields."""

    model: str
    says: str
    fields: tuple[str, ...]


# Kinds that are not here have no name of their own: they stay a kind and a number.
KINDS: Mapping[str, Kind] = {
    "account": Kind("governance.Account", "{}", ("name",)),
    "agent": Kind("governance.Agent", "{}", ("name",)),
    "claim": Kind("governance.Claim", "{} uses {}", ("agent__name", "account__name")),
    "decision": Kind("reviews.Decision", "decision on CS-{}/{}", ("item__review_id", "item_id")),
    "entitlement": Kind("governance.Entitlement", "{}", ("name",)),
    "finding": Kind("governance.Finding", "finding {}", ("check_name",)),
    "grant": Kind("governance.Grant", "{} held by {}", ("entitlement__name", "account__name")),
    "hold": Kind("reviews.Hold", "hold on {}", ("system__name",)),
    "item": Kind("reviews.Item", "CS-{}/{}", ("review_id", "pk")),
    "org_unit": Kind("governance.OrgUnit", "{}", ("name",)),
    "organisation": Kind("governance.Organisation", "{}", ("name",)),
    "ownership": Kind("governance.Ownership", "{} for {}", ("person__name", "agent__name")),
    "person": Kind("governance.Person", "{}", ("name",)),
    "policy": Kind("governance.Policy", "policy {}", ("number",)),
    "review": Kind("reviews.Review", "CS-{}", ("pk",)),
    "source": Kind("governance.Source", "{}", ("name",)),
    "system": Kind("governance.System", "{}", ("name",)),
}
PAGES = set(KINDS) - {"claim", "ownership"}  # kinds whose rows have a page
Names = Mapping[tuple[str, str], str]


def names(entries: Iterable[Entry], *, to: Person) -> Names:
    """What everything in these entries is called that the viewer sees, by kind and number; one query a kind."""
    keys: dict[str, set[int]] = defaultdict(set)
    for kind, key in {pair for entry in entries for pair in mentioned(entry)}:
        if kind in KINDS and key.isascii() and key.isdecimal() and int(key) < LARGEST:
            keys[kind].add(int(key))
    found: dict[tuple[str, str], str] = {}
    for kind, those in keys.items():
        known = KINDS[kind]
        seen = access.visible(apps.get_model(known.model)._default_manager.filter(pk__in=those), to=to)
        rows = seen.values_list("pk", *known.fields)
        found |= {(kind, str(key)): known.says.format(*said) for key, *said in rows}
    return found


def mentioned(entry: Entry) -> list[tuple[str, str]]:
    """Who acted, and what it is about, by kind and number."""
    return [(entry.actor_kind, entry.actor_id), *((each["kind"], each["id"]) for each in entry.subjects)]


def called(kind: str, key: str, found: Names) -> str:
    """A name, or the kind and the number."""
    return found.get((kind, key), f"{kind} {key}")


def linked(kind: str, key: str, found: Names) -> SafeString | str:
    """The same as the way to its page, where the viewer sees one."""
    if (kind, key) not in found or kind not in PAGES:
        return called(kind, key, found)
    name = KINDS[kind].model.lower().replace(".", "_")
    return format_html('<a href="{}">{}</a>', reverse(f"admin:{name}_change", args=[key]), found[kind, key])


def subjects(entry: Entry, found: Names) -> SafeString:
    """All that an entry is about."""
    return format_html_join(", ", "{}", ((linked(each["kind"], each["id"], found),) for each in entry.subjects))
