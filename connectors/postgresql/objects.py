"""
One object as it is now: what it is, and every entry of its access list.

A role counts as an object too: its entries are its memberships.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from connectors.postgresql import queries
from connectors.postgresql.names import Question, Wanted
from connectors.postgresql.sessions import Connection, row, rows

RESOLVE = {
    # Not by to_regclass, which wants USAGE on the schema: looking takes no right but the catalogue's.
    "table": """
        SELECT max(c.oid) AS oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE quote_ident(n.nspname) || '.' || quote_ident(c.relname) = %(identity)s
    """,
    "schema": "SELECT to_regnamespace(%(identity)s)::oid AS oid",
    "membership": "SELECT to_regrole(%(identity)s)::oid AS oid",
    # Not by to_regprocedure, which raises where the type of an argument is gone.
    "function": """
        SELECT max(p.oid) AS oid
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE starts_with(%(identity)s, quote_ident(n.nspname) || '.' || quote_ident(p.proname))
            AND CASE WHEN n.nspname = 'pg_catalog' THEN 'pg_catalog.' ELSE '' END
                || p.oid::regprocedure::text = %(identity)s
    """,
}

ROLE = """
    SELECT r.oid, 0::oid AS owner, quote_ident(r.rolname) AS identity, '' AS digest
    FROM pg_roles r
"""

THINGS = """
    WITH object AS ({object})
    SELECT oid, owner, identity, digest FROM object WHERE oid = ANY(%(oids)s::oid[]) ORDER BY oid
"""

ENTRIES = """
    WITH object AS ({object})
    SELECT o.oid, a.grantor, a.grantee, a.privilege_type AS privilege,
        a.is_grantable AS grantable, '' AS "column"
    FROM object o CROSS JOIN LATERAL aclexplode(o.acl) a
    WHERE o.oid = ANY(%(oids)s::oid[])
"""
COLUMN_ENTRIES = "UNION ALL" + queries.COLUMN_ENTRIES + "AND a.attrelid = ANY(%(oids)s::oid[])"

MEMBERS = """
    SELECT m.role AS oid, m.grantor, m.member AS grantee, 'MEMBER' AS privilege, m.grantable,
        '' AS "column", m.inherit, m.settable
    FROM ({membership}) m WHERE m.role = ANY(%(oids)s::oid[])
"""


OBJECT = queries.OBJECT | {"membership": ROLE}


@dataclass(frozen=True, slots=True)
class Thing:
    """An object: its number, its owner (0: none), its name and the digest of its definition."""

    oid: int
    owner: int
    identity: str
    digest: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an access list, or one membership; an empty column means the whole table."""

    oid: int
    grantor: int
    grantee: int
    privilege: str
    grantable: bool
    column: str = ""
    inherit: bool | None = None
    settable: bool | None = None

    def answers(self, question: Question) -> bool:
        """Whether it is the very entry that is asked about."""
        asked = (question.instance, question.grantor, question.grantee, question.wanted.privilege)
        mine = (self.oid, self.grantor, self.grantee, self.privilege)
        return mine == asked and not self.column

    def plain(self) -> dict[str, Any]:
        """Return it for evidence: no more than JSON knows."""
        return {name: value for name, value in asdict(self).items() if value not in {"", None}}


@dataclass(frozen=True, slots=True)
class Seen:
    """
    What there is of an object: the one with the number asked for, and the one of that name now.

    Both are the same unless it was dropped, made again, or renamed.
    """

    things: tuple[Thing, ...]
    named: int  # the OID of what bears the name now; 0: nothing does
    entries: tuple[Entry, ...]

    def thing(self, oid: int) -> Thing | None:
        """Return the object with this number; None where it is gone."""
        return next((each for each in self.things if each.oid == oid), None)

    def entry(self, question: Question) -> Entry | None:
        """Return the very entry that is asked about; None where it is not there."""
        return next((each for each in self.entries if each.answers(question)), None)


def see(connection: Connection, question: Question) -> Seen:
    """Read the object of a question."""
    wanted = question.wanted
    if wanted.kind == "superuser":
        return Seen((), 0, ())
    named = resolve(connection, wanted)
    oids = sorted({question.instance, named} - {0})
    query = entries_query(wanted.kind, connection.info.server_version)
    # Whatever is asked about is looked at, also what a listing leaves out.
    entries = rows(connection, query, oids=oids, include=True)
    things = rows(connection, THINGS.format(object=OBJECT[wanted.kind]), oids=oids, include=True)
    return Seen(
        tuple(Thing(**each) for each in things),
        named,
        tuple(sorted((Entry(**each) for each in entries), key=repr)),
    )


def resolve(connection: Connection, wanted: Wanted) -> int:
    """Return the OID of what is called so now; 0 where nothing is."""
    return row(connection, RESOLVE[wanted.kind], identity=wanted.identity)["oid"] or 0


def entries_query(kind: str, version: int) -> str:
    """Return the SQL that reads whole access lists of one kind."""
    if kind == "membership":
        return MEMBERS.format(membership=queries.membership(version))
    columns = COLUMN_ENTRIES if kind == "table" else ""
    return ENTRIES.format(object=OBJECT[kind]) + columns


def holders(seen: Seen, question: Question) -> Iterable[int]:
    """Return every role that the object's facts name."""
    yield from (question.grantee, question.grantor)
    yield from (each.owner for each in seen.things)
    for entry in seen.entries:
        yield from (entry.grantee, entry.grantor)
