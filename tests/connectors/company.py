"""An airline's database on a real cluster, and ways to look at it that are not the connector's."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from connectors.base import Grant, Secret, Verification, read_all
from connectors.postgresql import PostgreSQL
from tests.connectors import scram

PASSWORD = "correct horse battery staple"  # noqa: S105 - of roles that live for one test
STORED = scram.stored(PASSWORD)
DATABASE = "airline"

SEED = """
    CREATE ROLE air_owner;
    CREATE ROLE airline_agents;
    CREATE ROLE dba_two LOGIN PASSWORD '{word}';
    CREATE ROLE agent LOGIN PASSWORD '{word}';
    CREATE ROLE other_agent LOGIN PASSWORD '{word}';
    CREATE SCHEMA air AUTHORIZATION air_owner;
    GRANT USAGE ON SCHEMA air TO PUBLIC;
    SET ROLE air_owner;
    CREATE FUNCTION air.refund_payment(ticket text, amount integer) RETURNS text
        LANGUAGE sql AS 'SELECT ticket || amount';
    CREATE TABLE air.bookings (code text, seat text);
    REVOKE EXECUTE ON FUNCTION air.refund_payment FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION air.refund_payment TO agent;
    GRANT SELECT ON air.bookings TO agent;
    RESET ROLE;
"""

REFUND = "airline:function:air.refund_payment(text,integer):EXECUTE"
BOOKINGS = "airline:table:air.bookings:SELECT"
AGENTS = "*:membership:airline_agents"
CALL = "SELECT air.refund_payment('ABC', 7)"
LOOK = "SELECT * FROM air.bookings"


@dataclass(frozen=True)
class Company:
    """One cluster with the airline in it; whatever a test adds is gone after it."""

    admin_url: str
    database: str = DATABASE
    overrides: Mapping[str, Any] = field(default_factory=dict)
    standing: dict[str, psycopg.Connection] = field(default_factory=dict, compare=False, repr=False)

    @property
    def version(self) -> int:
        with self.as_admin("postgres") as connection:
            return connection.info.server_version

    @property
    def admin(self) -> dict[str, Any]:
        return conninfo_to_dict(self.admin_url)

    def do(self, script: str, database: str = "") -> None:
        """Run a script as the administrator."""
        with self.as_admin(database) as connection:
            connection.execute(script.encode())

    def ask(self, query: str, *values: Any) -> Any:
        """Return the one value of a query, as the administrator sees it."""
        with self.as_admin() as connection:
            (value,) = connection.execute(query.encode(), values).fetchone() or (None,)
            return value

    @contextmanager
    def as_admin(self, database: str = "") -> Iterator[psycopg.Connection]:
        """The administrator's standing connection, as new: another one costs more than what is done with it."""
        name = database or self.database
        there = self.standing.get(name)
        if there is None or there.closed:
            there = psycopg.connect(self.admin_url, dbname=name, autocommit=True, prepare_threshold=None)
            self.standing[name] = there
        try:
            yield there
        finally:
            there.execute("RESET ROLE")
            there.execute("DISCARD ALL")

    def leave(self) -> None:
        """Close what stands open."""
        for connection in self.standing.values():
            connection.close()
        self.standing.clear()

    @contextmanager
    def open_admin(self, database: str = "") -> Iterator[psycopg.Connection]:
        name = database or self.database
        with closing(psycopg.connect(self.admin_url, dbname=name, autocommit=True)) as connection:
            yield connection

    def can(self, role: str, statement: str, *, after: str = "") -> bool:
        """Sign in as the role itself and try."""
        account = self.admin | {"user": role, "password": PASSWORD, "dbname": self.database}
        with closing(psycopg.connect(**account, autocommit=True)) as connection:
            try:
                if after:
                    connection.execute(after.encode())
                connection.execute(statement.encode())
            except psycopg.errors.InsufficientPrivilege:
                return False
            return True

    def acl(self, signature: str = "air.refund_payment(text,integer)") -> str:
        query = "SELECT coalesce(proacl::text, '') FROM pg_proc WHERE oid = %s::regprocedure"
        return str(self.ask(query, signature))

    def oid(self, role: str) -> str:
        return str(self.ask("SELECT oid FROM pg_roles WHERE rolname = %s", role))

    def config(self, **changes: Any) -> dict[str, Any]:
        admin = self.admin
        config = {"host": admin["host"], "port": int(admin["port"]), "user": admin["user"]}
        return config | {"databases": [self.database]} | dict(self.overrides) | changes

    def connector(self, *, password: str = "", **changes: Any) -> PostgreSQL:
        return PostgreSQL(self.config(**changes), Secret(password or self.admin["password"]))

    def grants(self, **changes: Any) -> list[Grant]:
        found = read_all(self.connector(**changes), "grants")
        return [each for each in found if isinstance(each, Grant)]

    def grant(self, holder: str, entitlement: str, *, by: str = "") -> Grant:
        """Find the one grant of a holder, by its grantor where there are several."""
        principal = "0" if holder == "PUBLIC" else self.oid(holder)
        origin = self.oid(by) if by else ""
        return next(
            each
            for each in read_all(self.connector(), "grants")
            if isinstance(each, Grant)
            and (each.principal.id, each.entitlement.id) == (principal, entitlement)
            and origin in {"", each.origin}
        )

    def verify(self, grant: Grant) -> Verification:
        return self.connector().verify(grant)


def texts(verification: Verification) -> list[str]:
    return sorted(path.text for path in verification.other_paths)


@contextmanager
def founded(admin_url: str) -> Iterator[Company]:
    """Make the airline; leave the cluster as it was."""
    company = Company(admin_url)
    company.do(f"CREATE DATABASE {DATABASE} TEMPLATE template0 STRATEGY FILE_COPY", "postgres")
    company.do(SEED.format(word=STORED))
    yield company
    clear(company)


def clear(company: Company) -> None:
    """Drop every database and every role that is not the server's own."""
    company.leave()
    with company.open_admin("postgres") as connection:
        databases = connection.execute(
            "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"
        ).fetchall()
        for name in databases:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(*name)))
        found = connection.execute("SELECT rolname FROM pg_roles WHERE oid >= 16384").fetchall()
        names = sql.SQL(", ").join(sql.Identifier(*name) for name in found)
        connection.execute(sql.SQL("DROP OWNED BY {}").format(names))  # what they hold of the cluster's parameters
        connection.execute(sql.SQL("DROP ROLE {}").format(names))


@contextmanager
def with_a_reader(admin_url: str) -> Iterator[Company]:
    """The same, with `scanner`, who may log in and nothing else."""
    with founded(admin_url) as airline:
        airline.do(f"CREATE ROLE scanner LOGIN PASSWORD '{PASSWORD}'")
        yield airline


@dataclass(frozen=True)
class Peer:
    """The airline's database as the contract wants it: by a connector that works, and by those that do not."""

    airline: Company
    kind = "postgresql"
    wrong_word = "an intruder's word"

    def connector(self) -> PostgreSQL:
        return self.airline.connector()

    def intruder(self) -> PostgreSQL:
        return self.airline.connector(password=self.wrong_word)

    def lost(self) -> PostgreSQL:
        return self.airline.connector(host="/nowhere")

    def blinded(self) -> PostgreSQL:
        return self.airline.connector(canary={"role": "nobody", "entitlement": REFUND})
