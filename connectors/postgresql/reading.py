"""
The streams: principals, entitlements, grants, section by section and page by page.

A section is one kind of thing in one database; what belongs to the cluster comes first. A page is read over one
connection: as many sections of one database as fit in. The cursor names a section and the last key in it, and says
nothing else, so that it may be kept for days.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.rows import DictRow

from connectors.base import Entitlement, Grant, HolderKind, Page, Principal, Record, Ref
from connectors.errors import ConfigInvalid, SchemaDrift, Unsupported
from connectors.postgresql import names, powers, queries
from connectors.postgresql.sessions import Connection, Door, looking, rows
from connectors.postgresql.verifying import require_canary

KEY = ("oid", "part", "privilege", "grantee", "grantor")
BEGINNING: Mapping[str, int | str] = {"oid": 0, "part": "", "privilege": "", "grantee": 0, "grantor": 0}


@dataclass(frozen=True, slots=True)
class Place:
    """A section, and the key after which to go on; without one, its beginning."""

    stream: str
    database: str
    kind: str
    after: Mapping[str, int | str] | None = None

    @property
    def section(self) -> tuple[str, str]:
        """What follows what is decided by these."""
        return self.database, self.kind

    def written(self) -> str:
        """Return the cursor."""
        after = self.after and [self.after[name] for name in KEY]
        return json.dumps([self.stream, self.database, self.kind, after])


def read(door: Door, stream: str, cursor: str | None, limit: int) -> Page[Record]:
    """Return one page; it ends with its database. Incomplete where the canary is not seen."""
    sections = all_sections(stream, door.settings.databases)
    start = found(stream, cursor, sections)
    here: Place | None = start
    database, scope = start.database, door.settings.scope
    items: list[Record] = [EVERYONE] if stream == "principals" and cursor is None else []
    left_out: Counter[str] = Counter()
    with looking(door, database) as connection:
        require_canary(connection, door.settings, database)
        touched = set() if stream == "principals" else kinds_touched(connection, scope)
        while here and here.database == database and len(items) < limit:
            room = limit - len(items)
            query = queries.listed(stream, here.kind, version=connection.info.server_version, touched=touched)
            page = page_of(connection, query, here, left_out, **scope, limit=room + 1)
            items += [record(here, row) for row in page[:room]]
            here = following(here, page, room, sections)
    return Page(items, next=here.written() if here else None, left_out=left_out)


def all_sections(stream: str, databases: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return what a stream consists of, in order."""
    if stream == "principals":
        return [(databases[0], "role")]
    if stream not in {"entitlements", "grants"}:
        raise Unsupported(f"PostgreSQL has no stream of {stream}")
    cluster = [(databases[0], kind) for kind in names.OF_THE_CLUSTER]
    return cluster + [(name, kind) for name in databases for kind in names.IN_DATABASES]


def found(stream: str, cursor: str | None, sections: list[tuple[str, str]]) -> Place:
    """Return where a cursor points; the beginning where there is none."""
    if cursor is None:
        return Place(stream, *sections[0])
    try:
        of, database, kind, after = json.loads(cursor)
        key = dict(zip(KEY, after, strict=True)) if after else None
    except (TypeError, ValueError) as error:
        raise SchemaDrift(f"not a cursor of ours: {cursor}") from error
    if of != stream:
        raise SchemaDrift(f"a cursor of {of} does not go on in {stream}")
    if (database, kind) not in sections:
        raise ConfigInvalid(f"the cursor's database {database} is no longer listed: begin again")
    return Place(stream, database, kind, key)


def following(place: Place, page: list[DictRow], limit: int, sections: list[tuple[str, str]]) -> Place | None:
    """Return where to go on after these rows of a section; None after the last one."""
    if len(page) > limit:
        after = {name: page[limit - 1][name] for name in KEY}
        return Place(place.stream, *place.section, after=after)
    rest = sections[sections.index(place.section) + 1 :]
    return Place(place.stream, *rest[0]) if rest else None


def kinds_touched(connection: Connection, scope: Mapping[str, Any]) -> set[str]:
    """Return the kinds of which something is not as PostgreSQL or an extension brought it."""
    return {row["kind"] for row in rows(connection, queries.TOUCHED, **scope)}


