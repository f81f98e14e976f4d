"""
Roles that nobody took on: what such a role holds was not used, whatever the log leaves out of what roles do.

To take a role on is a call of its own, which the log shows whoever makes it.
"""

from collections.abc import Iterator
from datetime import datetime

from connectors.base import Principal, Ref
from governance.scanning.holdings import Holdings
from governance.scanning.usage import Usage


def asleep(usage: Usage, holdings: Holdings) -> Iterator[Ref]:
    """Yield the roles of which the log shows no such call, nor anything that they did, nor the system itself a use."""
    touched = {resource for _, resource in usage.deeds}
    somewhere = {action for action, resource in usage.deeds if not resource}
    for what in holdings.inventory.entitlements.values():
        role, taking = what.confers, what.actions
        if role is None or not taking or not usage.shows(taking) or role in usage.named or what.resource in touched:
            continue
        may_be = any(done.startswith(each.action) for done in somewhere for each in taking)
        if not may_be and not used_since(usage, holdings.principal(role)):
            yield role


def used_since(usage: Usage, role: Principal) -> bool:
    """Whether the system itself tells of a use in that time."""
    last = role.attrs.get("last_used_at")
    return last is not None and usage.interval.holds(datetime.fromisoformat(last))
