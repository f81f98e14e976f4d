"""
The registry: every name that a finding can carry, and who says it.

    reason(finding.check_name, finding.facts)

A check is one file and one line here (docs/how-to/write-a-check.md).
"""

from governance.policy.check import Check, Facts, Spoken
from governance.policy.checks.granted_to_everyone import GrantedToEveryone
from governance.policy.checks.lease_due import LeaseDue
from governance.policy.checks.never_used import NeverUsed
from governance.policy.checks.old_credential import OldCredential
from governance.policy.checks.over_scoped import OverScoped
from governance.policy.checks.ownerless import Ownerless
from governance.policy.checks.rare_but_powerful import RareButPowerful
from governance.policy.checks.spoken_by_steps import (
    APPEARED,
    CHANGED,
    ENABLED_AGAIN,
    MISSED,
    REQUESTED,
    RETURNED,
    SILENT,
    STILL_EFFECTIVE,
)
from governance.policy.checks.static_credential import StaticCredential
from governance.policy.checks.system_not_allowed import SystemNotAllowed
from governance.policy.checks.toxic_combination import ToxicCombinations
from governance.policy.checks.unclaimed import Unclaimed
from governance.policy.checks.unused import Unused
from governance.policy.checks.unused_credential import UnusedCredential

# In this order they run: two sweeps that meet lock in the same order.
ABOUT_GRANTS: tuple[Check, ...] = (
    NeverUsed(),
    Unused(),
    LeaseDue(),
    GrantedToEveryone(),
    ToxicCombinations(),
    RareButPowerful(),
    OverScoped(),
    SystemNotAllowed(),
)
ABOUT_AGENTS: tuple[Check, ...] = (Ownerless(),)
ABOUT_ACCOUNTS: tuple[Check, ...] = (Unclaimed(),)
ABOUT_CREDENTIALS: tuple[Check, ...] = (UnusedCredential(), OldCredential(), StaticCredential())
BY_STEPS: tuple[Spoken, ...] = (
    APPEARED,
    RETURNED,
    ENABLED_AGAIN,
    CHANGED,
    STILL_EFFECTIVE,
    REQUESTED,
    MISSED,
    SILENT,
)

CHECKS: dict[str, Spoken] = {
    each.name: each for each in (*ABOUT_GRANTS, *ABOUT_AGENTS, *ABOUT_ACCOUNTS, *ABOUT_CREDENTIALS, *BY_STEPS)
}


def reason(name: str, facts: Facts) -> str:
    """
    Say in one sentence why a finding was raised.

    A finding that an older version raised may lack a fact that the sentence wants: the title stands.
    """
    spoken = CHECKS[name]
    try:
        return spoken.reason(facts)
    except KeyError:
        return f"{spoken.title}."


def suggestion(name: str, facts: Facts) -> str | None:
    """
    Say what policy would do about a finding, and on what basis; None where it has no opinion.

    Nor where the facts, of an older version, lack the basis.
    """
    try:
        return CHECKS[name].suggestion(facts)
    except KeyError:
        return None


__all__ = [
    "ABOUT_ACCOUNTS",
    "ABOUT_AGENTS",
    "ABOUT_CREDENTIALS",
    "ABOUT_GRANTS",
    "BY_STEPS",
    "CHECKS",
    "MISSED",
    "REQUESTED",
    "SILENT",
    "reason",
    "suggestion",
]
