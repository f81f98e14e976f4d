"""What is suspicious about a role that trusts a whole account: whoever that account lets may become it."""

from collections import defaultdict
from collections.abc import Iterator

from connectors.advising import Crowd, Let, Remedy
from connectors.base import Grant, Principal, Ref
from governance.models import Band
from governance.policy.wording import counted
from governance.scanning import paths
from governance.scanning.holdings import Holdings
from governance.scanning.rows import Node, Path, Row
from governance.scanning.suspecting import FLOOR, take_away

NAMED = 5  # of those whom the account lets
Entry = tuple[Grant, Crowd]
ELSEWHERE = "the trust policy was read; whom that account lets is not known here"
WITHIN = "the trust policy and this account's policies were read; the organisation's and sessions' may deny more"


def suspect(holdings: Holdings) -> Iterator[Row]:
    """Yield each such role once, whichever accounts it trusts."""
    by_role: dict[Ref, list[Entry]] = defaultdict(list)
    for grant, crowd in trusted(holdings):
        if membership := holdings.membership(grant):
            by_role[membership.role].append((grant, crowd))
    for role, told in by_role.items():
        yield row(holdings.principal(role), told, holdings)


def trusted(holdings: Holdings) -> Iterator[Entry]:
    """Yield the grants of which the holder is a whole account, and what is known of that."""
    known = holdings.inventory.crowds
    yield from ((each, known[each.key]) for each in (holdings.grants if known else ()) if each.key in known)


def row(role: Principal, told: list[Entry], holdings: Holdings) -> Row:
    """Say who that is, as far as it is known; what nobody gains by now is no more than what has no owner."""
    crowds = list(dict.fromkeys(crowd for _, crowd in told))
    names = " or ".join(dict.fromkeys(each.name for each in crowds))
    risk = holdings.power(role.ref)
    if not any(each.lets is None or gaining(each.lets, holdings) for each in crowds):
        risk = min(risk, FLOOR[Band.HIGH] - 1)
    return Row(
        check="trusts_account",
        title="Trusts a whole account",
        holder=role.name,
        entitlement=holdings.called(told[0][0]),
        says=f"{role.name} can be assumed by whoever {names} lets",
        why=" ".join(why(each, holdings) for each in crowds),
        sure=WITHIN if all(each.lets is not None for each in crowds) else ELSEWHERE,
        certain=not any(each.asked for each in crowds),
        risk=risk,
        paths=tuple(dict.fromkeys(way(role, grant, crowd, holdings) for grant, crowd in told)),
        subject=role.ref,
        remedy=in_turn([take_away(grant, holdings) for grant, _ in told]),
        grants=tuple(grant for grant, _ in told),
    )


def in_turn(remedies: list[Remedy | None]) -> Remedy | None:
    """Return what takes all of them away, one after the other."""
    known = [each for each in remedies if each]
    return Remedy("\n".join(each.text for each in known), known[0].effect) if known else None


def why(crowd: Crowd, holdings: Holdings) -> str:
    """Say what the trust policy leaves to the account, and on what condition."""
    keys = ", ".join(crowd.asked)
    condition = f" Only under a condition, which was not worked out: {keys}." if keys else ""
    if crowd.lets is None:
        asked = condition or " Nothing else is asked, such as an external ID."
        return f"Its trust policy names {crowd.name} and nobody in it: who may is decided there.{asked}"
    return (
        "Its trust policy names this account and nobody in it: any policy of the account that allows sts:AssumeRole on"
        f" it is enough.{condition} {people(crowd.lets, holdings)}"
    )


def people(lets: tuple[Let, ...], holdings: Holdings) -> str:
    """Say whom the policies that were read let, and who may do everything anyway."""
    gains = gaining(lets, holdings)
    named = ", ".join(called(each, holdings) for each in gains[:NAMED]) or "nobody"
    more = f" and {counted(len(gains) - NAMED, 'other')}" if len(gains) > NAMED else ""
    anyway = len(lets) - len(gains)
    beside = f", beside {counted(anyway, 'account')} that may do everything anyway" if anyway else ""
    return f"By what was read that is {named}{more}{beside}. Who is given such a policy next can too."


def gaining(lets: tuple[Let, ...], holdings: Holdings) -> list[Let]:
    """Return those to whom the role gives something."""
    return [each for each in lets if each.principal not in holdings.superusers]


def called(let: Let, holdings: Holdings) -> str:
    """Name somebody, and by which policy."""
    return f"{holdings.principal(let.principal).name} ({let.by}{'' if let.certain else ', under a condition'})"


def way(role: Principal, grant: Grant, crowd: Crowd, holdings: Holdings) -> Path:
    """Return the way from the account to the riskiest that the role opens."""
    whoever = Node(f"Whoever {crowd.name} lets", "no name is given", "everyone")
    riskiest = holdings.riskiest(role.ref)
    if riskiest is None:
        return whoever, paths.step(grant, holdings)
    chain, worst = riskiest
    return whoever, *paths.path(worst, holdings, chain=(grant, *chain))[1:]
