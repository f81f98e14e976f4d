"""
How things of an account are called.

A user, role or group has an id that AWS never gives twice (AIDA…, AROA…, AGPA…). A managed policy, and a role to
assume, goes by its ARN; an inline policy and a membership by whose it is.
"""

import hashlib
import json
import re
from typing import Any

from connectors.base import Ref

EVERYONE = Ref("outside", "*")  # whoever has an account of AWS anywhere
OUTSIDE = "outside"  # services, other accounts, identity providers: whoever a trust policy names
USER, ROLE, GROUP = "user", "role", "group"
POLICY, INLINE, MEMBERSHIP, BOUNDARY, ASSUME = "policy", "inline", "membership", "boundary", "assume"
ACCESS_KEY = "access_key"
WHOLE = re.compile(r"(?:arn:[\w-]+:iam::)?(?P<number>\d{12})(?::root)?")  # in any partition of AWS


def inline(kind: str, holder: str, policy: str) -> Ref:
    """Name an inline policy: it is of one user, role or group, and has no name beyond that."""
    return Ref(INLINE, f"{kind}/{holder}/{policy}")


def membership(group: str) -> Ref:
    """Name the membership in a group."""
    return Ref(MEMBERSHIP, group)


def canonical(document: Any) -> str:
    """Write a document so that the same one is always the same text."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(document: Any) -> str:
    """Return what changes with a document."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def whole_account(principal: str) -> str:
    """Return the account that a principal stands for as a whole; an empty text where it is no such one."""
    found = WHOLE.fullmatch(principal)
    return found["number"] if found else ""


def account_of(arn: str) -> str:
    """Return the account that an ARN names; an empty text where it names none."""
    _, _, _, _, account, *_ = [*arn.split(":", 5), *[""] * 5]  # arn:partition:service:region:account:resource
    return account
