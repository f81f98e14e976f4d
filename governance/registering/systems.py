"""The sources that report the use of systems; and the words by which people name what is in them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction

from governance import due, ledger, vetting
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.models import Account, Entitlement, Grant, Source, System
from governance.registering.changing import change

MENTIONED = 5

Found = TypeVar("Found")


def set_source(  # noqa: PLR0913  (what is stated of a source has this many parts)
    *,
    name: str,
    system: System,
    provenance: str | None = None,
    mapping: Mapping[str, Mapping[str, str]] | None = None,
    rhythm: timedelta | None = None,
    shows_all: bool | None = None,
    at: datetime,
    actor: Actor,
) -> Source:
    """
    State that a stream of use about a system exists, and what its tools mean: tool -> {"action", "resource"}.

    What isn't given stays as it is; a new source is agents' own word. Whose word it is, how often it comes, and whether
    it shows all, decides what counts as unused: a change lets the system's grants be looked at again, and so does a new
    source, which may show less than what is known already. Raises Invalid.
    """
    if provenance not in {None, *Source.Provenance.values}:
        raise Invalid(f"provenance {provenance!r} is unknown; one of {', '.join(Source.Provenance.values)}")
    told = {tool: checked(tool, meant) for tool, meant in mapping.items()} if mapping is not None else None
    given = {"system": system, "provenance": provenance, "mapping": told, "rhythm": rhythm, "shows_all": shows_all}
    stated = {name: value for name, value in given.items() if value is not None}
    vetting.fitting(Source, name=name, mapping=told)
    with transaction.atomic():
        source, new = Source.objects.get_or_create(name=name, defaults=stated | {"since": at})
        if source.system_id != system.pk:
            raise Invalid(f"source {name} reports about {source.system}; another system needs another source")
        changed = change(source, **stated)
        if source.shows_all and not source.sees_everybody:
            raise Invalid("shows_all is said of a system's own log: agents' own word shows theirs", field="shows_all")
        if new or changed:
            body = {"changed": changed, "provenance": source.provenance, "tools": len(source.mapping)}
            body |= {"shows_all": True} if source.shows_all else {}
            ledger.record(act=Act.SOURCE_CHANGED, actor=actor, subjects=[source, system], body=body)
        if new or {"provenance", "rhythm", "shows_all"} & set(changed):
            due.pull(Grant.objects.of_system(system.pk), at)
    return source


def checked(tool: str, meant: object) -> dict[str, str]:
    """One tool's meaning. Raises Invalid unless it has an action and a resource, each a text."""
    words = dict(meant) if isinstance(meant, Mapping) else {}
    if sorted(words) != ["action", "resource"] or not all(map(is_word, words.values())):
        raise Invalid(f'mapping: {tool!r} needs {{"action": …, "resource": …}}')
    return words


def is_word(value: object) -> bool:
    """Whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


def system_called(slug: str) -> System:
    """The system of this slug. Raises Invalid naming some of those there are."""
    vetting.storable("system", slug)
    system = System.objects.filter(slug=slug).first()
    if system is None:
        there = ", ".join(System.objects.order_by("slug").values_list("slug", flat=True)[:MENTIONED]) or "none yet"
        raise Invalid(f"system {slug!r} is unknown; there are: {there}")
    return system


def account_called(system: System, word: str) -> Account:
    """The account of this native id, or of this name where only one bears it. Raises Invalid."""
    vetting.storable("account", word)
    ours = Account.objects.filter(system=system)
    return only("account", word, system, list(ours.filter(native_id=word)) or list(ours.filter(name=word)[:2]))


def entitlement_called(system: System, word: str) -> Entitlement:
    """The entitlement of this native id, or of this name where only one bears it. Raises Invalid."""
    vetting.storable("entitlement", word)
    ours = Entitlement.objects.filter(system=system)
    return only("entitlement", word, system, list(ours.filter(native_id=word)) or list(ours.filter(name=word)[:2]))


def only(kind: str, word: str, system: System, found: list[Found]) -> Found:
    """The one that was found. Raises Invalid for none and for several."""
    if not found:
        raise Invalid(f"{kind} {word!r} is not in {system.slug}; has it been synced?")
    if len(found) > 1:
        raise Invalid(f"{kind} {word!r} means several in {system.slug}; give its native id")
    return found[0]
