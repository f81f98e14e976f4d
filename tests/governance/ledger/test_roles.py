"""Who may do what with evidence: a matrix that the database keeps."""

import json
from itertools import product

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from psycopg import sql

from governance import ledger
from tests import databases
from tests.governance.ledger.conftest import ask, tell

TABLES = ("entry", "leaf", "checkpoint", "epoch", "tree", "secret", "clock")
VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
MAY = {
    "app": {(table, "SELECT") for table in TABLES} | {("secret", "DELETE")},
    "sequencer": {(table, "SELECT") for table in TABLES if table != "secret"}
    | {("leaf", "INSERT"), ("checkpoint", "INSERT"), ("tree", "UPDATE")},
    "auditor": {(table, "SELECT") for table in TABLES},
}
FACT = json.dumps([{"act": "ask.sent", "actor": {"kind": "step", "id": "x"}}])
DENIED = {
    "ALTER TABLE evidence.entry DISABLE TRIGGER ALL": "must be owner",
    "DROP TABLE evidence.leaf": "must be owner",
    "DROP FUNCTION evidence.record": "must be owner",
    "SET session_replication_role = replica": "permission denied to set parameter",
    "SET ROLE countersign_owner": "permission denied to set role",
    "CREATE TABLE evidence.own (id int)": "permission denied for schema evidence",
    "CREATE TABLE public.own (id int)": "permission denied for schema public",
    "SELECT evidence.refuse()": "permission denied for function refuse",
    "SELECT nextval('evidence.entry_id_seq')": "permission denied for sequence",
    "DELETE FROM django_migrations": "permission denied for table django_migrations",
}
CHANGES = ("UPDATE evidence.{0} SET {1} = {2}", "DELETE FROM evidence.{0}", "TRUNCATE evidence.{0} CASCADE")
KEPT = {"entry": "act", "leaf": "index", "checkpoint": "size", "epoch": "number"}


@pytest.mark.django_db
@pytest.mark.parametrize("role", MAY)
def test_a_role_may_do_this_and_no_more(role):
    granted = {
        (table, verb)
        for table in TABLES
        for verb in VERBS
        if ask(
            "SELECT has_table_privilege(%s, %s, %s) OR has_any_column_privilege(%s, %s, %s)"
            if verb in ("SELECT", "INSERT", "UPDATE")
            else "SELECT has_table_privilege(%s, %s, %s)",
            *(
                [f"countersign_{role}_login", f"evidence.{table}", verb]
                * (1 + (verb in ("SELECT", "INSERT", "UPDATE")))
            ),
        )
        == [(True,)]
    }
    assert granted == MAY[role]


@pytest.mark.django_db
@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("statement", DENIED)
def test_a_role_is_denied(login, role, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=DENIED[statement]):
        login(role).execute(statement.encode())


@pytest.mark.django_db
def test_the_sequencer_alone_enters_an_epoch(login):
    assert login("sequencer").execute("SELECT evidence.enter_epoch()").fetchone() == (1,)
    for role in ("app", "auditor"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="function enter_epoch"):
            login(role).execute("SELECT evidence.enter_epoch()")


def test_the_app_alone_records(committed, login):
    login("app").execute("SELECT evidence.record(%s::jsonb)", [FACT])
    for role in ("sequencer", "auditor"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="function record"):
            login(role).execute("SELECT evidence.record(%s::jsonb)", [FACT])


def test_the_triggers_refuse_the_owner(sequenced, login):
    tell()
    sequenced()
    assert all_refused(login("owner"))


def test_the_triggers_refuse_a_superuser_who_plays_a_replica(sequenced, superuser):
    tell()
    sequenced()
    superuser.execute("SET session_replication_role = replica")
    assert all_refused(superuser)


def test_a_committed_text_can_be_deleted_and_not_changed(committed, login, superuser):
    tell(commit={"reason": "told in confidence"})
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only: UPDATE refused"):
        superuser.execute("UPDATE evidence.secret SET value = 'else'")
    assert login("app").execute("DELETE FROM evidence.secret").rowcount == 1


def test_only_the_owner_moves_the_clock(committed, login):
    for role in MAY:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="table clock"):
            login(role).execute("INSERT INTO evidence.clock (shift) VALUES ('1 day')")
    login("owner").execute("INSERT INTO evidence.clock (shift) VALUES ('1 day')")


@pytest.mark.parametrize("role", ["app", "sequencer", "auditor"])
def test_a_process_that_owns_nothing_starts(committed, role):
    with databases.pointed_to(databases.as_role(role, committed)):
        ledger.refuse_owner()


def test_a_process_that_owns_evidence_does_not_start(committed):
    with databases.pointed_to(databases.as_role("owner", committed)), pytest.raises(ImproperlyConfigured, match="owns"):
        ledger.refuse_owner()


def test_a_process_that_is_a_superuser_does_not_start(committed, superuser, monkeypatch):
    info = superuser.info
    with databases.pointed_to(databases.as_role("app", committed)):
        monkeypatch.setitem(connection.settings_dict, "USER", info.user)
        monkeypatch.setitem(connection.settings_dict, "PASSWORD", info.password)
        with pytest.raises(ImproperlyConfigured, match="owns"):
            ledger.refuse_owner()


def all_refused(who):
    """Whether every change of every append-only table, each with a row in it, ends at its trigger."""
    for table, change in product(KEPT, CHANGES):
        names = [sql.Identifier(name) for name in (table, KEPT[table], KEPT[table])]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"evidence\.\w+ is append-only"):
            who.execute(sql.SQL(change).format(*names))
    return True
