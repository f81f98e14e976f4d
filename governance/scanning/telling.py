"""Sentences about a scan, on the page and in a terminal: what was found, what could not be seen, what was read."""

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote

from connectors.advising import Unseen
from connectors.base import Ref
from governance.policy.wording import counted, day
from governance.scanning.accounts import answered
from governance.scanning.gathering import CREDENTIALS
from governance.scanning.scanned import Scan
from governance.scanning.unused import ENOUGH
from governance.scanning.usage import Usage
from governance.scanning.using import SHOWN

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
CALLED = {
    "principals": "accounts",
    "entitlements": "what can be held",
    "grants": "who holds it",
    "credentials": "what accounts sign in with",
}
TELLS = {
    "membership": "who is a member of which role, with the membership's options",
    "superuser": "who may do everything",
    "owner": "who owns which object",
    "function": "functions and procedures, and who may run them",
    "table": "tables and views, and who may read or change them",
    "schema": "schemas, and who may look into them or make things there",
    "database": "databases, and who may connect or make schemas there",
    "column": "single columns that were granted by name",
    "parameter": "settings of the server that were granted by name",
    "default": "what the next object will open, and to whom",
}


@dataclass(frozen=True, slots=True)
class Read:
    """One line about what was read; from nowhere: what was left out."""

    what: str
    tells: str
    rows: int | None
    complete: bool

    @property
    def count(self) -> str:
        """The number as it is read."""
        return f"{self.rows:,}"


def in_words(number: int) -> str:
    """Write a small number as a word."""
    return WORDS[number] if number < len(WORDS) else f"{number:,}"


def headline(scan: Scan) -> tuple[str, str, str]:
    """Return the sentence that could be read out in a meeting, in three parts; the middle one is what matters."""
    held = scan.holdings
    signing_in = len(held.signing_in)
    who, roles = counted(signing_in, "account"), counted(len(held.accounts) - signing_in, "role")
    with_roles = f" and {roles}" if len(held.accounts) > signing_in else ""
    first = f"{who}{with_roles} can do {counted(len(held.grants), 'thing')} in {held.name}."
    number = scan.open_to_everyone
    if not number:
        return first, "None of them is open to everyone", "who can sign in."
    are = "is" if number == 1 else "are"
    return first, f"{in_words(number).capitalize()} of them {are} open to everyone", "who can sign in."


def second(scan: Scan) -> str:
    """Say what is known of use."""
    usage = scan.usage
    if usage is None:
        return "Whether any of it is used could not be seen: no usage record was given. Nothing here is called unused."
    idle = sum(row.check == "never_used" for row in scan.rows)
    found = f"{counted(idle, 'thing')} went without a use" if idle else "Nothing is called unused"
    if usage.log and not usage.given:
        seen = f"{usage.log.name} tells of use {between(usage)}, its first event and its last."
        return f"{seen} {found}; where use could not be seen, nothing is said."
    whose = "everybody" if usage.everybody else counted(len(usage.named), "account")
    return f"Use by {whose} was observable {between(usage)}. {found}; where use could not be seen, nothing is said."


def between(usage: Usage) -> str:
    """Say when."""
    return f"from {day(usage.interval.starts_at)} to {day(usage.interval.ends_at)}"


def unseen(scan: Scan) -> list[Unseen]:
    """Say what could not be seen, before what was."""
    told = [incomplete(scan)] if not scan.holdings.inventory.complete else []
    told.append(of_use(scan))
    without = sum(not answered(each) for each in scan.holdings.signing_in)
    if without:
        text = (
            f"{counted(without, 'account')} that may sign in {'carries' if without == 1 else 'carry'} no comment that"
            " names anybody. No owner found is not the same as ownerless: somebody may know."
        )
        told.append(Unseen("Who answers", text))
    return [*told, *scan.reading.unseen]


def incomplete(scan: Scan) -> Unseen:
    """Say that the system cut its answer short."""
    cut = [CALLED[name] for name, each in scan.holdings.inventory.streams.items() if not each.complete]
    return Unseen("Part of the system", f"It did not show all of: {', '.join(cut)}. What is missing here may be there.")


def of_use(scan: Scan) -> Unseen:
    """Say what is not known of use."""
    usage = scan.usage
    if usage is None:
        text = "The system keeps no record of who used what. Give a log with --usage, and this says what was not used."
        return Unseen("Use", text)
    told = [f"Outside {between(usage).removeprefix('from ')} nothing is known."]
    told += of_log(usage)
    if not usage.everybody:
        told.append("The log is the accounts' own word: of an account that it does not name, nothing is said.")
    return Unseen("Use", " ".join((*told, *not_understood(usage), *in_doubt(usage), *lent(scan))))


