"""
What the actions of a policy let one do that its name does not tell, by a published list of AWS's actions.

The list (`actions.json`, whose source and licence lie beside it) names actions that hand out credentials, read data,
lead to more rights, or open resources to others.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from connectors.aws import names, policies
from connectors.aws.policies import Statement
from connectors.patterns import wild
from connectors.tags import TagName

CREDENTIALS, DATA, ESCALATION, EXPOSURE = "credentials", "data", "escalation", "exposure"
WORDS = {
    CREDENTIALS: "hands out credentials",
    DATA: "reads data",
    ESCALATION: "can get itself more rights",
    EXPOSURE: "can open resources to others",
}

# What each flag is as a tag.
TAGS = {
    CREDENTIALS: TagName.SENSITIVE_ACCESS,
    DATA: TagName.SENSITIVE_ACCESS,
    ESCALATION: TagName.ESCALATES,
    EXPOSURE: TagName.SENDS_OUT,
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
    allowing = [each.actions for each in policies.read("policy", document).statements if each.allows]
    meant = [(one_of(each.named), each.negated) for each in allowing]
    found = {
        flag: tuple(each for each in actions if any(bool(one.fullmatch(each)) is not negated for one, negated in meant))
        for flag, actions in listed().items()
    }
    return {flag: actions for flag, actions in found.items() if actions}


def one_of(patterns: Sequence[str]) -> re.Pattern[str]:
    """Return one expression for many patterns: hundreds of actions are held against hundreds of patterns."""
    return re.compile("|".join(wild(each.lower()) for each in patterns))


def everything(statement: Statement) -> bool:
    """Whether a statement allows whatever there is, to everything, on no condition."""
    parts = (statement.actions, statement.resources)
    whole = all("*" in each.named and not each.negated for each in parts)
    return statement.allows and whole and not statement.conditions
