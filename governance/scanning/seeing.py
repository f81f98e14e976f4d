"""
Whether use of a grant would have been seen, and what was.

Who owns a view, or a function that acts with its owner's rights, uses what it holds whenever somebody else calls that,
and no log shows it as its own. Of a log that calls everybody by an id, what a role holds was not used where nobody took
the role on: that is seen of every role, also where what is done then is not.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from connectors.base import Action, Grant, Ref
from connectors.logs import Log
from connectors.patterns import means
from governance.scanning.holdings import Holdings, place_of
from governance.scanning.usage import Done, Usage


def observable(usage: Usage | None, grant: Grant, holdings: Holdings) -> bool:
    """Whether use of a grant would have been seen, and understood."""
    if usage is None or usage.anybody:
        return False
    if usage.log and usage.by_id:
        return usage.everybody and by_id(usage, usage.log, grant, holdings)
    return understood(usage, holdings.entitlement(grant).actions) and by_name(usage, grant, holdings)


def by_name(usage: Usage, grant: Grant, holdings: Holdings) -> bool:
    """Whether whoever could have used it is one of whom the files tell, and everything that they tell is clear."""
    if grant.principal in holdings.lent.get(place_of(grant), ()):
        return False
    if grant.principal in holdings.everyone:
        return usage.everybody and not usage.unclear
    doers = doing(grant.principal, holdings)
    if not usage.unclear.isdisjoint(doers):
        return False
    return usage.everybody or (bool(doers) and usage.named.issuperset(doers))


def by_id(usage: Usage, log: Log, grant: Grant, holdings: Holdings) -> bool:
    """Whether nobody took the role on that holds it, or that it leads to; or it is done under an id, and shown."""
    membership, actions = holdings.membership(grant), holdings.entitlement(grant).actions
    if grant.principal in usage.asleep or (membership and membership.role in usage.asleep):
        return True
    called = any(each.type in log.called_by_id for each in doing(grant.principal, holdings))
    return called and bool(actions) and usage.shows(actions)


def understood(usage: Usage, actions: Sequence[Action]) -> bool:
    """
    Whether there is anything to be seen, and none of it was done by nobody knows whom.

    Patterns are not compared with uses here, so that whoever holds one may have used it.
    """
    return (
        bool(actions)
        and usage.shows(actions)
        and not any(each.wild for each in actions)
        and usage.anybodys.isdisjoint((each.action, each.resource) for each in actions)
    )


def doing(holder: Ref, holdings: Holdings) -> Sequence[Ref]:
    """Return those who sign in and have what this one holds."""
    members = holdings.members.get(holder, ())
    return [holder, *members] if any(each.ref == holder for each in holdings.signing_in) else members


def used(usage: Usage, grant: Grant, holdings: Holdings) -> tuple[int, datetime | None]:
    """Return how often a grant could have been what allowed a use, and when last."""
    done = set(done_by(usage, grant, holdings))
    return sum(usage.uses[each] for each in done), max((usage.last[each] for each in done), default=None)


def done_by(usage: Usage, grant: Grant, holdings: Holdings) -> Iterator[Done]:
    """Yield what its holder did and it allows; what was done to nobody knows what may be any of it."""
    for allowed in holdings.entitlement(grant).actions:
        if not allowed.wild:
            exactly = grant.principal, allowed.action, allowed.resource
            yield from (exactly,) if exactly in usage.uses else ()
            continue
        for action, resources in usage.by_holder.get(grant.principal, {}).items():
            if means(allowed.action, action):
                may = (each for each in resources if not each or means(allowed.resource, each))
                yield from ((grant.principal, action, each) for each in may)


def runs_of(usage: Usage, holder: Ref, holdings: Holdings) -> int:
    """Count the runs of whoever has what this one holds."""
    if holder in holdings.everyone:
        return usage.runs.total()
    return sum(usage.runs[each] for each in set(doing(holder, holdings)))
