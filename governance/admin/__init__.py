"""The admin's pages about what we know."""

from governance.admin import (  # registering the pages
    credentials,
    entitlements,
    importing,
    inventory,
    ledger,
    people,
    policies,
    sources,
    systems,
    use,
)
from governance.admin.page import Page, Table
from governance.admin.site import site
from governance.admin.viewing import viewer

__all__ = [
    "Page",
    "Table",
    "credentials",
    "entitlements",
    "importing",
    "inventory",
    "ledger",
    "people",
    "policies",
    "site",
    "sources",
    "systems",
    "use",
    "viewer",
]
