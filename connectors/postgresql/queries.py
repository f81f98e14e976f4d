"""
The SQL that lists what there is.

Rows come in the order of a key of immutable numbers, and a page begins after the last key of the
one before: what is renamed or created meanwhile neither hides a row nor shows one twice. What is
left out carries the rule's name and is counted once, with the first page of its section.
"""

from collections.abc import Collection

from connectors.postgresql.kinds import KINDS, Kind

NEWER = 160_000  # from 16 on a membership has options and a number of its own

# Roles that may hold something for somebody: all that were made here, and of those that PostgreSQL
# brought the ones that somebody made here is a member of. Every database has an owner.
KEPT = """
    kept(oid) AS (
        SELECT oid FROM pg_roles WHERE rolname !~ '^pg_' OR rolname = 'pg_database_owner'
        UNION
        SELECT m.roleid FROM kept JOIN pg_auth_members m ON m.member = kept.oid
    )
"""

# In 15 a member may always SET ROLE, and inherits where it is of that kind.
MEMBERSHIP_15 = """
    SELECT m.roleid AS role, m.member, coalesce(m.grantor, 0::oid) AS grantor,
        m.admin_option AS grantable, r.rolinherit AS inherit, true AS settable, '' AS version
    FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
"""
MEMBERSHIP_16 = """
    SELECT m.roleid AS role, m.member, m.grantor,
        m.admin_option AS grantable, m.inherit_option AS inherit, m.set_option AS settable,
        m.oid::text AS version
    FROM pg_auth_members m
"""
# A database's owner is a member of pg_database_owner there, without any grant. In 15 it inherits that as any other.
IMPLICIT = """
    SELECT DISTINCT r.oid AS role, d.datdba AS member, 0::oid AS grantor, false AS grantable,
        {inherit} AS inherit, true AS settable, '' AS version
    FROM pg_database d JOIN pg_roles o ON o.oid = d.datdba JOIN pg_roles r ON r.rolname = 'pg_database_owner'
    WHERE d.datname::text = ANY({databases})
"""
HERE = "ARRAY[current_database()::text]"

PRINCIPALS = """
    WITH RECURSIVE {kept}, listed AS NOT MATERIALIZED (
        SELECT r.oid, '' AS part, ''::text AS privilege, 0::oid AS grantee, 0::oid AS grantor,
            r.rolname AS name, r.rolcanlogin AS login, r.rolsuper, r.rolcreaterole, r.rolcreatedb,
            r.rolreplication, r.rolbypassrls, r.rolinherit,
            current_setting('server_version_num')::int / 10000 AS server,
            CASE WHEN isfinite(r.rolvaliduntil) THEN r.rolvaliduntil END AS valid_until,
            CASE WHEN NOT isfinite(r.rolvaliduntil) THEN r.rolvaliduntil::text END AS never,
            coalesce(shobj_description(r.oid, 'pg_authid'), '') AS comment,
            r.rolname = 'pg_database_owner' OR EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid) AS members,
            CASE WHEN r.oid IN (SELECT oid FROM kept) THEN '' ELSE 'predefined' END AS rule, '' AS object_rule
        FROM pg_roles r
    )
"""

# The kinds of which something is not as PostgreSQL or an extension brought it (catalogue.py): mostly none. Of others no
# entry is asked whether it came later, which would take longer to plan than all the rest takes to run.
TOUCHED = " UNION ALL ".join(
    f"""
    SELECT '{name}' AS kind WHERE EXISTS (
        SELECT FROM ({kind.listed}) o
        WHERE (o.came IS NOT NULL OR o.handed) AND o.rule NOT IN ('', 'temporary', 'implicit')
    )
    """  # noqa: S608 (no word of it comes from outside)
    for name, kind in KINDS.items()
    if kind.brought
)
# Where one is, the rule is that of an entry, and of the ownership, which may have come later.
AS_IT_CAME = """
            CASE
                WHEN o.rule NOT IN ('catalogue', 'extension') THEN o.rule
                WHEN e.privilege = '' THEN CASE WHEN o.handed THEN '' ELSE o.rule END
                WHEN o.came IS NOT NULL AND EXISTS (
                    {entries}
                    EXCEPT
                    SELECT c.grantee, c.grantor, c.privilege_type, c.is_grantable FROM aclexplode(o.came) c
                ) THEN ''
                ELSE o.rule
            END
"""
ITSELF = "SELECT e.grantee, e.grantor, e.privilege, e.grantable"
OF_IT = """
                        SELECT a.grantee, a.grantor, a.privilege_type, a.is_grantable FROM aclexplode(o.acl) a
                        WHERE a.privilege_type = e.privilege AND NOT (a.grantee = o.owner AND a.grantor = o.owner)
"""

