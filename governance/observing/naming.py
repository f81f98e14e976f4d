"""Who a file means: the spellings of accounts and agents, resolved batch by batch and remembered."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeVar

from governance.models import Account, Agent, Source

REMEMBERED = 100_000

T = TypeVar("T")


class Names:
    """
    The accounts of a source's system and our agents, by the words that a file uses for them.

    An account is meant by its native id first, then by its name where only one bears it. An agent is meant by its name.
    """

    def __init__(self, source: Source) -> None:
        self._system = source.system_id
        self._accounts: dict[str, str | None] = {}
        self._agents: dict[str, int | None] = {}

    def learn(self, *, accounts: Iterable[str] = (), agents: Iterable[str] = ()) -> None:
        """Look up the spellings that are new, all of them at once."""
        remember(self._accounts, accounts, self._find_accounts)
        remember(self._agents, agents, self._find_agents)

    def account(self, word: str) -> str | None:
        """The native id of a spelling that was learned; None: no account, or several."""
        return self._accounts[word]

    def agent(self, word: str) -> int | None:
        """The key of an agent whose name was learned; None: no such agent."""
        return self._agents[word]

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


def remember(kept: dict[str, T | None], words: Iterable[str], find: Callable[[set[str]], dict[str, T | None]]) -> None:
    """Find what isn't kept yet; forget everything when it is too much."""
    wanted = {word for word in words if word}
    if len(kept) + len(wanted) > REMEMBERED:
        kept.clear()
    new = wanted - kept.keys()
    if new:
        found = find(new)
        kept.update({word: found.get(word) for word in new})
