"""What is suspicious about an account itself: what it is, and whether anybody answers for it."""

import re
from collections.abc import Iterator

from connectors.base import HolderKind, Principal
from governance.models import Band
from governance.policy.wording import counted
from governance.scanning import acting, crowds, paths
from governance.scanning.holdings import Holdings
from governance.scanning.rows import Node, Row
from governance.scanning.suspecting import FLOOR

# Words in a name that say that it was not meant to stay. A hint, and never more.
FOR_A_WHILE = re.compile(
    r"(?:^|[^a-z])(?:tmp|temp|temporary|test|testing|old|legacy|migration|migrate|poc|demo|trial|backup|bak|deprecated"
    r"|delete_?me|do_?not_?use)(?:[^a-z]|$)",
    re.IGNORECASE,
)
# Words in a remark after which a name stands of who answers.
HINTED = re.compile(
    r"\b(?:(?:owner|contact|responsible|maintainer|team)\s*[:=]|(?:owned|maintained) by|ask)"
    r"\s*(?!(?:nobody|no one|none|unknown|tbd)\b)\w",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.\w")
LONGEST = 120  # characters of a remark that are shown


def suspect(holdings: Holdings) -> Iterator[Row]:
    """Yield whatever an account that may sign in gives reason for."""
    whole = {grant.principal for grant, _ in crowds.trusted(holdings)}  # of whole accounts the roles tell
    for account in holdings.signing_in:
        if account.ref in whole:
            continue
        yield from acting.suspect(account, holdings)
        yield from unanswered(account, holdings)
        yield from remarkable(account, holdings)


def answered(account: Principal) -> bool:
    """Whether a remark on an account names somebody: by an address, or as its owner."""
    return any(ADDRESS.search(each) or HINTED.search(each) for each in account.owner_hints)


def unanswered(account: Principal, holdings: Holdings) -> Iterator[Row]:
    """Yield an account that nothing shows an owner of, where it can do something."""
    power, hinted = holdings.power(account.ref), bool(FOR_A_WHILE.search(account.name))
    if ourselves(account, holdings) or indispensable(account, holdings):
        return
    if answered(account) or not power or persons(account, holdings):
        return
    held = counted(len(holdings.direct.get(account.ref, ())), "thing")
    more = dict.fromkeys(each.leads_to for _, each in holdings.taken_on(account.ref))
    with_more = f", with {', '.join(more)}" if more else ""
    number = len(holdings.chains(account.ref))
    roles = f" and has the rights of {counted(number, 'role')}" if number else ""
    hint = "Its name says that it was not meant to stay. " if hinted else ""
    risk = FLOOR[Band.HIGH] if hinted and power >= FLOOR[Band.MEDIUM] else min(power, FLOOR[Band.HIGH] - 1)
    yield Row(
        check="no_owner_found",
        title="No owner found",
        holder=account.name,
        entitlement=f"{held} held, {counted(number, 'role')}",
        says=f"Nobody was found who answers for {account.name}",
        why=f"{hint}{remark(account)} It holds {held} by name{roles}{with_more}.",
        sure="no owner was found, which is not proof that there is none",
        certain=False,
        risk=risk,
        paths=((Node(account.name, "log-in, no owner found", "holder"), Node(f"{held}, {counted(number, 'role')}")),),
        subject=account.ref,
        remedy=holdings.adviser.name_owner(account) if holdings.adviser else None,
    )


def persons(account: Principal, holdings: Holdings) -> bool:
    """Whether it is a person's, who answers for it: no key of it is used, which may be an agent's."""
    return account.kind == HolderKind.HUMAN and account.ref not in holdings.with_keys_in_use


def remark(account: Principal) -> str:
    """Quote what is said of an account and names nobody."""
    if not account.owner_hints:
        return "Nothing written on it names anybody."
    text = "; ".join(account.owner_hints)
    return (
        f"What is written on it gives no address and no owner: “{text[:LONGEST]}{'…' if len(text) > LONGEST else ''}”."
    )


def ourselves(account: Principal, holdings: Holdings) -> bool:
    """Whether this is who reads: whoever runs the scan answers for it."""
    return account.ref in holdings.inventory.check.ours


def indispensable(account: Principal, holdings: Holdings) -> bool:
    """Whether it is the superuser that the system itself needs."""
    mine = holdings.direct.get(account.ref, ())
    return any(holdings.everything(each) and holdings.needed(each) for each in mine)


def remarkable(account: Principal, holdings: Holdings) -> Iterator[Row]:
    """Yield what the system's own adviser says about it."""
    for concern in holdings.concerns(account):
        weak = concern.check == "no_end_date" and holdings.power(account.ref) < FLOOR[Band.MEDIUM]
        yield Row(
            check=concern.check,
            title=concern.title,
            holder=account.name,
            entitlement=concern.leads_to,
            says=concern.says,
            why=concern.why,
            sure=concern.sure,
            certain=concern.certain,
            risk=FLOOR[Band.MEDIUM] - 1 if weak else concern.risk,
            paths=((paths.holder(account, holdings), Node(concern.leads_to, "", "end")),),
            subject=account.ref,
            remedy=concern.remedy,
        )
