"""
Which agent an account could be: suggestions, each with its basis in words and how sure it is, in percent.

    its name is the agent's             90, 80 but for common words, 50 where it only holds the agent's name
    a run of the agent used it          85
    the agent uses such a log-in
    in another system                   60
    the remark on it names the agent    70, its owner or deputy 40

Several together are surer than the surest of them, as if each could be wrong by itself. A person claims, never we.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, Value
from django.db.models.functions import Lower

from governance.claiming.hints import remarks
from governance.claiming.words import Phrases, telling, words_of
from governance.models import Account, Agent, Claim, ExternalIdentity, Grant, Ownership, Person, Run
from governance.models.expressions import key_array

SAME_NAME, SAME_BUT_COMMON, HOLDS_NAME = 90, 80, 50
USED_IT, REMARK_NAMES_IT, ELSEWHERE, REMARK_NAMES_OWNER = 85, 70, 60, 40
SUREST = 99
AT_MOST = 5  # for one account
SHORTEST = 4  # letters of a name of one word that is looked for within another


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An agent that an account could be; `basis` are clauses about the account, the strongest first."""

    agent_id: int
    agent: str
    confidence: int
    basis: tuple[str, ...]

    @property
    def words(self) -> str:
        """Why, in words."""
        return "; ".join(self.basis)


@dataclass(frozen=True, slots=True)
class Clue:
    """One reason to think of an agent."""

    account: int
    agent: int
    confidence: int
    why: str


def suggestions(
    accounts: Sequence[Account], people: Mapping[int, Sequence[Person]]
) -> Mapping[int, tuple[Suggestion, ...]]:
    """Agents that these accounts could be, by the accounts' keys, the surest first; `people`: whom remarks name."""
    names = dict(Agent.objects.answering().values_list("pk", "name"))
    by_pair: dict[tuple[int, int], list[Clue]] = defaultdict(list)
    for part in (by_name(accounts, names), by_use(accounts), by_claims(accounts), by_owners(accounts, people)):
        for clue in part:
            if clue.agent in names:
                by_pair[clue.account, clue.agent].append(clue)
    found: dict[int, list[Suggestion]] = defaultdict(list)
    for (account, agent), clues in by_pair.items():
        found[account].append(together(agent, names[agent], clues))
    return {account: ranked(each) for account, each in found.items()}


def together(agent: int, name: str, clues: Iterable[Clue]) -> Suggestion:
    """What several reasons make."""
    ordered = sorted(clues, key=lambda clue: (-clue.confidence, clue.why))
    doubt = 1.0
    for clue in ordered:
        doubt *= 1 - clue.confidence / 100
    return Suggestion(agent, name, min(round(100 * (1 - doubt)), SUREST), tuple(clue.why for clue in ordered))


def ranked(found: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """The surest few."""
    return tuple(sorted(found, key=lambda each: (-each.confidence, each.agent))[:AT_MOST])


class Called:
    """Agents by the words of their names, and of what they are called elsewhere."""

    def __init__(self, named: Iterable[tuple[int, str]]) -> None:
        whole = [(words_of(name), agent) for agent, name in named]
        core = [(telling(words), agent) for words, agent in whole]
        self.whole, self.core = Phrases(whole), Phrases(core)
        self.long = Phrases((words, agent) for words, agent in core if says_something(words))
        self.full = Phrases((words, agent) for words, agent in whole if len(words) > 1)

    def like(self, account: Account) -> Iterator[tuple[set[int], int, str]]:
        """Agents whose name is like an account's, or stands in the remark on it: how sure that is, and why."""
        words = words_of(account.name)
        same = set(self.whole.called(words))
        but_common = set(self.core.called(telling(words))) - same
        within = set(self.long.within(telling(words))) - same - but_common
        yield same, SAME_NAME, "its name is the agent's"
        yield but_common, SAME_BUT_COMMON, "its name is the agent's, but for common words"
        yield within, HOLDS_NAME, "its name has the agent's in it"
        spoken_of = {agent for remark in remarks(account) for agent in self.full.within(words_of(remark))}
        yield spoken_of, REMARK_NAMES_IT, "the system's remark on it names the agent"


def says_something(name: Sequence[str]) -> bool:
    """Whether a name within another is more than a short word, which stands there for something else."""
    return len(name) > 1 or any(len(word) >= SHORTEST for word in name)


def by_name(accounts: Iterable[Account], names: Mapping[int, str]) -> Iterator[Clue]:
    """What names and remarks say."""
    aliases = ExternalIdentity.objects.standing().filter(agent__isnull=False).values_list("agent", "value")
    called = Called([*names.items(), *aliases])
    for account in accounts:
        for agents, confidence, why in called.like(account):
            yield from (Clue(account.pk, agent, confidence, why) for agent in agents)


def by_use(accounts: Sequence[Account]) -> Iterator[Clue]:
    """The agents whose run was the last to use something that an account holds itself."""
    used = Grant.objects.held().filter(account__any_of=keys_of(accounts), use__last_run__gt="")
    told = used.values_list("account", "account__system", "entitlement__name", "use__last_run", "use__last_used_at")
    last = {row[0]: row for row in told.order_by("use__last_used_at")}
    named = Value(sorted({row[3] for row in last.values()}), output_field=ArrayField(CharField()))
    told_of = Run.objects.filter(source__system__in={row[1] for row in last.values()}, native_id__any_of=named)
    rows = told_of.values_list("source__system", "native_id", "agent")
    whose = {(system, run): agent for system, run, agent in rows}
    for account, system, held, run, at in last.values():
        if agent := whose.get((system, run)):
            yield Clue(account, agent, USED_IT, f"a run of the agent used {held} with it on {at:%-d %b %Y}")


def by_claims(accounts: Sequence[Account]) -> Iterator[Clue]:
    """The agents that use a log-in of the same name in another system."""
    wanted: dict[str, list[Account]] = defaultdict(list)
    for account in accounts:
        wanted[account.name.lower()].append(account)
    names = Value(sorted(wanted), output_field=ArrayField(CharField()))
    claims = Claim.objects.filter(until=None).alias(called=Lower("account__name")).filter(called__any_of=names)
    where = ("agent", "account__name", "account__system", "account__system__name")
    for agent, name, system, called in claims.values_list(*where):
        for account in wanted[name.lower()]:
            if account.system_id != system:
                yield Clue(account.pk, agent, ELSEWHERE, f"the agent uses {name} in {called}")


def by_owners(accounts: Iterable[Account], people: Mapping[int, Sequence[Person]]) -> Iterator[Clue]:
    """The agents for which somebody answers whom the remark names."""
    named = {person.pk: person.name for each in people.values() for person in each}
    line = Ownership.objects.filter(person__in=named, until=None, role__in=Ownership.LINE)
    owned: dict[int, list[int]] = defaultdict(list)
    for owner, agent in line.values_list("person", "agent"):
        owned[owner].append(agent)
    for account in accounts:
        for person in people.get(account.pk, ()):
            why = f"the system's remark on it names {person.name}, who answers for the agent"
            yield from (Clue(account.pk, agent, REMARK_NAMES_OWNER, why) for agent in owned[person.pk])


def keys_of(accounts: Iterable[Account]) -> Value:
    """Their keys, as one parameter however many there are."""
    return key_array(account.pk for account in accounts)
