"""The admin's pages about what we know."""

from governance.admin import credentials, importing, inventory, ledger, people, systems, use  # registering the pages
from governance.admin.page import Page, Table
from governance.admin.site import site
from governance.admin.viewing import viewer

__all__ = [
    "Page",
    "Table",
    "credentials",
    "importing",
    "inventory",
    "ledger",
    "people",
    "site",
    "systems",
    "use",
    "viewer",
]
