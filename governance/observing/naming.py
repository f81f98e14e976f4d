"""
Who and what a file means: the spellings of accounts and agents, and what can be done in the system.

Resolved batch by batch, and remembered.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from django.db import connection

from governance.models import Account, Agent, Source
from governance.models.expressions import Digest, Pattern
from governance.observing.judging import Deed

REMEMBERED = 100_000

# The digest is how the index on resources is asked. Patterns are asked by the action first: there are few of those.
THERE = f"""
WITH deed AS (
    SELECT * FROM unnest(%(actions)s::text[], %(resources)s::text[]) AS deed (action, resource)
), wild AS MATERIALIZED (
    SELECT DISTINCT {Pattern.sql("act.action")} AS actions, {Pattern.sql("act.resource")} AS resources
    FROM governance_entitlementaction AS act JOIN governance_entitlement AS entitlement
        ON entitlement.id = act.entitlement_id AND entitlement.system_id = %(system)s
    WHERE act.wild
), may AS (
    SELECT done.action, array_agg(wild.resources) AS resources
    FROM (SELECT DISTINCT action FROM deed) AS done JOIN wild ON done.action LIKE wild.actions GROUP BY 1
)
SELECT deed.action, deed.resource FROM deed LEFT JOIN may USING (action)
WHERE (may.action IS NOT NULL AND (deed.resource = '' OR deed.resource LIKE ANY (may.resources))) OR EXISTS (
    SELECT FROM governance_entitlementaction AS act
        JOIN governance_entitlement AS entitlement ON entitlement.id = act.entitlement_id
    WHERE entitlement.system_id = %(system)s AND act.action = deed.action
        AND {Digest.sql("act.resource")} = {Digest.sql("deed.resource")})
"""  # noqa: S608 (no word of it comes from outside)

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Names:
    """
    The accounts of a source's system and our agents, by the words that a file uses for them.

    An account is meant by its native id first, then by its name where only one bears it. An agent is meant by its name.
    A deed is an action and a resource: one that is there is of something that the system has.
    """

    def __init__(self, source: Source) -> None:
        self._system = source.system_id
        self._accounts: dict[str, str | None] = {}
        self._agents: dict[str, int | None] = {}
        self._deeds: dict[Deed, bool | None] = {}

    def learn(self, *, accounts: Iterable[str] = (), agents: Iterable[str] = (), deeds: Iterable[Deed] = ()) -> None:
        """Look up the spellings that are new, all of them at once."""
        remember(self._accounts, filter(None, accounts), self._find_accounts)
        remember(self._agents, filter(None, agents), self._find_agents)
        remember(self._deeds, deeds, self._find_deeds)

    def account(self, word: str) -> str | None:
        """The native id of a spelling that was learned; None: no account, or several."""
        return self._accounts[word]

    def known(self, word: str) -> bool:
        """Whether an event's account was found, or it names none."""
        return not word or self._accounts[word] is not None

    def agent(self, word: str) -> int | None:
        """The key of an agent whose name was learned; None: no such agent."""
        return self._agents[word]

    def there(self, deed: Deed) -> bool:
        """Whether anything in the system allows a deed that was learned."""
        return bool(self._deeds[deed])

    def _find_accounts(self, words: set[str]) -> dict[str, str | None]:
        ours = Account.objects.filter(system=self._system)
        found: dict[str, str | None] = {
            native: native for native in ours.filter(native_id__in=words).values_list("native_id", flat=True)
        }
        named = list(ours.filter(name__in=words - found.keys()).values_list("name", "native_id"))
        often = Counter(name for name, _ in named)
        found.update({name: native for name, native in named if often[name] == 1})
        return found

    def _find_agents(self, words: set[str]) -> dict[str, int | None]:
        return dict(Agent.objects.filter(name__in=words).values_list("name", "pk"))

    def _find_deeds(self, deeds: set[Deed]) -> dict[Deed, bool | None]:
        actions, resources = zip(*deeds, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(THERE, {"actions": list(actions), "resources": list(resources), "system": self._system})
            return dict.fromkeys(cursor.fetchall(), True)


def remember(kept: dict[K, T | None], words: Iterable[K], find: Callable[[set[K]], dict[K, T | None]]) -> None:
    """Find what isn't kept yet; forget everything when it is too much."""
    wanted = set(words)
    if len(kept) + len(wanted) > REMEMBERED:
        kept.clear()
    new = wanted - kept.keys()
    if new:
        found = find(new)
        kept.update({word: found.get(word) for word in new})
