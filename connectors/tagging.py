"""
Tags by rule: from what something is called, what it takes, what one can do with it, and what its vendor says of it.

Plain tables over words. A name is a weak witness, and each rule says in percent how weak; a hint of a vendor adds a tag
and never takes one away, so that a tool that calls itself read-only is no safer for it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.base import Entitlement
from connectors.tags import Tag, TagName, TagSource

WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


def some(text: str) -> frozenset[str]:
    """Read a list of words."""
    return frozenset(text.split())


READS = some(
    "analyze browse calculate check count crawl describe diff download extract fetch find get inspect list lookup map"
    " navigate preview query read resolve retrieve scrape search show snapshot status summarize think view watch"
)
CHANGES = some(
    "add append apply approve archive assign book cancel charge click close commit configure create deploy disable"
    " dismiss drag drop edit enable execute fill fork grant import insert install invite lock mark merge modify move"
    " patch pay post publish push put rebase refund register remove rename reopen replace reply rerun reset"
    " restart restore revoke rotate run schedule set share start stop submit sync toggle transfer trigger truncate type"
    " uninstall unlock update upload upsert"
)
ALWAYS = some("delete destroy drop execute purge refund remove send truncate write")  # wherever they stand in a name
OUTSIDE = some(
    "article articles attachment attachments browser comment comments conversation conversations discussion"
    " discussions email emails feed feedback feeds forum gist gists html inbox internet issue issues mail message"
    " messages news notification notifications page pages post posts pull reddit release releases review reviews rss"
    " slack thread threads ticket tickets transcript tweet tweets upload uploads url urls video web webpage website"
    " wikipedia"
)
PRIVATE = some(
    "account accounts booking bookings calendar card contact contacts credential credentials customer customers"
    " database databases email emails employee employees file files inbox invoice invoices mail medical member members"
    " message messages order orders passenger passengers passport passports password passwords patient patients"
    " payment payments payroll person personal pii private profile profiles repository reservation reservations"
    " salaries salary secret secrets ssn token tokens user users"
)
WIDENS = some(
    "admin collaborator collaborators credential credentials iam impersonation key keys member members password"
    " permission permissions policies policy privilege privileges role rolebinding roles token tokens"
)
CODE = some("bash code command commands javascript job jobs notebook pipeline powershell python query script scripts")
CODE_ALWAYS = some("bash eval exec powershell shell ssh sudo terminal")
MONEY = some(
    "bill certificate charge coupon fund funds invoice money payment payments payout purchase refund voucher wallet"
)
DRAFTS = some("beneficiary branch change commit expense file files payee payees pull supplier suppliers vendor vendors")
WEB_ALWAYS = some("browse crawl fetch scrape webhook")
SENDS = some("email forward notify post publish reply send share tweet upload webhook")


@dataclass(frozen=True, slots=True)
class Named:
    """What a name says: its words, and whether it reads or changes, by the first verb in it."""

    words: frozenset[str]
    verb: str
    writes: bool

    @classmethod
    def of(cls, name: str) -> "Named":
        """Take a name apart: snake_case, camelCase, dots and dashes."""
        words = [each.lower() for each in WORD.findall(name)]
        verb = next((each for each in words if each in READS | CHANGES | ALWAYS), "")
        return cls(frozenset(words), verb, verb not in READS or bool(ALWAYS & set(words)))

    def says(self, *groups: Collection[str]) -> bool:
        """Whether a word of each of these groups is in it."""
        return all(not self.words.isdisjoint(group) for group in groups)

    def changes(self) -> Iterator[Tag]:
        """What it does to the world."""
        if not self.writes:
            return
        if self.verb:
            yield by_rule(TagName.CHANGES_STATE, 80)
        if self.says(WIDENS):
            yield by_rule(TagName.ESCALATES, 60)
        if self.says(MONEY | {"pay"}) and not self.says({"create", "add"}):
            yield by_rule(TagName.MOVES_MONEY, 60)
        if self.says(SENDS) or (self.verb and self.says(OUTSIDE)):
            yield by_rule(TagName.SENDS_OUT, 60)

    def duties(self) -> Iterator[Tag]:
        """Which half of two people's work it is."""
        if (
            self.writes
            and self.says(CHANGES | ALWAYS, DRAFTS)
            and not self.says({"approve", "comment", "merge", "review"})
        ):
            yield by_rule(TagName.PREPARES, 60)
        if self.says({"approve", "authorize", "certify", "merge"}) and self.writes:
            yield by_rule(TagName.APPROVES, 70)
        if self.says({"review"}, {"write", "submit"}):
            yield by_rule(TagName.APPROVES, 60)

    def runs(self) -> Iterator[Tag]:
        """Whether it runs what it is given."""
        if self.says(CODE_ALWAYS) or self.says({"run", "execute", "trigger"}, CODE | {"sql", "workflow", "actions"}):
            yield by_rule(TagName.RUNS_CODE, 70)
        if self.says({"impersonate", "assume"}):
            yield by_rule(TagName.ESCALATES, 80)

    def reads(self) -> Iterator[Tag]:
        """What comes before the model."""
        if self.says(WEB_ALWAYS) or (not self.writes and self.says(OUTSIDE)):
            yield by_rule(TagName.UNTRUSTED_INPUT, 70)
        if not self.writes and self.says(PRIVATE):
            yield by_rule(TagName.SENSITIVE_ACCESS, 60)


