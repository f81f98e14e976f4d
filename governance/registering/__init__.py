"""
What we are told: people, agents, who answers for them, which accounts they use, systems, sources, units, policy.

Admin, imports, SCIM and the demo call these verbs. Each writes what changed and nothing else, tells the ledger in the
same transaction, and makes the grants due about which a check could now speak.
"""

from governance.registering.administrators import administrators, make_administrator, uppermost
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
from governance.registering.allowing import allow_systems
from governance.registering.connections import Connection, connect_as, connect_system, environment_name
from governance.registering.disclaimers import disclaim_account, end_disclaimer
from governance.registering.held_since import grant_of, state_held_since
from governance.registering.identities import link_identity, set_outside, unlink_identity
from governance.registering.naming import people_like, person_called, unit_called
from governance.registering.organisation import (
    days_called,
    days_in_words,
    make_unit,
    set_organisation,
    set_policy,
    unit_at,
    zone,
)
from governance.registering.people import address, register_person, set_manager, set_password, set_staff
from governance.registering.previewing import Move, Preview, preview_policy
from governance.registering.systems import (
    account_called,
    entitlement_called,
    set_source,
    system_called,
)
from governance.registering.tagging import state_tag, withdraw_tag
from governance.registering.tokens import issue_token, revoke_token

__all__ = [
    "Connection",
    "Move",
    "Preview",
    "account_called",
    "add_deputy",
    "address",
    "administrators",
    "allow_systems",
    "change_agent",
    "claim_account",
    "connect_as",
    "connect_system",
    "days_called",
    "days_in_words",
    "disclaim_account",
    "end_disclaimer",
    "end_owner",
    "entitlement_called",
    "environment_name",
    "grant_of",
    "issue_token",
    "link_identity",
    "make_administrator",
    "make_unit",
    "people_like",
    "person_called",
    "preview_policy",
    "register_agent",
    "register_person",
    "release_account",
    "revoke_token",
    "set_deputies",
    "set_lifecycle",
    "set_manager",
    "set_organisation",
    "set_outside",
    "set_owner",
    "set_password",
    "set_policy",
    "set_source",
    "set_staff",
    "state_held_since",
    "state_tag",
    "system_called",
    "unit_at",
    "unit_called",
    "unlink_identity",
    "uppermost",
    "withdraw_tag",
    "zone",
]
