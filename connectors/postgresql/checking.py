"""What this credential may do, tried out: which databases, and whose grants it could revoke."""

from collections.abc import Collection, Mapping
from typing import Any

from connectors.base import Cap, Check
from connectors.errors import Unsupported
from connectors.postgresql import names, ourselves, queries, reading
from connectors.postgresql.sessions import Connection, Door, looking, row, rows
from connectors.postgresql.settings import SPEC, Settings
from connectors.postgresql.verifying import require_canary

CREDENTIAL = f"""
    SELECT current_user AS identity, current_setting('server_version') AS server_version,
        r.rolsuper AS superuser, r.rolcreaterole AS createrole, pg_is_in_recovery() AS lagging,
        ARRAY(SELECT oid::bigint FROM ({ourselves.WE}) we) AS ours
    FROM pg_roles r WHERE r.rolname = current_user
"""  # noqa: S608 (no word of it comes from outside)

OTHERS = """
    SELECT datname AS name FROM pg_database
    WHERE datallowconn AND NOT datistemplate AND datname <> ALL(%(listed)s) ORDER BY 1
"""

# The grantors of what would be listed, and whether we may become them.
GRANTORS = """
    , by AS (SELECT DISTINCT grantor FROM listed WHERE object_rule = '' AND rule = '' AND grantor <> 0)
    SELECT r.rolname AS name, pg_has_role(by.grantor, '{right}') AS able
    FROM by JOIN pg_roles r ON r.oid = by.grantor ORDER BY 1
"""

OLDEST = 150_000
DOING = frozenset({Cap.REVOKE, Cap.REPLACE, Cap.RESTORE, Cap.DRY_RUN})


def check(door: Door) -> Check:
    """
    Try every listed database; raise where one does not let us in, is too old or lacks the canary.

    Whether we may act as a grantor is asked for each type: if for none of them, the type loses its
    writing capabilities; if for some, a warning names the others.
    """
    settings = door.settings
    grantors: dict[str, dict[str, bool]] = {kind: {} for kind in names.REVOCABLE}
    credential: Mapping[str, Any] = {}
    warnings: list[str] = []
    for database in settings.databases:
        with looking(door, database) as connection:
            if connection.info.server_version < OLDEST:
                raise Unsupported("PostgreSQL before 15 is not supported")
            require_canary(connection, settings, database)
            credential = row(connection, CREDENTIAL)
            touched = reading.kinds_touched(connection, settings.scope)
            for kind in names.REVOCABLE:
                grantors[kind] |= grantors_of(connection, kind, settings, touched)
            others = rows(connection, OTHERS, listed=list(settings.databases))
            warnings = [f"not in the configuration: database {each['name']}" for each in others]
    if credential["lagging"]:
        warnings.append("this server is a standby: it can be listed, not verified nor changed")
    return Check(
        ok=not credential["lagging"],
        caps=narrowed(grantors, credential, warnings),
        identity=credential["identity"],
        server_version=credential["server_version"],
        ours=tuple(map(names.role_ref, credential["ours"])),
        warnings=tuple(warnings),
        lagging=credential["lagging"],
    )


def grantors_of(connection: Connection, kind: str, settings: Settings, touched: Collection[str]) -> dict[str, bool]:
    """Return who granted what is listed, and whether we may become them."""
    version = connection.info.server_version
    right = GRANTORS.format(right="SET" if version >= queries.NEWER else "MEMBER")
    query = queries.listed("grants", kind, version=version, touched=touched) + right
    return {each["name"]: each["able"] for each in rows(connection, query, **settings.scope)}


def narrowed(
    grantors: Mapping[str, Mapping[str, bool]], credential: Mapping[str, Any], warnings: list[str]
) -> dict[str, frozenset[Cap]]:
    """Take away what this credential cannot do, and say so."""
    caps = dict(SPEC.caps)
    for kind, able in grantors.items():
        lost = sorted(name for name, may in able.items() if not may)
        if lost and not credential["superuser"]:
            warnings.append(f"{kind}: cannot act as the grantor {', '.join(lost)}")
            if not any(able.values()):
                caps[kind] -= DOING
    if not (credential["superuser"] or credential["createrole"]):
        warnings.append("role: cannot disable log-ins without CREATEROLE")
        caps["role"] -= {Cap.DISABLE_PRINCIPAL}
    return caps
