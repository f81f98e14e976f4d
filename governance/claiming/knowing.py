"""What is known of accounts that no agent claims: hints, last use, power, and whose they could be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, CharField, Count, F, Field, Max, Value, Window
from django.db.models.functions import RowNumber

from governance.claiming.hints import people_named, remarks
from governance.claiming.suggesting import Suggestion, keys_of, suggestions
from governance.models import Account, Band, Coverage, Grant, Person, Source, UsageDay
from governance.policy.observed import Spans
from governance.policy.wording import counted

NAMED = 3
SPANS = 3  # times at which a log told of use, that are named
WORD = {True: "may sign in", False: "is shut", None: "may sign in, as far as the system says"}
Span = tuple[datetime, datetime]


class Times(Aggregate):
    """All intervals of a group from a start to an end as one multirange: where they overlap or meet they are one."""

    template = Spans.template
    output_field: Field[Any, Any] = Field()


@dataclass(frozen=True, slots=True)
class Power:
    """What weighs most of what an account holds, and how much that is in all."""

    band: Band
    words: str


@dataclass(frozen=True, slots=True)
class Known:
    """An account, and what is known of it in words."""

    account: Account
    kind: str
    hints: tuple[str, ...]
    people: tuple[Person, ...]
    last_use: str
    power: Power
    suggestions: tuple[Suggestion, ...]

    @property
    def lines(self) -> Mapping[str, str]:
        """Facts by their labels."""
        return {
            "Is": self.kind,
            "Owner hint": "; ".join(self.hints) or "None: the system has no remark on it",
            "Last used": self.last_use,
            "Riskiest grants": self.power.words,
            "Could be": could_be(self.suggestions),
        }


def could_be(found: Sequence[Suggestion]) -> str:
    """Agents with how sure it is, and why."""
    named = [f"{each.agent} ({each.confidence} %): {each.words}" for each in found[:NAMED]]
    return ". ".join(named) or "No agent that we know of suggests itself"


def of_one(account: Account) -> Known:
    """What is known of one account."""
    return next(iter(known([account])))


def known(accounts: Sequence[Account]) -> Iterator[Known]:
    """What is known of these accounts, in their order; their systems should be at hand."""
    people = people_named(accounts)
    use, power, found = last_uses(accounts), powers(accounts), suggestions(accounts, people)
    nothing = Power(Band.LOW, "Nothing that we know of")
    for account in accounts:
        yield Known(
            account=account,
            kind=f"{account.get_kind_display()} of {account.system.name}; {WORD[account.enabled]}",
            hints=tuple(remarks(account)),
            people=tuple(people.get(account.pk, ())),
            last_use=use[account.pk],
            power=power.get(account.pk, nothing),
            suggestions=found.get(account.pk, ()),
        )


def powers(accounts: Sequence[Account]) -> Mapping[int, Power]:
    """What these accounts hold themselves, or may by themselves, that weighs most."""
    held = Grant.objects.held().filter(account__any_of=keys_of(accounts))
    place = Window(RowNumber(), partition_by="account", order_by=[F("risk").desc(), F("pk")])
    ranked = held.annotate(place=place, of=Window(Count("pk"), partition_by="account")).filter(place__lte=NAMED)
    rows: dict[int, list[tuple[str, int]]] = {
        account.pk: [(each["name"], each["risk"]) for each in account.abilities] for account in accounts
    }
    besides = {account.pk: len(account.abilities) for account in accounts}
    number = dict(besides)
    for account, name, risk, of in ranked.order_by("place").values_list("account", "entitlement__name", "risk", "of"):
        rows[account].append((name, risk))
        number[account] = of + besides[account]
    return {key: power_of(each, number[key]) for key, each in rows.items() if each}


def power_of(rows: Sequence[tuple[str, int]], number: int) -> Power:
    """The first ones by name, with their risk, and how many there are besides."""
    first = sorted(rows, key=lambda row: -row[1])[:NAMED]
    named = ", ".join(f"{name} ({Band.of(risk).label.lower()})" for name, risk in first)
    more = number - len(first)
    return Power(Band.of(first[0][1]), f"{named} and {counted(more, 'more grant')}" if more else named)


def last_uses(accounts: Sequence[Account]) -> Mapping[int, str]:
    """When each of them was used last, or why that cannot be said. Not observable is never unused."""
    days, seen = days_of(accounts), observed(accounts)
    return {account.pk: use_of(account, days, seen.get(account.system_id, ())) for account in accounts}


def use_of(account: Account, days: Mapping[tuple[int, str], date], seen: Sequence[Span]) -> str:
    """One of them. An event means an account by its native id, or by its name."""
    told = [days.get((account.system_id, name)) for name in (account.native_id, account.name)]
    if last := max(filter(None, told), default=None):
        return f"{last:%-d %b %Y}"
    if not seen:
        return f"Not observable: no log of {account.system.name} is read"
    when = "; and ".join(f"{start:%-d %b %Y} to {end:%-d %b %Y}" for start, end in seen[-SPANS:])
    earlier = f"; {counted(len(seen) - SPANS, 'earlier time')} besides" if len(seen) > SPANS else ""
    gaps = "; not observable in between" if len(seen) > 1 else ""
    return f"Never seen; the log of {account.system.name} told of {when}{earlier}{gaps}"


def days_of(accounts: Sequence[Account]) -> dict[tuple[int, str], date]:
    """The last day of use by system and by what an event called the account."""
    called = {name for account in accounts for name in (account.native_id, account.name)}
    any_of = Value(sorted(called), output_field=ArrayField(CharField()))
    systems = {account.system_id for account in accounts}
    used = UsageDay.objects.filter(system__in=systems, native_account__any_of=any_of, allowed__gt=0)
    rows: Any = used.values_list("system", "native_account").annotate(last=Max("day"))
    return {(system, name): last for system, name, last in rows.order_by()}


def observed(accounts: Sequence[Account]) -> dict[int, list[Span]]:
    """When a system's own log told of use, by system: what overlaps or meets is one time, and a gap ends it."""
    whole = Coverage.objects.filter(agent=None, source__provenance=Source.Provenance.SYSTEM)
    of_these = whole.filter(system__in={account.system_id for account in accounts})
    rows: Any = of_these.values_list("system").annotate(spans=Times("starts_at", "ends_at"))
    return {system: [(span.lower, span.upper) for span in spans] for system, spans in rows.order_by()}
