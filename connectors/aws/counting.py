"""How many actions the patterns of a policy mean, at least: of the published list (`flags`), each counted once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from connectors.aws import flags
from connectors.patterns import means

ANY = "*?"


@cache
def known() -> Mapping[str, frozenset[str]]:
    """Return the published actions by their service."""
    found: dict[str, set[str]] = defaultdict(set)
    for actions in flags.listed().values():
        for each in actions:
            found[each.partition(":")[0]].add(each)
    return {service: frozenset(actions) for service, actions in found.items()}


def counts(patterns: Iterable[str]) -> Mapping[str, int]:
    """
    Return for each pattern how many actions it means that none before it does; names go before patterns.

    One that means nothing published is one action: which of them others mean as well is not known.
    """
    ordered = sorted(dict.fromkeys(patterns), key=lambda each: any(sign in each for sign in ANY))
    taken: set[str] = set()
    found: dict[str, int] = {}
    for pattern in ordered:
        meant = meant_by(pattern) or {pattern}
        found[pattern] = len(meant - taken)
        taken |= meant
    return found


def meant_by(pattern: str) -> frozenset[str]:
    """Return the published actions that a pattern means."""
    service = pattern.partition(":")[0]
    if any(sign in service for sign in ANY):
        return frozenset(each for actions in known().values() for each in actions if means(pattern, each))
    return frozenset(each for each in known().get(service, ()) if means(pattern, each))