def page_of(connection: Connection, query: str, here: Place, left_out: Counter[str], **values: Any) -> list[DictRow]:
    """Return a page of a section; with its first one, count what the section leaves out, by rule."""
    if here.after is not None:
        return rows(connection, query + queries.PAGE, **values, **here.after)
    found = rows(connection, query + queries.FIRST_PAGE, **values, **BEGINNING)
    left_out.update(found[0]["left_out"] or {})
    return [row for row in found if row["oid"] is not None]


EVERYONE = Principal(names.role_ref(names.PUBLIC), "PUBLIC", HolderKind.EVERYONE)


def record(place: Place, row: DictRow) -> Record:
    """Turn a row into what the contract calls it."""
    match place.stream:
        case "principals":
            return principal(row)
        case "entitlements":
            return entitlement(place.kind, row)
        case _:
            return grant(place, row)


def principal(row: DictRow) -> Principal:
    """Return a role; one that may not log in and has no members is a log-in that is shut."""
    flags = ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls")
    until = row["valid_until"]
    group = row["members"] and not row["login"]
    return Principal(
        ref=names.role_ref(row["oid"]),
        name=row["name"],
        kind=HolderKind.ROLE if group else HolderKind.LOGIN,
        enabled=None if group else row["login"],
        owner_hints=(row["comment"],) if row["comment"] else (),
        attrs={name.removeprefix("rol"): row[name] for name in (*flags, "rolinherit", "server")}
        | {"valid_until": until.isoformat() if until else row["never"]},  # "infinity" was said; nothing was not
    )


def entitlement(kind: str, row: DictRow) -> Entitlement:
    """Return what can be held: a privilege, an ownership, a membership, or superuser."""
    ref = reference(kind, row)
    within = kind in names.IN_DATABASES
    resource = ".".join(each for each in (row["database"] if within else "", row["resource"]) if each)
    return Entitlement(
        ref=ref,
        name=called(kind, row),
        resource=resource,
        actions=names.actions(kind, row["privilege"], resource),
        privileged=row["privileged"] or bool(powers.of(kind, row["privilege"], row["identity"])),
        definition_digest=row["digest"],
        confers=names.role_ref(row["oid"]) if kind == "membership" else None,
        attrs={"security_definer": True} if row["security_definer"] else {},
    )


def called(kind: str, row: DictRow) -> str:
    """Name an entitlement for a person."""
    match kind, row["privilege"]:
        case "superuser", _:
            return "superuser"
        case "membership", _:
            return f"member of {row['identity']}"
        case _, names.OWNER:
            return f"owner of {names.spoken(kind, row['identity'])}"
        case _, privilege:
            return f"{privilege} on {names.spoken(kind, row['identity'])}"


def reference(kind: str, row: DictRow) -> Ref:
    """Name the entitlement that a row is about."""
    match kind, row["privilege"]:
        case "superuser", _:
            return names.SUPERUSER
        case "membership", _:
            return names.membership_ref(row["identity"])
        case _, names.OWNER:
            return names.owner_ref(row["database"], kind, row["identity"])
        case _, privilege:
            return names.privilege_ref(row["database"], kind, row["identity"], privilege)


def grant(place: Place, row: DictRow) -> Grant:
    """Return an edge; only what has a grantor can be revoked."""
    revocable = row["privilege"] != names.OWNER
    return Grant(
        principal=names.role_ref(row["grantee"]),
        entitlement=reference(place.kind, row),
        origin=str(row["grantor"]) if revocable else "",
        instance=str(names.Number(row["oid"], row["part"])),
        revocable=revocable,
        version=row["version"] or None,
        native=native(place, row),
    )


def native(place: Place, row: DictRow) -> dict[str, Any]:
    """Return what revoke and restore need, and the names as they were."""
    options = {name: row[name] for name in ("inherit", "settable") if row[name] is not None}
    return options | {
        "database": names.home(place.database, place.kind),
        "kind": place.kind,
        "identity": row["identity"],
        "grantable": row["grantable"],
        "grantee": row["grantee_name"] or "PUBLIC",
        "grantor": row["grantor_name"],
    }
