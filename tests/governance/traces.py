"""What an act leaves behind: entries in the ledger, grants that are open, grants that are due."""

from governance.ledger import Actor
from governance.models import Entry, Grant, GrantDue

ACTOR = Actor.operator("test")


def acts() -> list[str]:
    """All that the ledger says, in order."""
    return list(Entry.objects.order_by("id").values_list("act", flat=True))


def acts_after(entry: int) -> list[str]:
    return list(Entry.objects.filter(id__gt=entry).order_by("id").values_list("act", flat=True))


def last_entry() -> int:
    return Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0


def held(name: str, of: str = "support") -> Grant:
    """The open grant of an entitlement to an account, by their names."""
    return Grant.objects.open().get(entitlement__name=name, account__name=of)


def due(grant: Grant) -> bool:
    return GrantDue.objects.filter(grant=grant).exists()
