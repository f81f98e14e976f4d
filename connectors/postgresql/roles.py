"""
Who can act as whom.

A role has what it holds, what it inherits, and what any role has that it may SET ROLE to. A SET
ROLE must be allowed on every step from the one who signed in; after it, what that role inherits
comes too. has_function_privilege() and its kin look at inheritance alone, which is too little.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from connectors.postgresql import queries
from connectors.postgresql.names import PUBLIC
from connectors.postgresql.objects import Entry
from connectors.postgresql.sessions import Connection, rows

EDGES = """
    WITH RECURSIVE edge AS (
        SELECT m.role, m.member, m.grantor, m.grantable, m.inherit, m.settable,
            'MEMBER' AS privilege
        FROM ({granted}) m
        UNION ALL
        SELECT m.role, m.member, m.grantor, m.grantable, m.inherit, m.settable, 'IMPLICIT'
        FROM ({implicit}) m
    ), reach(role) AS (
        SELECT %(role)s::oid
        UNION
        SELECT edge.role FROM reach JOIN edge ON edge.member = reach.role
    )
    SELECT edge.role AS oid, edge.grantor, edge.member AS grantee, edge.privilege,
        edge.grantable, edge.inherit, edge.settable
    FROM edge JOIN reach ON edge.member = reach.role
    ORDER BY 1, 2, 3
"""

ROLES = """
    SELECT oid, rolname AS name, quote_ident(rolname) AS quoted, rolsuper AS superuser
    FROM pg_roles WHERE oid = ANY(%(oids)s::oid[])
"""


@dataclass(frozen=True, slots=True)
class Role:
    """A role's name, as it is and as it must be written, and whether it may do everything."""

    oid: int
    name: str
    quoted: str
    superuser: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """The roles whose rights somebody has: over which memberships, and which it may become."""

    chains: dict[int, tuple[Entry, ...]]  # the shortest way; none to itself
    becomes: frozenset[int]  # those it may SET ROLE to, itself among them


def memberships(connection: Connection, role: int) -> tuple[Entry, ...]:
    """Read the memberships of a role, of the roles that it is in, and so on."""
    if role == PUBLIC:
        return ()
    version = connection.info.server_version
    query = EDGES.format(granted=queries.granted(version), implicit=queries.implicit(version, queries.HERE))
    return tuple(Entry(**each) for each in rows(connection, query, role=role))


def known(connection: Connection, oids: Iterable[int]) -> dict[int, Role]:
    """Read the roles with these numbers; one that is gone is not in the answer."""
    found = rows(connection, ROLES, oids=sorted(set(oids)))
    return {each["oid"]: Role(**each) for each in found}


def reach(role: int, edges: Iterable[Entry]) -> Reach:
    """Walk the memberships, breadth first, so that the shortest chain to each role is kept."""
    above: dict[int, list[Entry]] = {}
    for edge in edges:
        above.setdefault(edge.grantee, []).append(edge)
    chains: dict[int, tuple[Entry, ...]] = {}
    been: set[tuple[int, bool]] = set()
    queue: deque[tuple[int, bool, tuple[Entry, ...]]] = deque([(role, True, ())])
    while queue:
        here, may_set, chain = queue.popleft()
        if (here, may_set) in been:
            continue
        been.add((here, may_set))
        chains.setdefault(here, chain)
        queue.extend(
            (edge.oid, may_set and bool(edge.settable), (*chain, edge))
            for edge in above.get(here, ())
            if usable(edge, may_set=may_set)
        )
    return Reach(chains, frozenset(each for each, may_set in been if may_set))


def usable(edge: Entry, *, may_set: bool) -> bool:
    """Whether a membership gives anything to one who came here by SET ROLE, or by inheriting."""
    return bool(edge.inherit or (edge.settable and may_set))
