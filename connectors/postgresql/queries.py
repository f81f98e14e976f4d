"""
The SQL that lists what there is.

Rows come in the order of a key of immutable numbers, and a page begins after the last key of the
one before: what is renamed or created meanwhile neither hides a row nor shows one twice. What is
left out carries the rule's name and is counted once, with the first page of its section.
"""

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

RULE = """
    CASE
        WHEN %(include)s THEN ''
        WHEN n.nspname ~ '^pg_' OR n.nspname = 'information_schema' THEN 'catalogue'
        WHEN EXISTS (
            SELECT FROM pg_depend d
            WHERE d.classid = '{catalogue}'::regclass AND d.objid = {alias}.oid AND d.deptype = 'e'
        ) THEN 'extension'
        ELSE ''
    END AS rule
"""

FUNCTION = """
    SELECT p.oid, p.proowner AS owner, 'f'::"char" AS letter,
        coalesce(p.proacl, acldefault('f', p.proowner)) AS acl,
        CASE WHEN n.nspname = 'pg_catalog' THEN 'pg_catalog.' ELSE '' END
            || p.oid::regprocedure::text AS identity,
        quote_ident(n.nspname) || '.' || quote_ident(p.proname) AS resource,
        encode(sha256(convert_to(
            CASE
                WHEN p.prokind = 'a'
                THEN (SELECT a::text FROM pg_aggregate a WHERE a.aggfnoid = p.oid)
                ELSE pg_get_functiondef(p.oid)
            END, 'UTF8')), 'hex') AS digest,
        p.prosecdef AS security_definer,
    {rule}
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
"""

TABLE = """
    SELECT c.oid, c.relowner AS owner, 'r'::"char" AS letter,
        coalesce(c.relacl, acldefault('r', c.relowner)) AS acl,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS identity,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS resource,
        CASE
            WHEN c.relkind IN ('v', 'm')
            THEN encode(sha256(convert_to(pg_get_viewdef(c.oid), 'UTF8')), 'hex')
            ELSE ''
        END AS digest,
        false AS security_definer,
    {rule}
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""

SCHEMA = """
    SELECT n.oid, n.nspowner AS owner, 'n'::"char" AS letter,
        coalesce(n.nspacl, acldefault('n', n.nspowner)) AS acl,
        quote_ident(n.nspname) AS identity,
        quote_ident(n.nspname) AS resource,
        '' AS digest,
        false AS security_definer,
    {rule}
    FROM pg_namespace n
"""

OBJECT = {
    kind: query.format(rule=RULE.format(catalogue=catalogue, alias=alias))
    for kind, query, catalogue, alias in (
        ("function", FUNCTION, "pg_proc", "p"),
        ("table", TABLE, "pg_class", "c"),
        ("schema", SCHEMA, "pg_namespace", "n"),
    )
}

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

COLUMN_ENTRIES = """
    SELECT a.attrelid AS oid, e.grantor, e.grantee, e.privilege_type AS privilege,
        e.is_grantable AS grantable, a.attname AS "column"
    FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) e
    WHERE a.attnum > 0 AND NOT a.attisdropped
"""

PRINCIPALS = """
    WITH RECURSIVE {kept}, listed AS (
        SELECT r.oid, ''::text AS privilege, 0::oid AS grantee, 0::oid AS grantor,
            r.rolname AS name, r.rolcanlogin AS login, r.rolsuper, r.rolcreaterole, r.rolcreatedb,
            r.rolreplication, r.rolbypassrls, r.rolinherit,
            CASE WHEN isfinite(r.rolvaliduntil) THEN r.rolvaliduntil END AS valid_until,
            coalesce(shobj_description(r.oid, 'pg_authid'), '') AS comment,
            EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid) AS members,
            CASE WHEN r.oid IN (SELECT oid FROM kept) THEN '' ELSE 'predefined' END AS rule
        FROM pg_roles r
    )
"""

GRANTS = """
    WITH RECURSIVE {kept}, object AS ({object}), listed AS (
        SELECT o.oid, o.identity, e.privilege COLLATE "C" AS privilege, e.grantee, e.grantor,
            e.grantable, NULL::boolean AS inherit, NULL::boolean AS settable, '' AS version,
            CASE
                WHEN o.rule <> '' THEN o.rule
                WHEN e.rule <> '' THEN e.rule
                WHEN e.grantee <> 0 AND e.grantee NOT IN (SELECT oid FROM kept) THEN 'predefined'
                ELSE ''
            END AS rule
        FROM object o CROSS JOIN LATERAL (
            SELECT '' AS privilege, o.owner AS grantee, 0::oid AS grantor, false AS grantable,
                '' AS rule
            UNION ALL
            SELECT a.privilege_type, a.grantee, a.grantor, a.is_grantable, ''
            FROM aclexplode(o.acl) a
            WHERE NOT (a.grantee = o.owner AND a.grantor = o.owner)
            {columns}
        ) e
    )
