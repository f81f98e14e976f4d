"""
The four groups of docs/how-to/database.sql, a log-in for each, and the URL of each log-in.

The administrator makes them once for a server; everything inside a database is the owner's. What is
made here is for embedded and test servers: an installation chooses its own log-ins and passwords.
"""

import hashlib
import re
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

ROLES = ("owner", "app", "sequencer", "auditor")
SCRIPT = Path(__file__).parents[2] / "docs/how-to/database.sql"
GROUP = re.compile(r"^CREATE ROLE (?P<name>countersign_[a-z]+) NOLOGIN;$", re.MULTILINE)

LOGIN: LiteralString = "CREATE ROLE {login} LOGIN PASSWORD {password} IN ROLE {group}"
# What the owner's log-in creates belongs to the group.
BECOME: LiteralString = "ALTER ROLE {login} SET role = {group_name}"


def create_missing(admin: psycopg.Connection, admin_url: str) -> None:
    """
    Make the groups and log-ins that are not there; `admin` must be in autocommit mode.

    Never changes a role that exists: its password may belong to an installation.
    """
    there = {name for (name,) in admin.execute("SELECT rolname FROM pg_roles")}
    for group in GROUP.finditer(SCRIPT.read_text()):
        if group["name"] not in there:
            admin.execute(group[0].encode())
    for role in ROLES:
        if login(role) not in there:
            create_login(admin, role=role, password=password(admin_url, role))


def create_login(admin: psycopg.Connection, *, role: str, password: str) -> None:
    """Make the log-in of one role."""
    names = {
        "login": sql.Identifier(login(role)),
        "group": sql.Identifier(f"countersign_{role}"),
        "group_name": sql.Literal(f"countersign_{role}"),
        "password": sql.Literal(password),
    }
    admin.execute(sql.SQL(LOGIN).format(**names))
    if role == "owner":
        admin.execute(sql.SQL(BECOME).format(**names))


def create_database(admin: psycopg.Connection, name: str, *, template: str = "template0") -> None:
    """Make a database that belongs to the owners' group; `admin` must be in autocommit mode."""
    # files are copied in half the time that their pages take by way of the log
    statement = sql.SQL("CREATE DATABASE {} OWNER countersign_owner TEMPLATE {} STRATEGY FILE_COPY")
    admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def login(role: str) -> str:
    """Return the name of a role's log-in."""
    return f"countersign_{role}_login"


def password(admin_url: str, role: str) -> str:
    """Derive a role's password from the administrator's, so that nothing more has to be kept."""
    return hashlib.sha256(f"{urlsplit(admin_url).password}:{role}".encode()).hexdigest()


def url(admin_url: str, role: str, database: str) -> str:
    """Return the URL of a role's log-in to a database of the administrator's server."""
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    who = f"{login(role)}:{password(admin_url, role)}@{host}"
    return parts._replace(netloc=who, path=f"/{quote(database)}").geturl()
