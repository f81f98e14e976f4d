"""Somebody's cluster, as scans meet them: two databases, roles of two teams, nested memberships, grants by several."""

from contextlib import closing
from urllib.parse import quote, urlsplit

import psycopg

PASSWORD = "horse battery staple correct"  # noqa: S105 - of roles that live for one test
# Names that try: markup, direction, line ends, quotes, and as long as PostgreSQL lets them be.
MARKUP = "</script><script>top.hacked=1</script>"
TURNED = "evil\u202egnp.exe"
LINES = "two\nlines"
QUOTES = "o\"r'eilly\\"
LONG = "x" * 63

ROLES = f"""
    CREATE ROLE countersign_scan LOGIN CONNECTION LIMIT 2 PASSWORD '{PASSWORD}';
    ALTER ROLE countersign_scan SET default_transaction_read_only = on;
    CREATE ROLE shop_owner;
    CREATE ROLE dba_anna LOGIN; COMMENT ON ROLE dba_anna IS 'Anna Berg';
    CREATE ROLE dba_boris LOGIN; COMMENT ON ROLE dba_boris IS 'Boris Lund';
    CREATE ROLE app_web LOGIN VALID UNTIL '2100-01-01'; COMMENT ON ROLE app_web IS 'owner: maria@example.org';
    CREATE ROLE app_etl LOGIN VALID UNTIL '2100-01-01'; COMMENT ON ROLE app_etl IS 'owner: omar@example.org';
    CREATE ROLE support_bot LOGIN VALID UNTIL '2100-01-01'; COMMENT ON ROLE support_bot IS 'owner: sam@example.org';
    CREATE ROLE reporting LOGIN VALID UNTIL '2100-01-01'; COMMENT ON ROLE reporting IS 'owner: lena@example.org';
    CREATE ROLE fare_watch LOGIN SUPERUSER; COMMENT ON ROLE fare_watch IS 'owner: jon@example.org';
    CREATE ROLE break_glass SUPERUSER;
    CREATE ROLE ops_sync LOGIN; COMMENT ON ROLE ops_sync IS 'owner: jon@example.org';
    CREATE ROLE file_loader LOGIN; COMMENT ON ROLE file_loader IS 'owner: jon@example.org';
    CREATE ROLE hr_sync LOGIN CREATEROLE; COMMENT ON ROLE hr_sync IS 'owner: jon@example.org';
    CREATE ROLE tmp_migration_2023 LOGIN VALID UNTIL '2100-01-01';
    CREATE ROLE retired NOLOGIN;
    CREATE ROLE readers; CREATE ROLE writers; CREATE ROLE support_team;
    GRANT readers TO writers; GRANT writers TO support_team; GRANT support_team TO support_bot;
    GRANT readers TO reporting WITH ADMIN OPTION;
    GRANT writers TO tmp_migration_2023;
    GRANT break_glass TO ops_sync;
    GRANT pg_execute_server_program TO file_loader;
    CREATE ROLE keepers; GRANT pg_read_all_data TO keepers; CREATE ROLE night_job LOGIN; GRANT keepers TO night_job;
    COMMENT ON ROLE night_job IS 'temporary, ask nobody';
    ALTER ROLE night_job VALID UNTIL 'infinity';
    CREATE ROLE see_all BYPASSRLS REPLICATION; CREATE ROLE copier LOGIN VALID UNTIL '2100-01-01';
    GRANT see_all TO copier;
    CREATE ROLE watcher LOGIN VALID UNTIL '2100-01-01'; GRANT pg_monitor TO watcher;
"""

# A cluster where memberships have options of their own: from 16 on.
OPTIONS = """
    CREATE ROLE root_too SUPERUSER; CREATE ROLE between;
    CREATE ROLE one_step LOGIN; CREATE ROLE two_steps LOGIN; CREATE ROLE on_paper LOGIN; CREATE ROLE doorkeeper LOGIN;
    GRANT root_too TO one_step WITH INHERIT TRUE, SET FALSE;
    GRANT between TO two_steps WITH INHERIT TRUE, SET FALSE;
    GRANT root_too TO between WITH INHERIT FALSE, SET TRUE;
    GRANT see_all TO one_step WITH INHERIT TRUE, SET FALSE;
    GRANT writers TO between WITH INHERIT FALSE, SET TRUE;
    GRANT pg_execute_server_program TO on_paper WITH INHERIT FALSE, SET FALSE;
    GRANT pg_execute_server_program TO doorkeeper WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
    CREATE ROLE gate; CREATE ROLE gatekeepers; CREATE ROLE keyholder LOGIN; CREATE ROLE last_door LOGIN;
    GRANT root_too TO gate WITH INHERIT FALSE, SET TRUE;
    GRANT gate TO gatekeepers WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
    GRANT gatekeepers TO keyholder WITH INHERIT TRUE, SET FALSE;
    GRANT root_too TO last_door WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
    CREATE ROLE loaders; CREATE ROLE loaders_admin LOGIN;
    GRANT pg_execute_server_program TO loaders; GRANT see_all TO loaders WITH INHERIT FALSE;
    GRANT loaders TO loaders_admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
"""

