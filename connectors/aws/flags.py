"""
What the actions of a policy let one do that its name does not tell, by a published list of AWS's actions.

The list (`actions.json`, whose source and licence lie beside it) names actions that hand out credentials, read data,
lead to more rights, or open resources to others.
"""

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from connectors.aws import names, policies
from connectors.aws.policies import Policy, Request, Statement

CREDENTIALS, DATA, ESCALATION, EXPOSURE = "credentials", "data", "escalation", "exposure"
WORDS = {
    CREDENTIALS: "hands out credentials",
    DATA: "reads data",
    ESCALATION: "can get itself more rights",
    EXPOSURE: "can open resources to others",
}


@cache
def listed() -> Mapping[str, tuple[str, ...]]:
    """Return the published actions by what they let one do, in lower case."""
    told = json.loads(Path(__file__).with_name("actions.json").read_text())
    return {flag: tuple(actions) for flag, actions in told.items()}


def of(document: Mapping[str, object]) -> Mapping[str, tuple[str, ...]]:
    """Return the flags of a policy, each with the listed actions that it allows; none where there is none."""
    return of_text(names.canonical(document))


@lru_cache(maxsize=5_000)
def of_text(document: str) -> Mapping[str, tuple[str, ...]]:
    """The same, of a document as a text: many hold the same one."""
    policy = policies.read("policy", document)
    found = {flag: tuple(a for a in actions if allows(policy, a)) for flag, actions in listed().items()}
    return {flag: actions for flag, actions in found.items() if actions}


def allows(policy: Policy, action: str) -> bool:
    """Whether a policy allows an action to something."""
    request = Request(action, "*", {})
    return any(each.allows and each.actions.mean_action(request) for each in policy.statements)


def everything(statement: Statement) -> bool:
    """Whether a statement allows whatever there is, to everything."""
    return statement.allows and not statement.actions.negated and "*" in statement.actions.named
