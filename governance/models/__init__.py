"""The nouns of knowing: one room each."""

from governance.models.account import Account
from governance.models.agent import Agent, Claim, Ownership
from governance.models.at_hand import AccountAtHand, EntitlementAtHand, SystemAtHand
from governance.models.disclaimer import Disclaimer
from governance.models.entitlement import Entitlement, EntitlementAction
from governance.models.finding import Finding
from governance.models.full_check import FullCheck
from governance.models.grant import Grant, GrantDue, GrantUse, Intended, Lease, Seen
from governance.models.heartbeat import Heartbeat
from governance.models.ledger import Checkpoint, Entry, Epoch, Leaf, LedgerSecret
from governance.models.org_unit import OrgUnit, OrgUnitClosure, OrgUnitGroupPermission, OrgUnitUserPermission
from governance.models.organisation import Organisation
from governance.models.person import Employment, ExternalIdentity, Person
from governance.models.policy import Parameters, Policy
from governance.models.probe import Probe
from governance.models.risk import Band
from governance.models.system import StagedRecord, SyncRun, System, SystemSecret
from governance.models.usage import Coverage, Run, Source, UsageDay, UsageEvent, UsageIntake

__all__ = [
    "Account",
    "AccountAtHand",
    "Agent",
    "Band",
    "Checkpoint",
    "Claim",
    "Coverage",
    "Disclaimer",
    "Employment",
    "Entitlement",
    "EntitlementAction",
    "EntitlementAtHand",
    "Entry",
    "Epoch",
    "ExternalIdentity",
    "Finding",
    "FullCheck",
    "Grant",
    "GrantDue",
    "GrantUse",
    "Heartbeat",
    "Intended",
    "Leaf",
    "Lease",
    "LedgerSecret",
    "OrgUnit",
    "OrgUnitClosure",
    "OrgUnitGroupPermission",
    "OrgUnitUserPermission",
    "Organisation",
    "Ownership",
    "Parameters",
    "Person",
    "Policy",
    "Probe",
    "Run",
    "Seen",
    "Source",
    "StagedRecord",
    "SyncRun",
    "System",
    "SystemAtHand",
    "SystemSecret",
    "UsageDay",
    "UsageEvent",
    "UsageIntake",
]
