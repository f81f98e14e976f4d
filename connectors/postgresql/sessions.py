"""
Connections and transactions, and the server's refusals as our errors.

Every call gets a connection of its own: a look is fresh because nothing is kept. Settings are made
inside the transaction, so that a pooler in between neither loses nor spreads them.
"""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from connectors.base import Secret
from connectors.errors import (
    AuthFailed,
    ConfigInvalid,
    Conflict,
    ConnectorError,
    NotPermitted,
    OutcomeUnknown,
    Refused,
    SchemaDrift,
    Transient,
)
from connectors.postgresql.settings import Settings

Connection = psycopg.Connection[DictRow]

# Until a session is there the server's code is lost (libpq keeps the text alone).
AT_THE_DOOR: tuple[tuple[str, type[ConnectorError], str], ...] = (
    ("authentication failed|no password supplied", AuthFailed, "28P01"),
    (r"no pg_hba\.conf entry|rejects connection|not permitted to log in", AuthFailed, "28000"),
    ('role ".*" does not exist', AuthFailed, "28000"),
    ('database ".*" does not exist', ConfigInvalid, "3D000"),
    ("permission denied for database", NotPermitted, "42501"),
    ("not currently accepting connections", NotPermitted, "55000"),
)

# The first that a code begins with.
BY_CODE: tuple[tuple[str, type[ConnectorError]], ...] = (
    ("08", Transient),
    ("25006", Refused),
    ("28", AuthFailed),
    ("2BP01", Refused),
    ("3D000", ConfigInvalid),
    ("40", Transient),
    ("42501", NotPermitted),
    ("42", SchemaDrift),
    ("53", Transient),
    ("55P03", Transient),
    ("57", Transient),
)

# Compiling our catalogue queries (jit) takes ten times as long as running them.
BEGIN = """
    SELECT set_config('search_path', '', true),
           set_config('jit', 'off', true),
           set_config('quote_all_identifiers', 'off', true),
           set_config('statement_timeout', %(statement)s, true),
           set_config('lock_timeout', %(lock)s, true)
"""
LOCK_WAIT = 5_000  # milliseconds that a REVOKE waits for somebody else's change


@dataclass(frozen=True, slots=True)
class Door:
    """Where the server is and how we get in."""

    settings: Settings
    password: Secret


@contextmanager
def looking(door: Door, database: str) -> Iterator[Connection]:
    """Open a fresh connection in one read-only transaction, which sees one moment."""
    with connected(door, database) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        prepare(connection, door.settings)
        yield connection


@contextmanager
def acting(door: Door, database: str) -> Iterator[Connection]:
    """Open a fresh connection in a transaction that is undone unless `commit` is called."""
    with connected(door, database) as connection:
        connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        prepare(connection, door.settings)
        yield connection


@contextmanager
def connected(door: Door, database: str) -> Iterator[Connection]:
    """Open a connection; whatever the server refuses becomes an error of ours."""
    with closing(enter(door, database)) as connection:
        try:
            yield connection
        except psycopg.Error as error:
            raise translated(error) from error
        except UnicodeDecodeError as error:
            raise SchemaDrift(f"the database {database} holds a name that is no text") from error


def enter(door: Door, database: str) -> Connection:
    """Connect, or say why not; the message names neither password nor connection string."""
    settings = door.settings
    try:
        return psycopg.connect(
            host=settings.host,
            port=settings.port,
            user=settings.user,
            password=door.password.reveal(),
            dbname=database,
            sslmode=settings.sslmode,
            connect_timeout=settings.connect_timeout,
            application_name="countersign",
            client_encoding="UTF8",
            autocommit=True,
            prepare_threshold=None,
            row_factory=dict_row,
        )
    except psycopg.Error as error:
        said = str(error)
    # Out here, so that no error stands behind it: that one's frames hold the password.
    raise refused_entry(said)


def prepare(connection: Connection, settings: Settings) -> None:
    """Make names come out the same everywhere, and waiting finite."""
    statement = str(settings.statement_timeout * 1000)
    connection.execute(BEGIN, {"statement": statement, "lock": str(LOCK_WAIT)})


def commit(connection: Connection) -> None:
    """End the transaction; OutcomeUnknown where the answer to that was lost."""
    try:
        done = connection.execute("COMMIT")
    except psycopg.Error as error:
        if connection.broken or connection.closed:
            raise OutcomeUnknown(
                "the connection was lost while committing", native_code=error.sqlstate or ""
            ) from error
        raise
    if done.statusmessage != "COMMIT":
        raise Conflict("the server rolled the transaction back")


def refused_entry(message: str) -> ConnectorError:
    """Say why nobody let us in; where the text says nothing that we know, it may work later."""
    message = message.strip()
    for pattern, kind, code in AT_THE_DOOR:
        if re.search(pattern, message):
            return kind(message, native_code=code)
    return Transient(message, native_code="08001")


def translated(error: psycopg.Error) -> ConnectorError:
    """Turn the server's refusal into ours, by its code."""
    code, message = error.sqlstate or "", str(error).strip()
    if code == "XX000" and "concurrently" in message:
        return Transient(f"somebody else changed it meanwhile: {message}", native_code=code)
    if not code:
        kind: type[ConnectorError] = Transient if isinstance(error, psycopg.OperationalError) else SchemaDrift
        return kind(message)
    return next((each for prefix, each in BY_CODE if code.startswith(prefix)), Refused)(message, native_code=code)


def rows(connection: Connection, query: str, **values: Any) -> list[DictRow]:
    """Ask one of our own questions; `query` is never made of anything that came from outside."""
    # As bytes: for psycopg's types a text must be a literal, and ours are put together of those.
    return connection.execute(query.encode(), values).fetchall()


def row(connection: Connection, query: str, **values: Any) -> DictRow:
    """Ask a question that has exactly one answer."""
    (found,) = rows(connection, query, **values)
    return found