GRANTS = """
    WITH RECURSIVE {kept}, object AS NOT MATERIALIZED ({object}), listed AS NOT MATERIALIZED (
        SELECT o.oid, o.part COLLATE "C" AS part, o.identity, e.privilege COLLATE "C" AS privilege, e.grantee,
            e.grantor, e.grantable, NULL::boolean AS inherit, NULL::boolean AS settable, '' AS version,
            {rule} AS rule, {object_rule} AS object_rule
        FROM object o CROSS JOIN LATERAL ({unfolded}) e
    )
"""
RULE_OF_A_GRANT = """
            coalesce(
                nullif({rule}, ''),
                CASE WHEN e.grantee <> 0 AND e.grantee NOT IN (SELECT oid FROM kept) THEN 'predefined' ELSE '' END
            )
"""
GRANTED = """
            SELECT a.privilege_type AS privilege, a.grantee, a.grantor, a.is_grantable AS grantable
            FROM aclexplode(o.acl) a
            WHERE NOT (a.grantee = o.owner AND a.grantor = o.owner)
"""
OWNED = """
            SELECT '' AS privilege, o.owner AS grantee, 0::oid AS grantor, false AS grantable
            UNION ALL
"""

ENTITLEMENTS = """
    WITH object AS NOT MATERIALIZED ({object}), listed AS NOT MATERIALIZED (
        SELECT o.oid, o.part COLLATE "C" AS part, o.identity, o.resource, e.privilege COLLATE "C" AS privilege,
            0::oid AS grantee, 0::oid AS grantor, o.security_definer,
            {rule} AS rule, {object_rule} AS object_rule,
            false AS privileged,
            CASE WHEN e.privilege = '' THEN '' ELSE o.digest END AS digest
        FROM object o CROSS JOIN LATERAL ({unfolded}) e
    )
"""
# Of a whole object, all that can be held; of a part, what somebody holds: four privileges a column would be noise.
OFFERED = """
            SELECT '' AS privilege
            UNION ALL
            SELECT DISTINCT a.privilege_type FROM aclexplode(acldefault(o.letter, o.owner)) a
            WHERE a.grantee = o.owner
"""
OFFERED_OF_A_PART = """
            SELECT DISTINCT a.privilege_type AS privilege FROM aclexplode(o.acl) a
            WHERE NOT (a.grantee = o.owner AND a.grantor = o.owner)
"""

# As one that the owner has in the whole cluster it can be told where all that is read has the same owner; what holds
# but in one of several databases, each with an owner of its own, is left out.
MEMBERSHIP_GRANTS = """
    WITH RECURSIVE {kept}, listed AS NOT MATERIALIZED (
        SELECT m.role AS oid, '' AS part, quote_ident(r.rolname) AS identity, 'MEMBER' AS privilege,
            m.member AS grantee, m.grantor, m.grantable, m.inherit, m.settable, m.version,
            CASE WHEN m.member IN (SELECT oid FROM kept) THEN '' ELSE 'predefined' END AS rule, '' AS object_rule
        FROM ({granted}) m JOIN pg_roles r ON r.oid = m.role
        UNION ALL
        SELECT m.role, '', quote_ident('pg_database_owner'), '', m.member, m.grantor, m.grantable, m.inherit,
            m.settable, m.version, CASE WHEN count(*) OVER () = 1 THEN '' ELSE 'owners_apart' END, ''
        FROM ({implicit}) m
    )
"""

MEMBERSHIP_ENTITLEMENTS = """
    WITH RECURSIVE {kept}, listed AS NOT MATERIALIZED (
        SELECT r.oid, '' AS part, quote_ident(r.rolname) AS identity, quote_ident(r.rolname) AS resource,
            'MEMBER' AS privilege, 0::oid AS grantee, 0::oid AS grantor, '' AS digest,
            false AS security_definer,
            r.rolsuper OR r.rolcreaterole OR (r.rolname ~ '^pg_' AND r.rolname <> 'pg_database_owner') AS privileged,
            CASE WHEN r.oid IN (SELECT oid FROM kept) THEN '' ELSE 'predefined' END AS rule, '' AS object_rule
        FROM pg_roles r
    )
"""

SUPERUSER_GRANTS = """
    WITH listed AS NOT MATERIALIZED (
        SELECT r.oid, '' AS part, '' AS identity, '' AS privilege, r.oid AS grantee, 0::oid AS grantor,
            false AS grantable, NULL::boolean AS inherit, NULL::boolean AS settable,
            '' AS version, '' AS rule, '' AS object_rule
        FROM pg_roles r WHERE r.rolsuper
    )
"""

SUPERUSER_ENTITLEMENTS = """
    WITH listed AS NOT MATERIALIZED (
        SELECT 1::oid AS oid, '' AS part, '' AS identity, 'superuser' AS resource, '' AS privilege,
            0::oid AS grantee, 0::oid AS grantor, '' AS digest, true AS privileged,
            false AS security_definer, '' AS rule, '' AS object_rule
    )
"""