"""
COLUMNS_LEFT_OUT = """
            UNION ALL
            SELECT c.privilege, c.grantee, c.grantor, c.grantable, 'column'
            FROM ({entries}) c WHERE c.oid = o.oid
"""

ENTITLEMENTS = """
    WITH object AS ({object}), listed AS (
        SELECT o.oid, o.identity, o.resource, e.privilege COLLATE "C" AS privilege,
            0::oid AS grantee, 0::oid AS grantor, o.rule, o.security_definer,
            false AS privileged,
            CASE WHEN e.privilege = '' THEN '' ELSE o.digest END AS digest
        FROM object o CROSS JOIN LATERAL (
            SELECT '' AS privilege
            UNION ALL
            SELECT DISTINCT a.privilege_type FROM aclexplode(acldefault(o.letter, o.owner)) a
            WHERE a.grantee = o.owner
        ) e
    )
"""

MEMBERSHIP_GRANTS = """
    WITH RECURSIVE {kept}, listed AS (
        SELECT m.role AS oid, quote_ident(r.rolname) AS identity, 'MEMBER' AS privilege,
            m.member AS grantee, m.grantor, m.grantable, m.inherit, m.settable, m.version,
            CASE WHEN m.member IN (SELECT oid FROM kept) THEN '' ELSE 'predefined' END AS rule
        FROM ({membership}) m JOIN pg_roles r ON r.oid = m.role
    )
"""

MEMBERSHIP_ENTITLEMENTS = """
    WITH RECURSIVE {kept}, listed AS (
        SELECT r.oid, quote_ident(r.rolname) AS identity, quote_ident(r.rolname) AS resource,
            'MEMBER' AS privilege, 0::oid AS grantee, 0::oid AS grantor, '' AS digest,
            false AS security_definer,
            r.rolsuper OR r.rolcreaterole OR r.rolname ~ '^pg_' AS privileged,
            CASE WHEN r.oid IN (SELECT oid FROM kept) THEN '' ELSE 'predefined' END AS rule
        FROM pg_roles r
    )
"""

SUPERUSER_GRANTS = """
    WITH listed AS (
        SELECT r.oid, '' AS identity, '' AS privilege, r.oid AS grantee, 0::oid AS grantor,
            false AS grantable, NULL::boolean AS inherit, NULL::boolean AS settable,
            '' AS version, '' AS rule
        FROM pg_roles r WHERE r.rolsuper
    )
"""

SUPERUSER_ENTITLEMENTS = """
    WITH listed AS (
        SELECT 1::oid AS oid, '' AS identity, 'superuser' AS resource, '' AS privilege,
            0::oid AS grantee, 0::oid AS grantor, '' AS digest, true AS privileged,
            false AS security_definer, '' AS rule
    )
"""

PAGE = """
    SELECT listed.*, quote_ident(current_database()) AS database,
        (SELECT rolname FROM pg_roles WHERE oid = listed.grantee) AS grantee_name,
        (SELECT rolname FROM pg_roles WHERE oid = listed.grantor) AS grantor_name
    FROM listed
    WHERE rule = '' AND oid >= %(oid)s::oid
        AND (oid, privilege, grantee, grantor)
            > (%(oid)s::oid, %(privilege)s, %(grantee)s::oid, %(grantor)s::oid)
    ORDER BY oid, privilege, grantee, grantor
    LIMIT %(limit)s
"""

COUNT = "SELECT rule, count(*) AS number FROM listed WHERE rule <> '' GROUP BY rule"


TEMPLATE = {
    ("principals", "role"): PRINCIPALS,
    ("entitlements", "membership"): MEMBERSHIP_ENTITLEMENTS,
    ("entitlements", "superuser"): SUPERUSER_ENTITLEMENTS,
    ("grants", "membership"): MEMBERSHIP_GRANTS,
    ("grants", "superuser"): SUPERUSER_GRANTS,
    **{("entitlements", kind): ENTITLEMENTS for kind in OBJECT},
    **{("grants", kind): GRANTS for kind in OBJECT},
}


def listed(stream: str, kind: str, *, version: int) -> str:
    """Return the common table expressions that end in `listed`, for PAGE or COUNT to follow."""
    return TEMPLATE[stream, kind].format(
        kept=KEPT,
        membership=membership(version),
        object=OBJECT.get(kind, ""),
        columns=COLUMNS_LEFT_OUT.format(entries=COLUMN_ENTRIES) if kind == "table" else "",
    )


def membership(version: int) -> str:
    """Return the SQL of all memberships, as this version of the server has them."""
    return MEMBERSHIP_16 if version >= NEWER else MEMBERSHIP_15
