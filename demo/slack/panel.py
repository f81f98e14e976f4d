"""The panel beside the messages: what can be made to go wrong from the page, and who is what."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from demo.slack.clicking import NotThere
from demo.slack.directing import Director, Installation
from demo.slack.directory import Person
from demo.slack.mischief import Outage, Trick

HOUR, DAY = 3600, 86400  # seconds
Act = Callable[[Director, Person], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A button of the panel. `on`: it is so already, and pressing it again takes it back."""

    do: str
    words: str
    on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Buttons that belong together."""

    title: str
    wishes: tuple[Wish, ...]


TRICKS = {
    Trick.TWICE: "Deliver twice",
    Trick.LATE: "Answer after 3 s",
    Trick.RATELIMITED: "429",
    Trick.OTHER_PERSON: "Wrong person",
    Trick.HOLD: "Hold it back",
    Trick.OLD_TIME: "Old signature",
    Trick.WRONG_SECRET: "Forged signature",
    Trick.OTHER_TEAM: "Other team",
    Trick.OTHER_APP: "Other app",
    Trick.REPLY_LOST: "Lose its reply",
}
FIRST = (Trick.TWICE, Trick.LATE, Trick.RATELIMITED, Trick.OTHER_PERSON)
FLAGS = {
    "deleted": "Deactivated",
    "is_restricted": "Guest",
    "is_ultra_restricted": "Single-channel guest",
    "is_stranger": "Stranger",
    "is_bot": "Bot",
}
OUTAGES = {Outage.REFUSING: "Answers 503", Outage.SILENT: "Does not answer"}
SPANS = {HOUR: "+1 hour", DAY: "+1 day", 7 * DAY: "+7 days"}
INSTALLATIONS = {Installation.REVOKED: "Token revoked", Installation.UNINSTALLED: "Uninstalled"}


def first(director: Director) -> tuple[Wish, ...]:
    """Return the buttons that are always in view."""
    armed = director.status()["armed"]
    again = Wish(do="stale", words="Stale click")
    return (*(Wish(do=f"arm {one}", words=TRICKS[one], on=one in armed) for one in FIRST), again)


def rest(director: Director, person: Person) -> Iterator[Group]:
    """Yield the other buttons."""
    status = director.status()
    others = (one for one in TRICKS if one not in FIRST)
    tricks = tuple(Wish(do=f"arm {one}", words=TRICKS[one], on=one in status["armed"]) for one in others)
    yield Group(title="Once, with the next request", wishes=tricks)
    again = (
        Wish(do="again", words="Deliver the last again"),
        Wish(do="release", words=f"Release {status['held']} held"),
    )
    yield Group(title="Now", wishes=(*again, Wish(do="refresh", words=f"Reconnect {status['connections']} sockets")))
    down = tuple(Wish(do=f"outage {how}", words=words, on=status["outage"] == how) for how, words in OUTAGES.items())
    yield Group(title="Slack is down for the app", wishes=down)
    yield Group(title="Clock", wishes=tuple(Wish(do=f"clock {span}", words=words) for span, words in SPANS.items()))
    flags = tuple(Wish(do=f"flag {flag}", words=words, on=getattr(person, flag)) for flag, words in FLAGS.items())
    yield Group(title=f"{person.real_name} is", wishes=flags)
    states = INSTALLATIONS.items()
    gone = tuple(Wish(do=f"install {how}", words=words, on=status["installation"] == how) for how, words in states)
    yield Group(title="The app", wishes=gone)


def perform(director: Director, person: Person, do: str) -> None:
    """Do what a button of the panel says. Raises NotThere."""
    verb, _, what = do.partition(" ")
    if do not in {wish.do for group in rest(director, person) for wish in group.wishes} | {
        wish.do for wish in first(director)
    }:
        raise NotThere("This button is not on the panel.")
    ACTS[verb](director, person, what)


def arm(director: Director, _person: Person, what: str) -> None:
    """Arm a trick, or take it back."""
    trick = Trick(what)
    director.arm(trick, times=0 if trick in director.status()["armed"] else 1)


def outage(director: Director, _person: Person, what: str) -> None:
    """Let Slack go down in this way, or come back."""
    how = Outage(what)
    director.outage(Outage.NONE if director.status()["outage"] == how else how)


def flag(director: Director, person: Person, what: str) -> None:
    """Turn what is true of a person."""
    director.change(person, **{what: not getattr(person, what)})


def install(director: Director, _person: Person, what: str) -> None:
    """Take the app out in this way, or put it back."""
    how = Installation(what)
    director.install(Installation.INSTALLED if director.status()["installation"] == how else how)


ACTS: dict[str, Callable[[Director, Person, str], object]] = {
    "arm": arm,
    "outage": outage,
    "flag": flag,
    "install": install,
    "clock": lambda director, _person, what: director.advance(int(what)),
    "again": lambda director, _person, _what: director.again(),
    "stale": lambda director, _person, _what: director.stale(),
    "release": lambda director, _person, _what: director.release(),
    "refresh": lambda director, _person, _what: director.refresh(),
}
