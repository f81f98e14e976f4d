"""
What we are told: people, agents, who answers for them, which accounts they use, systems, sources, units, policy.

Admin, imports, SCIM and the demo call these verbs. Each writes what changed and nothing else, tells the ledger in the
same transaction, and makes the grants due about which a check could now speak.
"""

from governance.registering.agents import (
    add_deputy,
    change_agent,
    claim_account,
    end_owner,
    register_agent,
    release_account,
    set_deputies,
    set_lifecycle,
    set_owner,
)
from governance.registering.held_since import grant_of, state_held_since
from governance.registering.identities import link_identity, set_outside, unlink_identity
from governance.registering.organisation import make_unit, set_organisation, set_policy, unit_at
from governance.registering.people import register_person, set_manager, set_staff
from governance.registering.systems import (
    Connection,
    account_called,
    connect_system,
    entitlement_called,
    set_source,
    system_called,
)

__all__ = [
    "Connection",
    "account_called",
    "add_deputy",
    "change_agent",
    "claim_account",
    "connect_system",
    "end_owner",
    "entitlement_called",
    "grant_of",
    "link_identity",
    "make_unit",
    "register_agent",
    "register_person",
    "release_account",
    "set_deputies",
    "set_lifecycle",
    "set_manager",
    "set_organisation",
    "set_outside",
    "set_owner",
    "set_policy",
    "set_source",
    "set_staff",
    "state_held_since",
    "system_called",
    "unit_at",
    "unlink_identity",
]
