"""
A PostgreSQL by its URL.

    postgresql://USER@HOST:PORT/DATABASE?also=ANOTHER&sslmode=require

What is not said comes from where every client of PostgreSQL looks: PGUSER, PGPASSWORD, the password file.
"""

import getpass
import os
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from connectors.advising import Address
from connectors.base import Secret
from connectors.errors import AuthFailed, ConfigInvalid, NotPermitted, Transient
from connectors.postgresql import settings

KNOWN = ("also", "host", "sslmode", "connect_timeout", "statement_timeout")
NETLOC = re.compile(
    r"(?:(?P<user>[^:@]*)(?::(?P<password>[^@]*))?@)?(?P<host>\[[^\]]*\]|[^:@\[\]]*)(?::(?P<port>[0-9]*))?"
)
WANTED = "postgresql://USER@HOST:PORT/DATABASE"
ADVICE = {
    AuthFailed: "Check user and password, and whether this role may log in from here.",
    ConfigInvalid: "Check the name of the database in the URL.",
    NotPermitted: "Let an administrator GRANT CONNECT ON DATABASE … TO this role; it needs nothing else.",
    Transient: "Check host and port, and that the server can be reached from this machine and has a session free.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """The parts of a URL, as they were told."""

    user: str
    password: str | None
    host: str
    port: str
    databases: tuple[str, ...]
    options: dict[str, str]


def address(url: str) -> Address:
    """Read a URL; ConfigInvalid says what is wrong, and never shows the password."""
    told = parts(url)
    user = told.user or os.environ.get("PGUSER") or getpass.getuser()
    databases = told.databases or (os.environ.get("PGDATABASE") or user,)
    config: dict[str, object] = {
        "host": told.options.get("host") or told.host or os.environ.get("PGHOST") or "localhost",
        "port": number("port", told.port or os.environ.get("PGPORT") or "5432"),
        "user": user,
        "databases": list(databases),
        **numbers(told.options),
    }
    if sslmode := told.options.get("sslmode") or os.environ.get("PGSSLMODE"):
        config["sslmode"] = sslmode
    settings.parse(config)
    password = told.password if told.password is not None else os.environ.get("PGPASSWORD")
    return Address(
        kind="postgresql",
        config=config,
        name=named(databases),
        shown=shown(config, databases, sslmode=told.options.get("sslmode", "")),
        secrets={"password": Secret(password or "")},  # an empty one lets the password file speak
        asks="" if password else "password",
        advice=ADVICE,
    )


def parts(url: str) -> Told:
    """Take a URL apart. A host may be a socket's folder, whose letters keep their case."""
    try:
        split = urlsplit(url)
    except ValueError as error:
        raise ConfigInvalid(f"this is no URL of a PostgreSQL; wanted: {WANTED}") from error
    found = NETLOC.fullmatch(split.netloc)
    after = url.partition("://")[2].removeprefix(split.netloc)
    if found is None or "@" in after or "\0" in unquote(url):  # what comes after a stray / ? # is a password's end
        raise ConfigInvalid(
            f"user, host or port cannot be read; write @ : / ? # in a name or password as %40 %3A %2F %3F %23: {WANTED}"
        )
    query = parse_qsl(split.query, keep_blank_values=True)
    if strange := sorted({name for name, _ in query} - {*KNOWN}):
        raise ConfigInvalid(f"unknown in the URL: {', '.join(strange)}; known are {', '.join(KNOWN)}")
    databases = [unquote(split.path.removeprefix("/")), *(value for name, value in query if name == "also")]
    word = found["password"]
    return Told(
        user=unquote(found["user"] or ""),
        password=unquote(word) if word is not None else None,
        host=unquote(found["host"].strip("[]")),
        port=found["port"] or "",
        databases=tuple(dict.fromkeys(each for each in databases if each)),
        options=dict(query),
    )


def numbers(options: dict[str, str]) -> dict[str, object]:
    """Return the options that are whole numbers."""
    names = ("connect_timeout", "statement_timeout")
    return {name: number(name, options[name]) for name in names if name in options}


def number(name: str, text: str) -> int:
    """Read a whole number."""
    if not (text.isascii() and text.isdigit()):
        raise ConfigInvalid(f"{name} must be a whole number, not {text!r}")
    return int(text)


def named(databases: tuple[str, ...]) -> str:
    """Say what is looked at."""
    return databases[0] if len(databases) == 1 else f"{', '.join(databases[:-1])} and {databases[-1]}"


def shown(config: dict[str, object], databases: tuple[str, ...], *, sslmode: str) -> str:
    """Write the URL again, without the password."""
    host = str(config["host"])
    where = f"[{host}]" if ":" in host and "/" not in host else quote(host, safe="")
    query = [f"also={quote(each, safe='')}" for each in databases[1:]] + ([f"sslmode={sslmode}"] if sslmode else [])
    url = f"postgresql://{quote(str(config['user']), safe='')}@{where}:{config['port']}/{quote(databases[0], safe='')}"
    return f"{url}?{'&'.join(query)}" if query else url