def by_rule(name: TagName, confidence: int) -> Tag:
    """Say it by rule."""
    return Tag(name, TagSource.RULE, confidence)


def of_name(name: str) -> list[Tag]:
    """Return what a name alone says."""
    named = Named.of(name)
    return surest([*named.reads(), *named.changes(), *named.duties(), *named.runs()])


# What a tool takes says what it can be made to do: a free address is a way out as well as a way in.
ARGUMENTS: Mapping[frozenset[str], tuple[TagName, ...]] = {
    some("endpoint href uri url urls webhook"): (TagName.UNTRUSTED_INPUT, TagName.SENDS_OUT),
    some("bash cmd code command javascript script shell sql"): (TagName.RUNS_CODE,),
    some("bcc cc recipient recipients"): (TagName.SENDS_OUT,),
}
ARGUMENT_CONFIDENCE, HINT_CONFIDENCE, UNSAID_CONFIDENCE = 60, 80, 50


def of_tool(name: str, arguments: Collection[str] = (), annotations: Mapping[str, Any] | None = None) -> list[Tag]:
    """
    Return the tags of an MCP tool, by its name, its arguments and its vendor's annotations.

    A name without any verb counts as changing something: that is what MCP takes for granted of an unannotated tool.
    """
    found = [*of_name(name), *by_arguments(arguments)]
    if not Named.of(name).verb:
        found.append(by_rule(TagName.CHANGES_STATE, UNSAID_CONFIDENCE))
    return surest([*found, *hinted(annotations or {}, reading=not Named.of(name).writes)])


def by_arguments(arguments: Collection[str]) -> Iterator[Tag]:
    """Read what it takes."""
    for words, names in ARGUMENTS.items():
        if not words.isdisjoint(each.lower() for each in arguments):
            yield from (by_rule(name, ARGUMENT_CONFIDENCE) for name in names)


def hinted(annotations: Mapping[str, Any], *, reading: bool) -> Iterator[Tag]:
    """Take what a vendor says to be there; that something is not there is not taken on its word."""
    if annotations.get("readOnlyHint") is False or annotations.get("destructiveHint") is True:
        yield Tag(TagName.CHANGES_STATE, TagSource.VENDOR_HINT, HINT_CONFIDENCE)
    if annotations.get("openWorldHint") is True and reading:
        yield Tag(TagName.UNTRUSTED_INPUT, TagSource.VENDOR_HINT, HINT_CONFIDENCE)


EVERYTHING = (
    TagName.SENSITIVE_ACCESS,
    TagName.CHANGES_STATE,
    TagName.SENDS_OUT,
    TagName.ESCALATES,
    TagName.RUNS_CODE,
)
# By what an entitlement is, where that says it; then by its actions on a table; then roles that a system brings along.
TYPES: Mapping[str, tuple[TagName, ...]] = {"superuser": EVERYTHING, "owner": (TagName.CHANGES_STATE,)}
WRITING = some("delete insert truncate update")
TABLES = some("column table view")
ROLES: Mapping[str, tuple[TagName, ...]] = {
    "pg_execute_server_program": (TagName.RUNS_CODE, TagName.SENDS_OUT),
    "pg_read_all_data": (TagName.SENSITIVE_ACCESS,),
    "pg_read_server_files": (TagName.SENSITIVE_ACCESS,),
    "pg_write_all_data": (TagName.CHANGES_STATE,),
    "pg_write_server_files": (TagName.CHANGES_STATE, TagName.RUNS_CODE),
}


def of_entitlement(entitlement: Entitlement) -> list[Tag]:
    """Return what our tables say of an entitlement, and what its connector handed out with it."""
    return surest([*known(entitlement), *called(entitlement), *entitlement.tags])


def known(entitlement: Entitlement) -> Iterator[Tag]:
    """What it is says it, not what it is called: there is no doubt."""
    names = [*TYPES.get(entitlement.ref.type, ()), *ROLES.get(last_part(entitlement.resource), ())]
    if entitlement.ref.type in TABLES and any(each.action in WRITING for each in entitlement.actions):
        names.append(TagName.CHANGES_STATE)
    yield from (by_rule(name, 100) for name in names)


def called(entitlement: Entitlement) -> Iterator[Tag]:
    """What a function's name says it does, and what a table's name says it holds."""
    name = last_part(entitlement.resource)
    if entitlement.ref.type == "function":
        yield from of_name(name)
    elif entitlement.ref.type in TABLES and any(each.action == "select" for each in entitlement.actions):
        yield from Named(frozenset(WORD.findall(name.lower())), "select", writes=False).reads()


def last_part(resource: str) -> str:
    """The name itself: without the places it lies in, and without what a function takes."""
    return resource.partition("(")[0].rpartition(".")[2].strip('"')


def surest(tags: Collection[Tag]) -> list[Tag]:
    """One tag of each name and source, the surest."""
    best: dict[tuple[TagName, TagSource], Tag] = {}
    for each in tags:
        key = each.name, each.source
        best[key] = max(best.get(key, each), each, key=lambda tag: tag.confidence)
    return [best[key] for key in sorted(best)]
