"""Names and remarks, as words that can be compared: without case, width, and what only joins them."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from string import punctuation
from typing import Generic, TypeVar

# What names of log-ins and of agents have besides what they are about.
COMMON = {
    *("account", "agent", "ai", "app", "bot", "client", "db", "dev", "login", "prod", "production", "robot", "role"),
    *("sa", "service", "srv", "svc", "test", "user"),
}
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
JOINT = re.compile(r"[\W_]+")
EDGES = f"{punctuation}\u2018\u2019\u201c\u201d"

Thing = TypeVar("Thing")


class Phrases(Generic[Thing]):
    """Things by their names of one word or more, to be found within other words however many things there are."""

    def __init__(self, named: Iterable[tuple[tuple[str, ...], Thing]]) -> None:
        self.things: dict[tuple[str, ...], list[Thing]] = defaultdict(list)
        self.lengths: dict[str, set[int]] = defaultdict(set)  # of the names that begin with a word
        for name, thing in named:
            if name:
                self.things[name].append(thing)
                self.lengths[name[0]].add(len(name))

    def called(self, name: tuple[str, ...]) -> list[Thing]:
        """Those of this very name."""
        return self.things.get(name, [])

    def within(self, words: Sequence[str]) -> Iterator[Thing]:
        """Those whose name stands in these words, as neighbours in their order."""
        for place, word in enumerate(words):
            for length in self.lengths.get(word, ()):
                yield from self.called(tuple(words[place : place + length]))


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name: "AirlineSupport", "airline_support" and "Airline support" have the same."""
    return tuple(word for word in JOINT.split(HUMP.sub(" ", plain(name)).casefold()) if word)


def plain(text: str) -> str:
    """The same in letters of usual width and form."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def telling(words: Sequence[str]) -> tuple[str, ...]:
    """Those that say what it is about."""
    return tuple(word for word in words if word not in COMMON)


def written(text: str) -> tuple[str, ...]:
    """The words of a person's name or of a remark, as people write them: with hyphens and apostrophes."""
    return tuple(word for each in plain(text).casefold().split() if (word := each.strip(EDGES)))


def addresses(remark: str) -> Iterator[str]:
    """The e-mail addresses in a remark, in small letters."""
    return (found.group().casefold() for found in ADDRESS.finditer(remark))
