"""
Where each kind of object lies in the server's catalogues, and whose it is: one row an object, or a part of one.

Every SELECT here has the same columns: its number (`oid`, and `part` where that is not enough), its owner, its access
list (one that was never set is what the server takes for it), its `identity` in the server's own quoting, the
`resource` that use is reported about, the digest of its definition, and by which `rule` a listing leaves it out.

What PostgreSQL or an extension brought is left out *as it came*: `came` is the access list that it came with, where it
has another one by now, and `handed` says that it has another owner. What differs is somebody's doing, and is listed.
"""

# The pattern is looked for once a schema, not once an object: OFFSET keeps the planner from moving it.
SCHEMAS = """
    SELECT oid, nspname, nspowner, nspacl,
        CASE
            WHEN nspname ~ '^pg_(toast_)?temp_' THEN 'temporary'
            WHEN nspname ~ '^pg_' OR nspname = 'information_schema' THEN 'catalogue'
            ELSE ''
        END AS rule
    FROM pg_namespace OFFSET 0
"""
# Nothing that was there before the first person has a number from 16384 on.
RULE = """
    CASE
        WHEN %(include)s THEN ''
        WHEN n.rule = 'temporary' OR (n.rule <> '' AND {alias}.oid < 16384) THEN n.rule
        WHEN EXISTS (
            SELECT FROM pg_depend d
            WHERE d.classid = '{catalogue}'::regclass AND d.objid = {alias}.oid AND d.deptype = 'e'
        ) THEN 'extension'
        ELSE ''
    END
"""
# The superuser that initdb made is number 10. An extension's objects are its owner's; where it is trusted, number 10's.
SINCE = """
        CASE
            WHEN {stored} IS DISTINCT FROM i.initprivs
            THEN nullif(coalesce(i.initprivs, acldefault('{letter}', {owner}) || {opened}), {stored})
        END AS came,
        {owner} <> 10 AND NOT EXISTS (
            SELECT FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid AND x.extowner = {owner}
            WHERE d.classid = '{catalogue}'::regclass AND d.objid = {alias}.oid AND d.deptype = 'e'
        ) AS handed
"""
INITIAL = """
    LEFT JOIN pg_init_privs i
        ON i.classoid = '{catalogue}'::regclass AND i.objoid = {alias}.oid AND i.objsubid = {part}
"""
# How information_schema came is kept nowhere: everyone may look into it, and read all that is there but for a few.
OPENED_SCHEMA = """
    CASE WHEN n.nspname = 'information_schema' THEN ARRAY[makeaclitem(0, {owner}, 'USAGE', false)] END
"""
OPENED_RELATION = """
    CASE
        WHEN n.nspname = 'information_schema' AND c.relname !~ '^(_pg_|transforms$|sql_parts$)'
        THEN ARRAY[makeaclitem(0, {owner}, 'SELECT', false)]
    END
"""

FUNCTION = """
    SELECT p.oid, '' AS part, p.proowner AS owner, 'f'::"char" AS letter,
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
        {rule} AS rule,
        {since}
    FROM pg_proc p JOIN ({schemas}) n ON n.oid = p.pronamespace
    {initial}
"""

TABLE = """
    SELECT c.oid, '' AS part, c.relowner AS owner, 'r'::"char" AS letter,
        coalesce(c.relacl, acldefault('r', c.relowner)) AS acl,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS identity,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS resource,
        CASE
            WHEN c.relkind IN ('v', 'm')
            THEN encode(sha256(convert_to(pg_get_viewdef(c.oid), 'UTF8')), 'hex')
            ELSE ''
        END AS digest,
        false AS security_definer,
        {rule} AS rule,
        {since}
    FROM pg_class c JOIN ({schemas}) n ON n.oid = c.relnamespace
    {initial}
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""

# Use is reported of tables: a column's privilege is one of those that could have allowed it.
COLUMN = """
    SELECT c.oid, a.attnum::text AS part, c.relowner AS owner, 'c'::"char" AS letter,
        a.attacl AS acl,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(a.attname) AS identity,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS resource,
        '' AS digest,
        false AS security_definer,
        {rule} AS rule,
        {since}
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN ({schemas}) n ON n.oid = c.relnamespace
    {initial}
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT a.attisdropped
"""
COLUMN_LISTED = COLUMN + "AND a.attacl IS NOT NULL"

SEQUENCE = """
    SELECT c.oid, '' AS part, c.relowner AS owner, 's'::"char" AS letter,
        coalesce(c.relacl, acldefault('s', c.relowner)) AS acl,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS identity,
        quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS resource,
        '' AS digest,
        false AS security_definer,
        {rule} AS rule,
        {since}
    FROM pg_class c JOIN ({schemas}) n ON n.oid = c.relnamespace
    {initial}
    WHERE c.relkind = 'S'
"""

SCHEMA = """
    SELECT n.oid, '' AS part, n.nspowner AS owner, 'n'::"char" AS letter,
        coalesce(n.nspacl, acldefault('n', n.nspowner)) AS acl,
        quote_ident(n.nspname) AS identity,
        quote_ident(n.nspname) AS resource,
        '' AS digest,
        false AS security_definer,
        {rule} AS rule,
        {since}
    FROM ({schemas}) n
    {initial}
"""

# With every type comes its array, with every range its multirange, with every table its row. Nobody can change the
# access list of the first two, and hardly anybody changes the third's.
TYPE = """
    SELECT t.oid, '' AS part, t.typowner AS owner, 'T'::"char" AS letter,
        coalesce(t.typacl, acldefault('T', t.typowner)) AS acl,
        quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS identity,
        quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS resource,
        '' AS digest,
        false AS security_definer,
        CASE
            WHEN t.typtype = 'm' OR (t.typelem <> 0 AND t.typsubscript = 'array_subscript_handler'::regproc)
                OR (t.typacl IS NULL
                    AND EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c'))
            THEN 'implicit'
            ELSE {rule}
        END AS rule,
        {since}
    FROM pg_type t JOIN ({schemas}) n ON n.oid = t.typnamespace
    {initial}
"""

# There are a handful in a database, and "who may write code in it" is worth a line: none is left out as a catalogue's.
# In an untrusted language only a superuser writes, whatever its access list says.
LANGUAGE = """
    SELECT l.oid, '' AS part, l.lanowner AS owner, 'l'::"char" AS letter,
        coalesce(l.lanacl, acldefault('l', l.lanowner)) AS acl,
        quote_ident(l.lanname) AS identity,
        quote_ident(l.lanname) AS resource,
        '' AS digest,
        false AS security_definer,
        CASE WHEN l.lanpltrusted THEN '' ELSE 'untrusted' END AS rule,
        NULL::aclitem[] AS came, false AS handed
    FROM pg_language l
"""

DATABASE = """
    SELECT d.oid, '' AS part, d.datdba AS owner, 'd'::"char" AS letter,
        coalesce(d.datacl, acldefault('d', d.datdba)) AS acl,
        quote_ident(d.datname) AS identity,
        quote_ident(d.datname) AS resource,
        '' AS digest,
        false AS security_definer,
        CASE WHEN d.datname::text = ANY(%(databases)s::text[]) THEN '' ELSE 'unlisted' END AS rule,
        NULL::aclitem[] AS came, false AS handed
    FROM pg_database d
"""