# `object_rule` is the part of the rule that the object alone decides: what falls by it has its entries never unfolded.
# Nothing is materialized: what it costs to name a thing and to take its digest is paid for what is listed alone.
PAGE = """
    SELECT listed.*, quote_ident(current_database()) AS database,
        (SELECT rolname FROM pg_roles WHERE oid = listed.grantee) AS grantee_name,
        (SELECT rolname FROM pg_roles WHERE oid = listed.grantor) AS grantor_name
    FROM listed
    WHERE object_rule = '' AND rule = '' AND oid >= %(oid)s::oid
        AND (oid, part, privilege, grantee, grantor)
            > (%(oid)s::oid, %(part)s, %(privilege)s, %(grantee)s::oid, %(grantor)s::oid)
    ORDER BY oid, part, privilege, grantee, grantor
    LIMIT %(limit)s
"""

# How much a section leaves out, by rule. What was brought has the same access list by the thousand: where an object's
# rule is that of all its entries, each list is unfolded once.
COUNTED = "SELECT rule, count(*) AS number FROM listed WHERE rule <> '' GROUP BY rule"
COUNTED_ALIKE = """
    SELECT rule, sum(number)::bigint AS number
    FROM (
        SELECT {rule} AS rule, o.number
        FROM (SELECT rule, owner, letter, acl, count(*) AS number FROM object GROUP BY rule, owner, letter, acl) o
            CROSS JOIN LATERAL ({unfolded}) e
    ) alike
    WHERE rule <> '' GROUP BY rule
"""

# The same with what the section leaves out on each row: on one of nothing else where no row is listed.
FIRST_PAGE = f"""
    SELECT page.*, c.left_out
    FROM (SELECT jsonb_object_agg(rule, number) AS left_out FROM counted) c LEFT JOIN ({PAGE}) page ON true
    ORDER BY page.oid, page.part, page.privilege, page.grantee, page.grantor
"""  # noqa: S608 (no word of it comes from outside)


TEMPLATE = {
    ("principals", "role"): PRINCIPALS,
    ("entitlements", "membership"): MEMBERSHIP_ENTITLEMENTS,
    ("entitlements", "superuser"): SUPERUSER_ENTITLEMENTS,
    ("grants", "membership"): MEMBERSHIP_GRANTS,
    ("grants", "superuser"): SUPERUSER_GRANTS,
}
OF_OBJECTS = {"entitlements": ENTITLEMENTS, "grants": GRANTS}
UNFOLDED = {"entitlements": (OFFERED, OFFERED_OF_A_PART), "grants": (OWNED + GRANTED, GRANTED)}  # of a whole, of a part
ENTRIES = {"entitlements": OF_IT, "grants": ITSELF}
RULES = {"entitlements": "{rule}", "grants": RULE_OF_A_GRANT}


def listed(stream: str, kind: str, *, version: int, touched: Collection[str]) -> str:
    """
    Return the common table expressions that end in `listed` and `counted`, for a page to follow.

    Of a kind that is not `touched`, all that PostgreSQL and its extensions brought is left out.
    """
    if kind in KINDS:
        return of_objects(stream, KINDS[kind], version, touched=kind in touched)
    known = {"granted": granted(version), "implicit": implicit(version, "%(databases)s::text[]")}
    return TEMPLATE[stream, kind].format(kept=KEPT, **known) + f", counted AS ({COUNTED})"


def of_objects(stream: str, kind: Kind, version: int, *, touched: bool) -> str:
    """Return the same for objects of a kind; only what is whole has an owner to list."""
    whole, part = UNFOLDED[stream]
    known = {
        "rule": RULES[stream].format(rule=AS_IT_CAME.format(entries=ENTRIES[stream]) if touched else "o.rule"),
        "unfolded": whole if kind.whole else part,
    }
    found = OF_OBJECTS[stream].format(
        kept=KEPT,
        object=kind.listed.format(membership=membership(version)),
        object_rule="''" if touched else "o.rule",
        **known,
    )
    return found + f", counted AS ({COUNTED if touched else COUNTED_ALIKE.format(**known)})"


def membership(version: int) -> str:
    """Return the SQL of all memberships in the database where we look, also the one that nobody granted."""
    return f"{granted(version)} UNION ALL {implicit(version, HERE)}"


def granted(version: int) -> str:
    """Return the SQL of all memberships that somebody granted, as this version of the server has them."""
    return MEMBERSHIP_16 if version >= NEWER else MEMBERSHIP_15


def implicit(version: int, databases: str) -> str:
    """Return the SQL of the memberships that these databases' owners have without any grant."""
    return IMPLICIT.format(databases=databases, inherit="true" if version >= NEWER else "o.rolinherit")
