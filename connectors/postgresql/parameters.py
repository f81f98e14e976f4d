"""
Parameters: who may set which for a session, or for good, besides superusers.

A parameter has no number that lasts: its row comes with the first grant and goes with the last. So it is told by its
name, as a part of the cluster; and whatever it is called it is there, also where nobody holds anything on it.
"""

ROW = """
    SELECT 0::oid AS oid, {name} AS part, 10::oid AS owner, 'p'::"char" AS letter,
        coalesce(a.paracl, acldefault('p', 10)) AS acl,
        quote_ident({name}) AS identity,
        quote_ident({name}) AS resource,
        '' AS digest,
        false AS security_definer,
        '' AS rule,
        NULL::aclitem[] AS came, false AS handed
    FROM {parameters}
"""
LISTED = ROW.format(name="a.parname", parameters="pg_parameter_acl a")
LOOKED_AT = ROW.format(
    name="asked.name",
    parameters="unnest(%(parts)s::text[]) AS asked (name) LEFT JOIN pg_parameter_acl a ON a.parname = asked.name",
)
# No parameter's name has a quote in it.
NAMED = """SELECT 0::oid AS oid, replace(%(identity)s::text, '"', '') AS part"""

# Some may be set by everybody, and then nothing depends on the privilege.
JUDGED = """
    has_parameter_privilege({role}, part, %(privilege)s::text) OR (
        %(privilege)s::text = 'SET' AND EXISTS (
            SELECT FROM pg_settings s WHERE lower(s.name) = part AND s.context IN ('user', 'backend')
        )
    )
"""
