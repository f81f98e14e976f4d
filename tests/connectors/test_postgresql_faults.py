"""Connections that die: nothing was done, or nobody knows; never a quiet success."""

import contextlib
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from connectors.errors import OutcomeUnknown, Transient
from tests.connectors.company import CALL, REFUND, Company

WAITING = """
    SELECT pid FROM pg_stat_activity
    WHERE application_name = 'countersign' AND wait_event_type = 'Lock'
"""


@contextmanager
def held(airline: Company, executor: ThreadPoolExecutor) -> Iterator[tuple[Future[Any], int, psycopg.Connection]]:
    """Somebody else is changing the function; our REVOKE waits for them."""
    grant = airline.grant("agent", REFUND)
    with airline.open_admin() as other:
        other.execute("BEGIN; GRANT EXECUTE ON FUNCTION air.refund_payment TO other_agent")
        ours = executor.submit(airline.connector().revoke, grant, idem_key="1")
        while (pid := airline.ask(WAITING)) is None:
            assert not ours.done(), ours.exception()
            time.sleep(0.01)
        yield ours, pid, other


def test_a_backend_killed_before_the_commit_has_done_nothing(airline):
    with ThreadPoolExecutor(1) as executor, held(airline, executor) as (ours, pid, _):
        airline.ask("SELECT pg_terminate_backend(%s)", pid)
        error = ours.exception(10)
    assert isinstance(error, Transient)
    assert error.native_code == "57P01"
    assert airline.can("agent", CALL)


def test_somebody_elses_change_meanwhile_is_tried_again(airline):
    with ThreadPoolExecutor(1) as executor, held(airline, executor) as (ours, _, other):
        other.execute("COMMIT")
        error = ours.exception(10)
    assert isinstance(error, Transient)
    assert airline.can("agent", CALL)
    airline.connector().revoke(airline.grant("agent", REFUND), idem_key="1")
    assert not airline.can("agent", CALL)
    assert airline.can("other_agent", CALL)


@contextmanager
def cut_after(word: bytes, airline: Company) -> Iterator[str]:
    """A way to the server that breaks as soon as the client has sent `word`."""
    target = f"{airline.admin['host']}/.s.PGSQL.{airline.admin['port']}"
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as door:
        door.bind(str(Path(folder) / ".s.PGSQL.5432"))
        door.listen()
        thread = threading.Thread(target=serve, args=(door, target, word))
        thread.start()
        yield folder
        with contextlib.suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def serve(door: socket.socket, target: str, word: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = door.accept()
            with client, socket.socket(socket.AF_UNIX) as server:
                server.connect(target)
                back = threading.Thread(target=pump, args=(server, client, b"\0never\0"))
                back.start()
                pump(client, server, word)
                for each in (client, server):
                    with contextlib.suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)
                back.join(10)


def pump(source: socket.socket, sink: socket.socket, word: bytes) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            if word in data:
                source.shutdown(socket.SHUT_RDWR)  # the client hears nothing any more
                sink.sendall(data)
                time.sleep(0.2)  # the server does
                return
            sink.sendall(data)


def test_an_answer_lost_while_committing_is_an_unknown_outcome(airline):
    grant = airline.grant("agent", REFUND)
    with cut_after(b"COMMIT\0", airline) as host:
        connector = airline.connector(host=host, port=5432, sslmode="disable")
        with pytest.raises(OutcomeUnknown) as caught:
            connector.revoke(grant, idem_key="1")
    assert not caught.value.retryable
    assert not airline.can("agent", CALL)  # this time it was done: only a look can tell


def test_a_connection_lost_before_the_commit_has_done_nothing(airline):
    grant = airline.grant("agent", REFUND)
    with cut_after(b"SET LOCAL ROLE", airline) as host:
        connector = airline.connector(host=host, port=5432, sslmode="disable")
        with pytest.raises(Transient):
            connector.revoke(grant, idem_key="1")
    assert airline.can("agent", CALL)


def test_a_connection_lost_while_reading_is_tried_later(airline):
    with cut_after(b"pg_auth_members", airline) as host, pytest.raises(Transient):
        airline.connector(host=host, port=5432, sslmode="disable").read("principals")
