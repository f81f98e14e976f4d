"""
The kinds of objects on which privileges are held, in the order in which they are read: one entry each.

    listed     the SQL of all of them, for a listing; `{membership}` in it stands for that of all memberships
    looked_at  the same for a look at some, where a listing knows less
    named      the SQL of the one that is called so now
    judged     the server's own word on whether a role may
    keyword    what GRANT calls it
    whole      it has an owner and privileges of its own; else it is a part of something that has
    cluster    it belongs to the cluster, not to the database where we look
    brought    PostgreSQL and its extensions bring some, which are left out as they came
"""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.postgresql import catalogue, defaults, parameters


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object."""

    listed: str
    named: str
    keyword: str = ""
    judged: str = ""  # empty: the server has no word on it
    looked_at: str = ""
    whole: bool = True
    cluster: bool = False
    brought: bool = False

    @property
    def seen(self) -> str:
        """The SQL of all of them, as a look needs it."""
        return self.looked_at or self.listed


# Looking takes no right but the catalogue's: to_regclass wants USAGE on the schema, and to_regprocedure raises where
# the type of an argument is gone. The schema is looked for by itself first: there are few, and thousands of functions.
RELATION = """
    SELECT c.oid, '' AS part FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE starts_with(%(identity)s, quote_ident(n.nspname) || '.')
        AND quote_ident(n.nspname) || '.' || quote_ident(c.relname) = %(identity)s
"""
FUNCTION = """
    SELECT p.oid, '' AS part FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE starts_with(%(identity)s, quote_ident(n.nspname) || '.')
        AND starts_with(%(identity)s, quote_ident(n.nspname) || '.' || quote_ident(p.proname))
        AND CASE WHEN n.nspname = 'pg_catalog' THEN 'pg_catalog.' ELSE '' END
            || p.oid::regprocedure::text = %(identity)s
"""
COLUMN = """
    SELECT a.attrelid AS oid, a.attnum::text AS part
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT a.attisdropped AND starts_with(%(identity)s, quote_ident(n.nspname) || '.')
        AND starts_with(%(identity)s, quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.')
        AND quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(a.attname) = %(identity)s
"""
TYPE = """
    SELECT t.oid, '' AS part FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE starts_with(%(identity)s, quote_ident(n.nspname) || '.')
        AND quote_ident(n.nspname) || '.' || quote_ident(t.typname) = %(identity)s
"""
SIMPLE = "SELECT oid, '' AS part FROM {catalogue} WHERE quote_ident({name}) = %(identity)s"
ROLE = SIMPLE.format(catalogue="pg_roles", name="rolname")


def ruled(query: str, *, opened: str = "NULL::aclitem[]", part: str = "0", **row: str) -> str:
    """Return the SQL of objects that lie in schemas, with the rules by which some are left out."""
    known = {"part": part, "opened": opened.format(**row), **row}
    rules = {"rule": catalogue.RULE, "since": catalogue.SINCE, "initial": catalogue.INITIAL}
    return query.format(schemas=catalogue.SCHEMAS, **{name: each.format(**known) for name, each in rules.items()})


RELATION_ROW = {"catalogue": "pg_class", "alias": "c", "owner": "c.relowner", "stored": "c.relacl"}
COLUMN_ROW = {**RELATION_ROW, "letter": "c", "stored": "a.attacl", "part": "a.attnum"}
ROUTINE_ROW = {"catalogue": "pg_proc", "alias": "p", "letter": "f", "owner": "p.proowner", "stored": "p.proacl"}
SCHEMA_ROW = {"catalogue": "pg_namespace", "alias": "n", "letter": "n", "owner": "n.nspowner", "stored": "n.nspacl"}
TYPE_ROW = {"catalogue": "pg_type", "alias": "t", "letter": "T", "owner": "t.typowner", "stored": "t.typacl"}

KINDS: Mapping[str, Kind] = {
    "database": Kind(
        listed=catalogue.DATABASE,
        named=SIMPLE.format(catalogue="pg_database", name="datname"),
        judged="has_database_privilege({role}, object, %(privilege)s)",
        keyword="DATABASE",
        cluster=True,
    ),
    "parameter": Kind(
        listed=parameters.LISTED,
        looked_at=parameters.LOOKED_AT,
        named=parameters.NAMED,
        judged=parameters.JUDGED,
        keyword="PARAMETER",
        whole=False,
        cluster=True,
    ),
    "function": Kind(
        listed=ruled(catalogue.FUNCTION, **ROUTINE_ROW),
        named=FUNCTION,
        judged="has_function_privilege({role}, object, %(privilege)s)",
        keyword="ROUTINE",
        brought=True,
    ),
    "table": Kind(
        listed=ruled(catalogue.TABLE, letter="r", opened=catalogue.OPENED_RELATION, **RELATION_ROW),
        named=RELATION,
        judged="has_table_privilege({role}, object, %(privilege)s)",
        keyword="TABLE",
        brought=True,
    ),
    "column": Kind(
        listed=ruled(catalogue.COLUMN_LISTED, **COLUMN_ROW),
        looked_at=ruled(catalogue.COLUMN, **COLUMN_ROW),
        named=COLUMN,
        judged="has_column_privilege({role}, object, part::smallint, %(privilege)s)",
        whole=False,
        brought=True,
    ),
    "sequence": Kind(
        listed=ruled(catalogue.SEQUENCE, letter="s", **RELATION_ROW),
        named=RELATION,
        judged="has_sequence_privilege({role}, object, %(privilege)s)",
        keyword="SEQUENCE",
        brought=True,
    ),
    "schema": Kind(
        listed=ruled(catalogue.SCHEMA, opened=catalogue.OPENED_SCHEMA, **SCHEMA_ROW),
        named=SIMPLE.format(catalogue="pg_namespace", name="nspname"),
        judged="has_schema_privilege({role}, object, %(privilege)s)",
        keyword="SCHEMA",
        brought=True,
    ),
    "type": Kind(
        listed=ruled(catalogue.TYPE, **TYPE_ROW),
        named=TYPE,
        judged="has_type_privilege({role}, object, %(privilege)s)",
        keyword="TYPE",
        brought=True,
    ),
    "language": Kind(
        listed=catalogue.LANGUAGE,
        named=SIMPLE.format(catalogue="pg_language", name="lanname"),
        judged="has_language_privilege({role}, object, %(privilege)s)",
        keyword="LANGUAGE",
    ),
    "default": Kind(
        listed=defaults.LISTED,
        looked_at=defaults.LOOKED_AT,
        named=defaults.NAMED,
        whole=False,
    ),
}
