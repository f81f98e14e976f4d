"""What the agent can hold besides functions, tables and schemas: how it comes to it, and how it uses it."""

import itertools
from dataclasses import dataclass

import psycopg

from connectors.base import Grant
from tests.connectors.company import Company, Peer

NUMBERS = itertools.count()

# An access list that was never set is not in the catalogue: there everyone has what the server gives by itself.
STORED = {
    "column": "SELECT attacl::text FROM pg_attribute WHERE attrelid = 'air.bookings'::regclass AND attname = 'seat'",
    "database": "SELECT datacl::text FROM pg_database WHERE datname = 'airline'",
    "default": "SELECT string_agg(defaclacl::text, ' ' ORDER BY oid) FROM pg_default_acl",
    "sequence": "SELECT relacl::text FROM pg_class WHERE relname = 'tickets'",
    "type": "SELECT typacl::text FROM pg_type WHERE typname = 'mood'",
    "parameter": "SELECT string_agg(paracl::text, ' ' ORDER BY parname) FROM pg_parameter_acl",
    "language": "SELECT lanacl::text FROM pg_language WHERE lanname = 'plpgsql'",
}


@dataclass(frozen=True)
class Form:
    """One thing to hold, as SQL of the administrator and of the agent."""

    entitlement: str
    give: str
    use: str
    other_way: str = ""
    again: str = ""
    make: str = ""  # what its owner makes anew before each use; `{n}` is another number each time
    holder: str = "agent"

    @property
    def kind(self) -> str:
        return self.entitlement.split(":")[1]


FORMS = {
    "column": Form(
        entitlement="airline:column:air.bookings.seat:SELECT",
        give="""
            SET ROLE air_owner; REVOKE SELECT ON air.bookings FROM agent;
            GRANT SELECT (seat) ON air.bookings TO agent{option}
        """,
        use="SELECT seat FROM air.bookings",
        other_way="GRANT SELECT (seat) ON air.bookings TO airline_agents; GRANT airline_agents TO agent",
        again="""
            DROP TABLE air.bookings; CREATE TABLE air.bookings (code text, seat text);
            GRANT SELECT (seat) ON air.bookings TO agent
        """,
    ),
    "database": Form(
        entitlement="*:database:airline:TEMPORARY",
        give="""
            REVOKE TEMPORARY ON DATABASE airline FROM PUBLIC; GRANT TEMPORARY ON DATABASE airline TO agent{option}
        """,
        use="CREATE TEMPORARY TABLE mine (a int)",
        other_way="GRANT TEMPORARY ON DATABASE airline TO airline_agents; GRANT airline_agents TO agent",
    ),
    "default": Form(
        entitlement="airline:default:tables of air_owner in schema air:SELECT",
        give="ALTER DEFAULT PRIVILEGES FOR ROLE air_owner IN SCHEMA air GRANT SELECT ON TABLES TO agent{option}",
        make="CREATE TABLE air.later_{n} (a int)",
        use="SELECT * FROM air.later_{n}",
        other_way="""
            ALTER DEFAULT PRIVILEGES FOR ROLE air_owner GRANT SELECT ON TABLES TO airline_agents;
            GRANT airline_agents TO agent
        """,
        again="""
            DROP SCHEMA air CASCADE; CREATE SCHEMA air AUTHORIZATION air_owner;
            ALTER DEFAULT PRIVILEGES FOR ROLE air_owner IN SCHEMA air GRANT SELECT ON TABLES TO agent
        """,
    ),
    "built-in default": Form(
        entitlement="airline:default:functions of air_owner:EXECUTE",
        give="",
        make="CREATE FUNCTION air.later_{n}() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        use="SELECT air.later_{n}()",
        holder="PUBLIC",
    ),
    "sequence": Form(
        entitlement="airline:sequence:air.tickets:USAGE",
        give="SET ROLE air_owner; CREATE SEQUENCE air.tickets; GRANT USAGE ON SEQUENCE air.tickets TO agent{option}",
        use="SELECT nextval('air.tickets')",
    ),
    "type": Form(
        entitlement="airline:type:air.mood:USAGE",
        give="""
            SET ROLE air_owner; CREATE TYPE air.mood AS ENUM ('good'); REVOKE USAGE ON TYPE air.mood FROM PUBLIC;
            GRANT USAGE ON TYPE air.mood TO agent{option}
        """,
        use="CREATE TEMPORARY TABLE felt (how air.mood)",
    ),
    "language": Form(
        entitlement="airline:language:plpgsql:USAGE",
        give="REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC; GRANT USAGE ON LANGUAGE plpgsql TO agent{option}",
        use="CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'",
    ),
    "parameter": Form(
        entitlement="*:parameter:log_min_duration_statement:SET",
        give="GRANT SET ON PARAMETER log_min_duration_statement TO agent{option}",
        use="SET log_min_duration_statement = 5",
    ),
    "parameter for good": Form(
        entitlement="*:parameter:archive_command:ALTER SYSTEM",
        give="GRANT ALTER SYSTEM ON PARAMETER archive_command TO agent{option}",
        use="ALTER SYSTEM RESET archive_command",
    ),
    "connect": Form(
        entitlement="*:database:airline:CONNECT",
        give="REVOKE CONNECT ON DATABASE airline FROM PUBLIC; GRANT CONNECT ON DATABASE airline TO agent{option}",
        use="SELECT 1",
    ),
}


@dataclass(frozen=True)
class Holding(Peer):
    """The agent holds one of these, and nothing else leads to it; judged by the catalogue and by the agent itself."""

    form: Form

    def grant(self) -> Grant:
        return self.airline.grant(self.form.holder, self.form.entitlement)

    def acl(self) -> str:
        with self.airline.open_admin() as connection:
            (value,) = connection.execute(STORED[self.form.kind].encode()).fetchone() or (None,)
        return str(value or "")

    def stored(self) -> bool:
        return "agent=" in self.acl()

    def works(self) -> bool:
        number = next(NUMBERS)
        if self.form.make:
            self.airline.do(f"SET ROLE air_owner; {self.form.make.format(n=number)}")
        try:
            return self.airline.can("agent", self.form.use.format(n=number))
        except psycopg.OperationalError as error:
            assert "permission denied for database" in str(error)  # noqa: PT017  (it may also just work)
            return False

    def open_other_way(self) -> None:
        self.airline.do(self.form.other_way)

    def make_again(self) -> None:
        if self.form.again:
            self.airline.do(self.form.again)
            return
        self.airline.leave()
        self.airline.do("DROP DATABASE airline WITH (FORCE)", "postgres")
        self.airline.do("CREATE DATABASE airline TEMPLATE template0", "postgres")
        self.airline.do("GRANT TEMPORARY ON DATABASE airline TO agent")


def holding(airline: Company, name: str, *, passing_on: bool = False) -> Holding:
    """Give it to the agent."""
    form = FORMS[name]
    if form.give:
        airline.do(form.give.format(option=" WITH GRANT OPTION" if passing_on else ""))
    return Holding(airline, form)
