"""
The kinds of objects on which privileges are held, in the order in which they are read: one entry each.

    listed     the SQL of all of them, for a listing
    looked_at  the same for a look at some, where a listing knows less
    named      the SQL of the one that is called so now
    judged     the server's own word on whether a role may
    keyword    what GRANT calls it
    whole      it has an owner and privileges of its own; else it is a part of something that has
    cluster    it belongs to the cluster, not to the database where we look
"""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.postgresql import catalogue, defaults


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

    @property
    def seen(self) -> str:
        """The SQL of all of them, as a look needs it."""
        return self.looked_at or self.listed


# Looking takes no right but the catalogue's: to_regclass wants USAGE on the schema, and to_regprocedure raises where
# the type of an argument is gone.
RELATION = """
    SELECT c.oid, '' AS part FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE quote_ident(n.nspname) || '.' || quote_ident(c.relname) = %(identity)s
"""
FUNCTION = """
    SELECT p.oid, '' AS part FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE starts_with(%(identity)s, quote_ident(n.nspname) || '.' || quote_ident(p.proname))
        AND CASE WHEN n.nspname = 'pg_catalog' THEN 'pg_catalog.' ELSE '' END
            || p.oid::regprocedure::text = %(identity)s
"""
COLUMN = """
    SELECT a.attrelid AS oid, a.attnum::text AS part
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT a.attisdropped
        AND starts_with(%(identity)s, quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.')
        AND quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(a.attname) = %(identity)s
"""
TYPE = """
    SELECT t.oid, '' AS part FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE quote_ident(n.nspname) || '.' || quote_ident(t.typname) = %(identity)s
"""
SIMPLE = "SELECT oid, '' AS part FROM {catalogue} WHERE quote_ident({name}) = %(identity)s"
ROLE = SIMPLE.format(catalogue="pg_roles", name="rolname")


def ruled(query: str, catalogue_of: str, alias: str) -> str:
    """Return the SQL of objects that lie in schemas, with the rules by which some are left out."""
    return query.format(rule=catalogue.RULE.format(catalogue=catalogue_of, alias=alias))


KINDS: Mapping[str, Kind] = {
    "database": Kind(
        listed=catalogue.DATABASE,
        named=SIMPLE.format(catalogue="pg_database", name="datname"),
        judged="has_database_privilege({role}, object, %(privilege)s)",
        keyword="DATABASE",
        cluster=True,
    ),
    "function": Kind(
        listed=ruled(catalogue.FUNCTION, "pg_proc", "p"),
        named=FUNCTION,
        judged="has_function_privilege({role}, object, %(privilege)s)",
        keyword="ROUTINE",
    ),
    "table": Kind(
        listed=ruled(catalogue.TABLE, "pg_class", "c"),
        named=RELATION,
        judged="has_table_privilege({role}, object, %(privilege)s)",
        keyword="TABLE",
    ),
    "column": Kind(
        listed=ruled(catalogue.COLUMN_LISTED, "pg_class", "c"),
        looked_at=ruled(catalogue.COLUMN, "pg_class", "c"),
        named=COLUMN,
        judged="has_column_privilege({role}, object, part::smallint, %(privilege)s)",
        whole=False,
    ),
    "sequence": Kind(
        listed=ruled(catalogue.SEQUENCE, "pg_class", "c"),
        named=RELATION,
        judged="has_sequence_privilege({role}, object, %(privilege)s)",
        keyword="SEQUENCE",
    ),
    "schema": Kind(
        listed=ruled(catalogue.SCHEMA, "pg_namespace", "n"),
        named=SIMPLE.format(catalogue="pg_namespace", name="nspname"),
        judged="has_schema_privilege({role}, object, %(privilege)s)",
        keyword="SCHEMA",
    ),
    "type": Kind(
        listed=ruled(catalogue.TYPE, "pg_type", "t"),
        named=TYPE,
        judged="has_type_privilege({role}, object, %(privilege)s)",
        keyword="TYPE",
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
