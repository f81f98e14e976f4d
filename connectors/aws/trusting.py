"""
Trust policies: who may become a role.

Whoever a statement names by its ARN may, unless its own policies say no. Where it names a session of a role, the role
could: whoever takes a role on chooses the session's name. Where it names the account as a whole, whoever in it has a
policy that says so may. Services, other accounts and identity providers are not looked into.
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.aws import names
from connectors.aws.accounts import Account, Holder
from connectors.aws.matching import means
from connectors.base import Ref
from connectors.errors import SchemaDrift

ASSUMES = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
SESSION = re.compile(r"arn:[\w-]+:sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/(?P<name>.+)")


@dataclass(frozen=True, slots=True)
class Trust:
    """One who may become a role, by one statement of its trust policy; `ref` is who that is, as it is listed."""

    ref: Ref
    name: str
    origin: str
    condition: str  # an empty text: none
    names_account: bool = False  # everybody in the account of the role whose own policies say so


def of(role: Holder, account: Account) -> Iterator[Trust]:
    """Yield who may become a role. Raises SchemaDrift naming the role whose policy cannot be read."""
    try:
        yield from trusts(role, account)
    except (AttributeError, KeyError, TypeError) as error:
        raise SchemaDrift(f"the trust policy of {role.name} cannot be read: {error!r}") from error


def trusts(role: Holder, account: Account) -> Iterator[Trust]:
    """Yield each once, by the first statement that names it."""
    listed = (role.trust or {})["Statement"]
    told: set[tuple[Ref, str]] = set()
    for number, statement in enumerate(listed if isinstance(listed, list) else [listed], 1):
        if statement["Effect"] != "Allow" or not assumes(statement):
            continue
        origin = statement.get("Sid") or f"statement {number}"
        for kind, name in named(statement):
            found = trusted(kind, name, origin, statement.get("Condition") or {}, account)
            if (found.ref, found.origin) not in told:
                told.add((found.ref, found.origin))
                yield found


def assumes(statement: Mapping[str, Any]) -> bool:
    """Whether a statement is about becoming the role."""
    actions = statement["Action"]
    listed = actions if isinstance(actions, list) else [actions]
    return any(means(each.lower(), wanted.lower(), {}) for each in listed for wanted in ASSUMES)


def named(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the kinds and names of the principals of a statement; of NotPrincipal it may be anybody."""
    principal = statement.get("Principal", "*")
    if principal == "*":
        yield "AWS", "*"
        return
    for kind, given in principal.items():
        for name in given if isinstance(given, list) else [given]:
            yield kind, name


def trusted(kind: str, name: str, origin: str, tests: Mapping[str, Any], account: Account) -> Trust:
    """Return who is meant: somebody of the account by its id, all of the account, or somebody outside."""
    condition = names.canonical(tests) if tests else ""
    session = SESSION.fullmatch(name)
    if kind == "AWS" and name in account.by_arn:
        holder = account.by_arn[name]
        return Trust(holder.ref, holder.name, origin, condition)
    if kind == "AWS" and names.whole_account(name) == account.number:
        return Trust(Ref(names.OUTSIDE, account.number), "this account", origin, condition, names_account=True)
    if kind == "AWS" and session and (role := role_of(session, account)):
        return in_session(role, session["name"], origin, tests)
    return Trust(Ref(names.OUTSIDE, name), called(kind, name), origin, condition)


def role_of(session: re.Match[str], account: Account) -> Holder | None:
    """Return the role of a session, where it is one of the account's; a session's ARN leaves out the role's path."""
    ours = account.of_kind(names.ROLE) if session["account"] == account.number else ()
    return next((each for each in ours if each.name == session["role"]), None)


def in_session(role: Holder, name: str, origin: str, tests: Mapping[str, Any]) -> Trust:
    """Return the trust in one session of a role, which is one in the role on the condition of that name."""
    equal = {**tests.get("StringEquals", {}), "aws:userid": f"{role.id}:{name}"}
    condition = names.canonical({**tests, "StringEquals": equal})
    return Trust(role.ref, role.name, f"{origin}, session {name}", condition)


def called(kind: str, name: str) -> str:
    """Say who that is."""
    if name == "*":
        return "anybody"
    return {"AWS": f"account {name}", "Service": f"service {name}", "Federated": f"identities of {name}"}.get(
        kind, name
    )
