"""The admin's pages about what we know."""

from governance.admin import inventory, ledger, people, use  # registering the pages
from governance.admin.site import site

__all__ = ["inventory", "ledger", "people", "site", "use"]