ORDERS = """
    CREATE SCHEMA shop AUTHORIZATION shop_owner;
    CREATE SCHEMA billing AUTHORIZATION app_etl;
    GRANT CREATE ON SCHEMA public TO PUBLIC;
    GRANT USAGE ON SCHEMA shop TO readers, app_web, support_bot, dba_anna, dba_boris;
    SET ROLE shop_owner;
    CREATE TABLE shop.customers (name text, passport text);
    CREATE TABLE shop.payments (number bigint, amount numeric);
    CREATE FUNCTION shop.refund(number bigint) RETURNS void LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION shop.opening_hours() RETURNS text LANGUAGE sql AS $$ SELECT 'nine to five' $$;
    REVOKE EXECUTE ON FUNCTION shop.refund FROM PUBLIC;
    GRANT SELECT ON shop.customers TO readers;
    GRANT SELECT ON shop.customers TO dba_anna, dba_boris WITH GRANT OPTION;
    GRANT SELECT ON shop.payments TO readers;
    GRANT INSERT, UPDATE, DELETE ON shop.payments TO writers;
    GRANT EXECUTE ON FUNCTION shop.refund TO support_bot;
    GRANT UPDATE ON shop.payments TO app_web WITH GRANT OPTION;
    RESET ROLE;
    SET ROLE dba_anna; GRANT SELECT ON shop.customers TO app_web; RESET ROLE;
    SET ROLE dba_boris; GRANT SELECT ON shop.customers TO app_web; RESET ROLE;
    CREATE FUNCTION public.export_customers() RETURNS SETOF shop.customers
        LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM shop.customers';
    GRANT USAGE, CREATE ON SCHEMA billing TO app_etl;
"""

ARCHIVE = """
    CREATE SCHEMA old AUTHORIZATION shop_owner;
    SET ROLE shop_owner;
    CREATE TABLE old.orders (number bigint);
    GRANT SELECT ON old.orders TO PUBLIC;
    RESET ROLE;
    CREATE SCHEMA kept AUTHORIZATION keepers;
    CREATE TABLE kept.invoices (number bigint); ALTER TABLE kept.invoices OWNER TO keepers;
"""


def hostile() -> str:
    """Roles and a table with names that try."""
    from psycopg import sql  # noqa: PLC0415

    names = [sql.Identifier(each) for each in (MARKUP, TURNED, LINES, QUOTES, LONG)]
    made = [sql.SQL("CREATE ROLE {} LOGIN").format(each).as_string() for each in names]
    table = [sql.SQL("CREATE TABLE {} (a int)").format(each).as_string() for each in names]
    opened = [
        sql.SQL("GRANT SELECT ON {0} TO PUBLIC; GRANT UPDATE ON {0} TO {0}").format(each).as_string() for each in names
    ]
    return ";".join([*made, *table, *opened])


def found(admin_url: str, *, with_hostile: bool = False, with_options: bool = False) -> None:
    """Make the estate on an empty cluster."""
    run(admin_url, "postgres", ROLES + OPTIONS * with_options)
    for name, script in (("orders", ORDERS), ("archive", ARCHIVE)):
        run(admin_url, "postgres", f"CREATE DATABASE {name} TEMPLATE template0")
        run(admin_url, name, script)
        run(admin_url, "postgres", f"REVOKE CONNECT, TEMPORARY ON DATABASE {name} FROM PUBLIC")
        run(admin_url, "postgres", f"GRANT CONNECT ON DATABASE {name} TO countersign_scan")
    if with_hostile:
        run(admin_url, "orders", hostile())


def run(admin_url: str, database: str, script: str) -> None:
    """Run a script as the administrator."""
    with closing(psycopg.connect(admin_url, dbname=database, autocommit=True)) as connection:
        connection.execute(script.encode())


def url(
    admin_url: str, database: str = "orders?also=archive", *, user: str = "countersign_scan", password: str = PASSWORD
) -> str:
    """Return the URL that somebody would scan with."""
    host = urlsplit(admin_url).netloc.rpartition("@")[2]
    return f"postgresql://{user}:{quote(password, safe='')}@{host}/{database}"


def clear(admin_url: str) -> None:
    """Drop what was made here: databases, then roles."""
    with closing(psycopg.connect(admin_url, autocommit=True)) as connection:
        for name in ("orders", "archive"):
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        made = connection.execute("SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384").fetchall()
        connection.execute(f"DROP ROLE {', '.join(name for (name,) in made)}".encode())
