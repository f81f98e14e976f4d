"""PostgreSQL keeps the contract, over a function that an agent may call."""

from dataclasses import dataclass

import pytest

from connectors.base import Cap, Grant, Secret, Shown
from connectors.errors import ConfigInvalid
from connectors.postgresql import PostgreSQL, names
from connectors.postgresql.settings import parse
from tests.connectors.company import CALL, PASSWORD, REFUND, Peer
from tests.connectors.contract import Contract


@dataclass(frozen=True)
class Database(Peer):
    """The airline's database, judged by its own access lists and by the agent signing in."""

    def grant(self) -> Grant:
        return self.airline.grant("agent", REFUND)

    def stored(self) -> bool:
        return "agent=X" in self.airline.acl()

    def works(self) -> bool:
        return self.airline.can("agent", CALL)

    def open_other_way(self) -> None:
        self.airline.do("""
            GRANT EXECUTE ON FUNCTION air.refund_payment TO airline_agents;
            GRANT airline_agents TO agent;
        """)

    def make_again(self) -> None:
        self.airline.do("""
            DROP FUNCTION air.refund_payment;
            CREATE FUNCTION air.refund_payment(text, integer) RETURNS text
                LANGUAGE sql AS 'SELECT 1::text';
            GRANT EXECUTE ON FUNCTION air.refund_payment TO agent;
        """)


class TestContract(Contract):
    @pytest.fixture
    def peer(self, airline) -> Database:
        return Database(airline)


def test_check_narrows_what_an_ordinary_role_may_do_and_says_why(airline):
    airline.do(f"CREATE ROLE clerk LOGIN PASSWORD '{PASSWORD}'")
    check = airline.connector(user="clerk", password=PASSWORD).check()
    assert check.identity == "clerk"
    assert Cap.REVOKE not in check.caps["function"]
    assert Cap.DISABLE_PRINCIPAL not in check.caps["role"]
    assert "function: cannot act as the grantor air_owner" in check.warnings
    airline.do(
        "ALTER ROLE clerk RENAME TO scribe; ALTER ROLE scribe PASSWORD '" + PASSWORD + "'; CREATE ROLE clerk LOGIN"
    )
    renamed = airline.connector(user="scribe", password=PASSWORD).check()
    assert (renamed.identity, renamed.ours) == ("scribe", check.ours), "whatever it is called"
    airline.do("DROP ROLE clerk; ALTER ROLE scribe RENAME TO clerk; ALTER ROLE clerk PASSWORD '" + PASSWORD + "'")
    airline.do("GRANT air_owner TO clerk")
    check = airline.connector(user="clerk", password=PASSWORD).check()
    assert Cap.REVOKE in check.caps["function"]


def test_check_names_the_databases_that_nobody_listed(airline):
    assert "not in the configuration: database postgres" in airline.connector().check().warnings


def test_check_of_an_administrator_has_every_capability(airline):
    check = airline.connector().check()
    assert check.caps == PostgreSQL.spec.caps


CONFIG = {"host": "db.example", "user": "countersign", "databases": ["airline"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"host": ""}, "host"),
        ({"port": "5432"}, "port"),
        ({"port": True}, "port"),
        ({"port": 65_536}, "port must be a whole number from 1 to 65535"),
        ({"statement_timeout": 10**12}, "statement_timeout"),
        ({"sslmode": "bogus"}, "sslmode must be one of disable, allow, "),
        ({"user": "agent\0or not"}, "user holds a character"),
        ({"databases": ["airline\ud800"]}, "databases holds a character"),
        ({"databases": "airline"}, "databases"),
        ({"databases": []}, "databases"),
        ({"databases": [1]}, "databases"),
        ({"include_catalogues": "no"}, "include_catalogues"),
        ({"canary": {"role": "agent"}}, "canary"),
        ({"password": "word"}, "unknown in the configuration: password"),
    ],
)
def test_a_wrong_configuration_is_named(change, message):
    with pytest.raises(ConfigInvalid, match=message) as caught:
        PostgreSQL(CONFIG | change, Secret("secret word"))
    assert "secret word" not in str(caught.value)


def test_a_password_of_which_a_half_would_be_sent_is_none():
    with pytest.raises(ConfigInvalid, match="password holds a character"):
        PostgreSQL(CONFIG, Secret("secret\0word"))


def test_a_configuration_has_defaults():
    settings = parse(CONFIG)
    assert (settings.port, settings.sslmode, settings.include_catalogues) == (5432, "prefer", False)


@pytest.mark.parametrize(
    ("kind", "privilege", "shown"),
    [
        ("table", "SELECT", Shown.IF_SET),
        ("column", "UPDATE", Shown.IF_SET),
        ("table", "TRUNCATE", Shown.IF_SET),
        ("function", "EXECUTE", Shown.IF_SET),
        ("table", "REFERENCES", Shown.NEVER),
        ("table", "MAINTAIN", Shown.NEVER),
    ],
)
def test_what_its_log_may_leave_out_is_said_of_each_right(kind, privilege, shown):
    assert [each.shown for each in names.actions(kind, privilege, "airline.air.x")] == [shown]


@pytest.mark.parametrize(
    ("name", "database", "kind", "identity", "privilege"),
    [
        (REFUND, "airline", "function", "air.refund_payment(text,integer)", "EXECUTE"),
        ('"a:""b":table:"x:y".z:SELECT', 'a:"b', "table", '"x:y".z', "SELECT"),
        ("airline:owner:schema:air", "airline", "schema", "air", ""),
        ('airline:column:air."x:y".z:SELECT', "airline", "column", 'air."x:y".z', "SELECT"),
        ("*:parameter:archive_command:ALTER SYSTEM", "*", "parameter", "archive_command", "ALTER SYSTEM"),
        ("*:database:airline:CONNECT", "*", "database", "airline", "CONNECT"),
        ("*:owner:database:airline", "*", "database", "airline", ""),
        ('a:default:tables of "o: in schema":SELECT', "a", "default", 'tables of "o: in schema"', "SELECT"),
        ('*:membership:"a:b"', "*", "membership", '"a:b"', "MEMBER"),
        ("*:superuser", "*", "superuser", "", ""),
    ],
)
def test_a_name_is_taken_apart(name, database, kind, identity, privilege):
    found = names.parse(name)
    assert (found.database, found.kind) == (database, kind)
    assert (found.identity, found.privilege) == (identity, privilege)
