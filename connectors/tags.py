"""
Tags: what holding an entitlement makes possible, as far as somebody says so, and how sure that is.

A connector hands out what its catalogue knows (`Entitlement.tags`); names are read by `connectors.tagging`; what a
tool's vendor says of it is a hint; a person has the last word. docs/reference/risk.md says what each tag means.
"""

import enum
from dataclasses import dataclass


class TagName(enum.StrEnum):
    """What becomes possible. Never renamed: stored rows and the ledger hold the word."""

    UNTRUSTED_INPUT = "untrusted_input"  # what outsiders write comes before the model
    SENSITIVE_ACCESS = "sensitive_access"  # private data, or a critical system
    CHANGES_STATE = "changes_state"
    SENDS_OUT = "sends_out"  # data can leave
    ESCALATES = "escalates"  # access can be widened: permissions, roles, keys
    RUNS_CODE = "runs_code"
    MOVES_MONEY = "moves_money"  # or something else of value, for good
    PREPARES = "prepares"  # what somebody else is to approve
    APPROVES = "approves"  # what somebody else has prepared


class TagSource(enum.StrEnum):
    """Who says so. A reviewer's word stands above the others; a vendor's hint may add, and lowers nothing."""

    RULE = "rule"
    CATALOGUE = "catalogue"
    VENDOR_HINT = "vendor_hint"
    REVIEWER = "reviewer"


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag of an entitlement; `confidence` is in percent."""

    name: TagName
    source: TagSource = TagSource.CATALOGUE
    confidence: int = 100
