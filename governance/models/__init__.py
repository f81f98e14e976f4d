"""The nouns of knowing: one room each."""

from governance.models.account import Account
from governance.models.agent import Agent, Claim, Ownership
from governance.models.at_hand import AccountAtHand, EntitlementAtHand, SystemAtHand
from governance.models.credential import Credential
from governance.models.disclaimer import Disclaimer
from governance.models.entitlement import Entitlement, EntitlementAction, EntitlementTag, TagName
from governance.models.exposure import AgentDue, Exposure, GrantScore, ToxicCombination
from governance.models.finding import Finding
from governance.models.full_check import FullCheck
from governance.models.grant import ActionUse, Grant, GrantDue, GrantUse, Intended, Lease, Seen
from governance.models.heartbeat import Heartbeat
from governance.models.ledger import Checkpoint, Entry, Epoch, Leaf, LedgerSecret
from governance.models.org_unit import OrgUnit, OrgUnitClosure, OrgUnitGroupPermission, OrgUnitUserPermission
from governance.models.organisation import Organisation
from governance.models.person import Employment, ExternalIdentity, Person
from governance.models.policy import Parameters, Policy
from governance.models.probe import Probe
from governance.models.risk import Band, Combination
from governance.models.source_token import SourceToken
from governance.models.system import StagedRecord, SyncRun, System, SystemSecret
from governance.models.usage import Coverage, Promise, Run, Source, UsageDay, UsageEvent, UsageIntake

__all__ = [
    "Account",
    "AccountAtHand",
    "ActionUse",
    "Agent",
    "AgentDue",
    "Band",
    "Checkpoint",
    "Claim",
    "Combination",
    "Coverage",
    "Credential",
    "Disclaimer",
    "Employment",
    "Entitlement",
    "EntitlementAction",
    "EntitlementAtHand",
    "EntitlementTag",
    "Entry",
    "Epoch",
    "Exposure",
    "ExternalIdentity",
    "Finding",
    "FullCheck",
    "Grant",
    "GrantDue",
    "GrantScore",
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
    "Promise",
    "Run",
    "Seen",
    "Source",
    "SourceToken",
    "StagedRecord",
    "SyncRun",
    "System",
    "SystemAtHand",
    "SystemSecret",
    "TagName",
    "ToxicCombination",
    "UsageDay",
    "UsageEvent",
    "UsageIntake",
]
