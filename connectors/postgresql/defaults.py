"""
Default privileges: what the next object of a role will open, and to whom.

An entry is about the objects of one type that one role will make, in one schema or in any. What stands for any schema
*replaces* what the server would open by itself; what stands for a schema is *added* to that. Such an entry has no
number that lasts (its row goes when it says nothing new), so it is told by the role's, the type's letter and the
schema's: `part` is "r16402", or "f0" for any schema.

What the server opens by itself is worth one line in one case: everyone may execute what a role will make of functions.
It is listed for roles that are known to make some: that own a function here which outlasts its session, that own the
database or a schema or may create in one by name, and that inherit this from such a role. Who may only SET ROLE to one
makes what is that role's.
Where PUBLIC may create in a schema every role of the cluster *could* be such a one: a line for everybody, which nobody
reads. Those are left out as `not_a_known_creator`, and counted.
"""

WORDS = {
    "r": "tables",
    "S": "sequences",
    "f": "functions",
    "T": "types",
    "n": "schemas",
    "L": "large objects",
}
# What an object of that type is called where privileges on it stand.
KIND_OF = {"r": "table", "S": "sequence", "f": "function", "T": "type", "n": "schema"}

PLACE = """
    SELECT r.oid, k.letter || coalesce(n.oid, 0::oid)::text AS part, r.oid AS owner, k.letter::"char" AS letter,
        {acl} AS acl,
        k.word || ' of ' || quote_ident(r.rolname) || coalesce(' in schema ' || quote_ident(n.nspname), '') AS identity,
        coalesce(quote_ident(n.nspname), '') AS resource,
        '' AS digest,
        false AS security_definer,
        {rule} AS rule,
        NULL::aclitem[] AS came, false AS handed
    FROM pg_roles r
    CROSS JOIN (
        VALUES ('r', 'tables', 'r'), ('S', 'sequences', 's'), ('f', 'functions', 'f'),
            ('T', 'types', 'T'), ('n', 'schemas', 'n'), ('L', 'large objects', 'L')
    ) AS k (letter, word, builtin)
"""

CREATORS = """
    WITH RECURSIVE creator (role) AS (
        SELECT p.proowner FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname !~ '^pg_temp_'
        WHERE p.oid >= 16384 AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        )
        UNION
        SELECT a.grantee
        FROM pg_namespace n CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
        WHERE a.privilege_type = 'CREATE' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        UNION
        SELECT a.grantee
        FROM pg_database d CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
        WHERE a.privilege_type = 'CREATE' AND d.datname = current_database()
        UNION
        SELECT d.datdba FROM pg_database d WHERE d.datname = current_database()
        UNION
        SELECT m.member FROM creator JOIN ({membership}) m ON m.role = creator.role WHERE m.inherit
    )
    SELECT role FROM creator
"""

STORED = """
    JOIN pg_default_acl d ON d.defaclrole = r.oid AND d.defaclobjtype = k.letter::"char"
    LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
    UNION ALL
"""
NOT_STORED = """
    LEFT JOIN pg_namespace n ON false
    WHERE k.letter = 'f' AND NOT EXISTS (
        SELECT FROM pg_default_acl d
        WHERE d.defaclrole = r.oid AND d.defaclnamespace = 0 AND d.defaclobjtype = 'f'
    )
"""
BUILT_IN = 'acldefault(k.builtin::"char", r.oid)'
IDLE = "CASE WHEN r.rolname !~ '^pg_' AND r.oid IN ({creators}) THEN '' ELSE 'not_a_known_creator' END"

LISTED = "".join(
    (
        *(PLACE.format(acl="d.defaclacl", rule="''"), STORED),
        *(PLACE.format(acl=BUILT_IN, rule=IDLE.format(creators=CREATORS)), NOT_STORED),
    )
)

# Of any role, also where nothing stands: there something can be given back.
ANYWHERE = """
    CROSS JOIN (SELECT oid, nspname FROM pg_namespace UNION ALL SELECT NULL, NULL) AS n
    LEFT JOIN pg_default_acl d
        ON d.defaclrole = r.oid AND d.defaclnamespace = coalesce(n.oid, 0::oid) AND d.defaclobjtype = k.letter::"char"
    WHERE (n.oid IS NULL OR k.letter NOT IN ('n', 'L'))
"""
ADDED = "coalesce(d.defaclacl, CASE WHEN n.oid IS NULL THEN {built_in} END)"
LOOKED_AT = PLACE.format(acl=ADDED.format(built_in=BUILT_IN), rule="''") + ANYWHERE

CALLED = "SELECT found.oid, found.part FROM ({places}) found WHERE found.identity = %(identity)s"
NAMED = CALLED.format(places=LOOKED_AT + "AND strpos(%(identity)s, ' of ' || quote_ident(r.rolname)) > 0")
