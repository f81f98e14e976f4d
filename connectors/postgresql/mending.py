"""
The SQL that would take something away, for a person to read.

Every statement is written as the grantor, because only a grantor's own grant is taken by REVOKE; the grantor is never
guessed. A name that could mislead the eye is written with its code points (U&"…"), so that what is read is what is run.
"""

import re
from collections.abc import Callable

from connectors.advising import Remedy
from connectors.base import Grant, HolderKind, Principal
from connectors.errors import SchemaDrift
from connectors.postgresql import names
from connectors.postgresql.kinds import KINDS
from connectors.postgresql.names import Wanted
from connectors.postgresql.quoting import one_line, printable, quoted, text

PART = r'"(?:[^"]|"")+"|[^". ]+'
COLUMN = re.compile(rf"(?P<table>(?:{PART})\.(?:{PART}))\.(?P<column>{PART})")
FUTURE = re.compile(rf"(?P<what>[a-z ]+) of (?P<role>{PART})(?: in schema (?P<schema>{PART}))?", re.DOTALL)
LONGEST = 72  # characters of a line
# Memberships by which PostgreSQL itself says what one of its roles is.
DEFINING = {("pg_monitor", each) for each in ("pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables")}
BOOTSTRAP = "10"  # the OID of the superuser that initdb made: it cannot be anything else
ENTRY = "Takes this entry of the access list; others stay."
EFFECTS = {
    "superuser": "What it holds by name stays and still works. Everything else stops.",
    "owner": "It can no longer undo a revocation. Make the role new_owner first, and grant what is still needed.",
    "membership": "Every right that comes with this role goes with it, unless it is held by another way as well.",
}


def take_away(grant: Grant) -> Remedy | None:
    """Say how it would be taken away; nothing for what PostgreSQL itself needs, or what has no statement of ours."""
    statement = statement_of(grant, "")
    if not statement:
        return None
    return Remedy(as_grantor(grant, statement), EFFECTS.get(grant.entitlement.type, ENTRY))


def keep_to_itself(grant: Grant) -> Remedy | None:
    """Say how the right to pass it on would go, and the rest stay."""
    membership = grant.entitlement.type == "membership"
    statement = statement_of(grant, "ADMIN OPTION FOR " if membership else "GRANT OPTION FOR ")
    if not statement:
        return None
    what = "membership" if membership else "right itself"
    return Remedy(as_grantor(grant, statement), f"The {what} stays; it can no longer be passed on.")


def name_owner(principal: Principal) -> Remedy | None:
    """Say how it is written down who answers for a log-in; what its comment says already is kept."""
    if principal.kind != HolderKind.LOGIN:
        return None
    said = "; ".join(("Owner: …", *principal.owner_hints))
    effect = "Ask around, then write the name. It changes no right."
    if principal.ref.id != BOOTSTRAP:
        last = f"ALTER ROLE {quoted(principal.name)} NOLOGIN"
        effect += f" Where nobody turns up, {last} keeps it from logging in; whatever logs in as it stops then."
    return Remedy(f"COMMENT ON ROLE {quoted(principal.name)}\n  IS {text(said)};", effect)


def statement_of(grant: Grant, only: str) -> str:
    """Return the one statement for a grant; an empty text where there is none."""
    try:
        wanted = names.parse(grant.entitlement.id)
    except SchemaDrift:
        return ""
    holder = holder_of(grant)
    if wanted.type == "superuser":
        return "" if grant.principal.id == BOOTSTRAP else f"ALTER ROLE {holder} NOSUPERUSER;"
    if wanted.type == "owner":
        return folded(f"ALTER {KINDS[wanted.kind].keyword} {printable(wanted.identity)}", "OWNER TO new_owner;")
    implied = wanted.type == "membership" and not grant.revocable
    if implied or (grant.native.get("grantee"), wanted.identity) in DEFINING:
        return ""
    write = WRITTEN.get(wanted.type, of_object)
    return write(wanted, only, holder)


def of_object(wanted: Wanted, only: str, holder: str) -> str:
    """Return the statement for a privilege on an object."""
    head = f"REVOKE {only}{wanted.privilege} ON {KINDS[wanted.kind].keyword}"
    return folded(head, printable(wanted.identity), f"FROM {holder};")


def of_membership(wanted: Wanted, only: str, holder: str) -> str:
    """Return the statement for a membership."""
    return folded(f"REVOKE {only}{printable(wanted.identity)}", f"FROM {holder};")


def of_column(wanted: Wanted, only: str, holder: str) -> str:
    """Return the statement for a privilege on one column."""
    found = COLUMN.fullmatch(wanted.identity)
    if found is None:
        return ""
    column, table = printable(found["column"]), printable(found["table"])
    return folded(f"REVOKE {only}{wanted.privilege} ({column})", f"ON TABLE {table}", f"FROM {holder};")


def of_what_will_be(wanted: Wanted, only: str, holder: str) -> str:
    """Return the statement for what the next object of a role will open."""
    found = FUTURE.fullmatch(wanted.identity)
    if found is None:
        return ""
    place = f" IN SCHEMA {printable(found['schema'])}" if found["schema"] else ""
    head = f"ALTER DEFAULT PRIVILEGES FOR ROLE {printable(found['role'])}{place}"
    return folded(head, f"REVOKE {only}{wanted.privilege} ON {found['what'].upper()}", f"FROM {holder};")


def folded(*parts: str) -> str:
    """Put the parts of a statement on one line, or on a line each where that would be long."""
    line = " ".join(parts)
    return line if len(line) <= LONGEST else "\n  ".join(parts)


def holder_of(grant: Grant) -> str:
    """Return the holder, as SQL has it."""
    return "PUBLIC" if grant.principal == names.role_ref(names.PUBLIC) else quoted(str(grant.native.get("grantee")))


def as_grantor(grant: Grant, statement: str) -> str:
    """Say where a statement belongs, and let it be the grantor's."""
    database, grantor = str(grant.native.get("database", "")), str(grant.native.get("grantor") or "")
    lines = [f"-- in the database {one_line(database)}"] if database not in {"", names.CLUSTER} else []
    if not grantor or grant.entitlement.type == "default":
        return "\n".join((*lines, statement))
    return "\n".join((*lines, f"SET ROLE {quoted(grantor)};", statement, "RESET ROLE;"))


WRITTEN: dict[str, Callable[[Wanted, str, str], str]] = {
    "membership": of_membership,
    "column": of_column,
    "default": of_what_will_be,
}