def of_log(usage: Usage) -> Iterator[str]:
    """Say on what it rests that a system's own log shows all, what it does not show, and what it shows of people."""
    if usage.log is None:
        return
    if not usage.given:
        yield "That nothing is missing between the first event and the last was not checked."
    yield usage.log.leaves_out
    if usage.days < ENOUGH:
        yield f"That is {counted(usage.days, 'whole day')}, and policy wants {ENOUGH}: nothing is called unused."
    if usage.for_people:
        yield f"On behalf of a person: {counted(usage.for_people, 'use')}, which count as the account's own."


def lent(scan: Scan) -> Iterator[str]:
    """Say of whom nothing is called unused, because others use what it holds."""
    owners = {scan.holdings.principal(each).name for each in frozenset[Ref]().union(*scan.holdings.lenders.values())}
    if owners:
        some = ", ".join(sorted(owners)[:SHOWN]) + (" and others" if len(owners) > SHOWN else "")
        yield (
            f"What {some} may is used by whoever calls the views and functions that act with their owner's rights, and"
            " no log shows that as the owner's: in that database nothing of theirs, of their roles or of everyone is"
            " called unused."
        )


def not_understood(usage: Usage) -> Iterator[str]:
    """Count the lines of which it cannot be said who used what."""
    if usage.strangers:
        name = next(iter(usage.strangers))
        yield f"{counted(usage.strangers.total(), 'line')} named accounts that are not there, such as {name}."
    if usage.unmapped:
        yield f"Not attributed: {counted(usage.unmapped.total(), 'call')} of tools that no mapping names."
    if usage.unmatched:
        action, resource = next(iter(usage.unmatched))
        calls = counted(usage.unmatched.total(), "call")
        yield f"Not attributed: {calls} of what the system does not have, such as {action} on {resource}."
    if usage.refused:
        yield f"{counted(len(usage.refused), 'line')} could not be read: {refused(usage)}."


def in_doubt(usage: Usage) -> Iterator[str]:
    """Say of whom nothing is called unused, because a line could not be understood."""
    if usage.anybody:
        yield "A line that tells neither who nor what may be anybody's use of anything: nothing is called unused."
        return
    if usage.anybodys:
        things = counted(len(usage.anybodys), "thing")
        yield f"So anybody may have used {things}, and nobody's right to that is called unused."
    if usage.unclear:
        whose = counted(len(usage.unclear), "account")
        yield f"So {whose} may have used anything: nothing of theirs, of their roles or of everyone is called unused."


def refused(usage: Usage) -> str:
    """Name the first lines that could not be read."""
    return "; ".join(f"{name} line {number}: {reason}" for name, number, reason in usage.refused[:SHOWN])


def found(scan: Scan) -> str:
    """Say what the list of first things is made of."""
    rows, folded = counted(len(scan.rows), "finding"), counted(len(scan.cards), "card")
    same = (
        "" if len(scan.rows) == len(scan.cards) else f" Findings of one kind about one holder share a card: {folded}."
    )
    return (
        f"Of {rows}, ordered by what a mistake would cost.{same} The effect of each fix is worked out from what was"
        " read; nothing was tried, nothing was changed."
    )


def statement(scan: Scan) -> str:
    """Say how complete the reading was."""
    who = scan.holdings.inventory.check.identity
    told = "Everything" if scan.holdings.inventory.complete else "Not everything"
    return f"{told} that {who} may read about {scan.holdings.name} was read, page by page."


def reads(scan: Scan) -> list[Read]:
    """List what was read, by its kind; what was left out by rule; and use."""
    streams = scan.holdings.inventory.streams
    told = [
        Read(
            place(scan, "principals"),
            "accounts and roles, with their attributes",
            streams["principals"].rows.total(),
            streams["principals"].complete,
        )
    ]
    grants = streams["grants"]
    told += [
        Read(place(scan, kind), TELLS.get(kind, f"who holds what of each {kind}"), number, grants.complete)
        for kind, number in sorted(grants.rows.items())
    ]
    if keys := streams.get(CREDENTIALS):
        told.append(
            Read(
                place(scan, CREDENTIALS),
                "what accounts sign in with, how old that is, and when it was last used",
                keys.rows.total(),
                keys.complete,
            )
        )
    left_out = [(rule, number) for rule, number in sorted(grants.left_out.items()) if number]
    told += [
        Read("", scan.reading.rules.get(rule, f"what the connector's rule {rule} leaves out"), number, True)
        for rule, number in left_out
    ]
    return [*told, Read("use of anything", "who did what, and when", None, scan.usage is not None)]


def place(scan: Scan, kind: str) -> str:
    """Say where a kind is read from."""
    return scan.reading.catalogues.get(kind, kind)


def again(scan: Scan) -> tuple[str, str]:
    """Return the command that gave this, and the one that would tell of use."""
    url = quote(scan.address.shown)
    same = f"countersign scan {url}"
    if scan.reading.log:
        return same, f"{same} --usage {scan.reading.log}"
    return same, f"{same} --usage calls.csv --covers 2026-10-01..2026-11-01 --runs runs.csv"
