"""
One object as it is now: what it is, and every entry of its access list.

A role counts as an object too: its entries are its memberships.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from connectors.postgresql import kinds, queries
from connectors.postgresql.kinds import KINDS
from connectors.postgresql.names import NOTHING, Number, Question, Wanted
from connectors.postgresql.sessions import Connection, rows

ROLE = """
    SELECT r.oid, '' AS part, 0::oid AS owner, quote_ident(r.rolname) AS identity, '' AS resource, '' AS digest
    FROM pg_roles r
"""

THINGS = """
    WITH object AS ({object})
    SELECT oid, part, owner, identity, resource, digest FROM object WHERE oid = ANY(%(oids)s::oid[]) ORDER BY oid, part
"""

ENTRIES = """
    WITH object AS ({object})
    SELECT o.oid, o.part, a.grantor, a.grantee, a.privilege_type AS privilege, a.is_grantable AS grantable
    FROM object o CROSS JOIN LATERAL aclexplode(o.acl) a
    WHERE o.oid = ANY(%(oids)s::oid[])
"""

MEMBERS = """
    SELECT m.role AS oid, m.grantor, m.member AS grantee, 'MEMBER' AS privilege, m.grantable,
        m.inherit, m.settable
    FROM ({membership}) m WHERE m.role = ANY(%(oids)s::oid[])
"""

# Whatever is asked about is looked at, also what a listing leaves out.
SCOPE: Mapping[str, Any] = {"include": True, "databases": []}

# Whose entries say something about a kind too: a table's privilege is one on each of its columns. Defaults for one
# schema and for any are of one kind.
BESIDE = {"table": "column", "column": "table"}


@dataclass(frozen=True, slots=True)
class Thing:
    """An object: its kind and number, its owner (0: none), its name and the digest of its definition."""

    kind: str
    oid: int
    part: str
    owner: int
    identity: str
    resource: str  # of a column, its table; of a default, its schema (empty: any)
    digest: str

    @property
    def number(self) -> Number:
        """Which it is."""
        return Number(self.oid, self.part)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an access list, or one membership."""

    oid: int
    grantor: int
    grantee: int
    privilege: str
    grantable: bool
    part: str = ""
    inherit: bool | None = None
    settable: bool | None = None

    @property
    def number(self) -> Number:
        """Whose access list it stands in."""
        return Number(self.oid, self.part)

    def answers(self, question: Question) -> bool:
        """Whether it is the very entry that is asked about."""
        asked = (question.instance, question.grantor, question.grantee, question.wanted.privilege)
        return asked == (self.number, self.grantor, self.grantee, self.privilege)

    def plain(self) -> dict[str, Any]:
        """Return it for evidence: no more than JSON knows."""
        return {name: value for name, value in asdict(self).items() if value not in {"", None}}


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What there is of an object: the one with the number asked for, and the one of that name now.

    Both are the same unless it was dropped, made again, or renamed. With them comes what an entry says something about
    them in: a column's table, the columns of a table that have entries, defaults for any schema and for one.
    """

    things: tuple[Thing, ...]
    named: Number  # what bears the name now
    entries: tuple[Entry, ...]

    def thing(self, number: Number) -> Thing | None:
        """Return the object with this number; None where it is gone."""
        return next((each for each in self.things if each.number == number), None)

    def entry(self, question: Question) -> Entry | None:
        """Return the very entry that is asked about; None where it is not there."""
        return next((each for each in self.entries if each.answers(question)), None)


def see(connection: Connection, question: Question) -> Seen:
    """Read the object of a question, and what lies beside it."""
    wanted = question.wanted
    if wanted.kind == "superuser":
        return Seen((), NOTHING, ())
    named = resolve(connection, wanted)
    asked = {question.instance, named} - {NOTHING}
    both = (wanted.kind, BESIDE[wanted.kind]) if wanted.kind in BESIDE else (wanted.kind,)
    entries = {entry for kind in both for entry in entries_of(connection, kind, asked)}
    speaking = {entry.number for entry in entries}
    things = [
        thing
        for kind in both
        for thing in things_of(connection, kind, asked)
        if thing.number in asked
        or (lies_beside(thing, wanted.kind, asked) and (KINDS[thing.kind].whole or thing.number in speaking))
    ]
    numbers = {thing.number for thing in things}
    return Seen(tuple(things), named, tuple(sorted((each for each in entries if each.number in numbers), key=repr)))


def lies_beside(thing: Thing, kind: str, asked: Collection[Number]) -> bool:
    """Whether what stands at a thing says something about what is asked of a kind."""
    if kind != "default":
        return thing.kind != kind
    return any(
        thing.part[:1] == each.part[:1] and "0" in {thing.part[1:], each.part[1:]} for each in asked if each.part
    )


def scope(asked: Collection[Number]) -> Mapping[str, Any]:
    """Return what the SQL of a kind wants to know: which objects, and which parts."""
    return {"oids": sorted({each.oid for each in asked}), "parts": sorted({each.part for each in asked}), **SCOPE}


def things_of(connection: Connection, kind: str, asked: Collection[Number]) -> list[Thing]:
    """Read objects of a kind, with all their parts."""
    query = THINGS.format(object=ROLE if kind == "membership" else KINDS[kind].seen)
    found = rows(connection, query, **scope(asked))
    return [Thing(kind, **each) for each in found]


def entries_of(connection: Connection, kind: str, asked: Collection[Number]) -> list[Entry]:
    """Read their whole access lists."""
    if kind == "membership":
        query = MEMBERS.format(membership=queries.membership(connection.info.server_version))
    else:
        query = ENTRIES.format(object=KINDS[kind].seen)
    return [Entry(**each) for each in rows(connection, query, **scope(asked))]


def resolve(connection: Connection, wanted: Wanted) -> Number:
    """Return the number of what is called so now."""
    query = kinds.ROLE if wanted.kind == "membership" else KINDS[wanted.kind].named
    found = rows(connection, query, identity=wanted.identity, **SCOPE)
    return Number(found[0]["oid"], found[0]["part"]) if found else NOTHING


def holders(seen: Seen, question: Question) -> Iterable[int]:
    """Return every role that the object's facts name."""
    yield from (question.grantee, question.grantor)
    yield from (each.owner for each in seen.things)
    for entry in seen.entries:
        yield from (entry.grantee, entry.grantor)
