"""
PostgreSQL's log as JSON, with the entries of pgaudit: what was done to which table or function, by which log-in.

    AUDIT: SESSION,5,1,WRITE,UPDATE,TABLE,air.bookings,update air.bookings set …,<not logged>

An entry names the strongest right that a statement needs of a table. Those that it may need besides are told of too:
whoever took them away would stop the statement. What was refused (SQLSTATE 42501) stands in the log as an error.
(https://www.postgresql.org/docs/15/runtime-config-logging.html, https://github.com/pgaudit/pgaudit)
"""

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from connectors.base import Action, Shown
from connectors.errors import SchemaDrift
from connectors.logs import ALLOWED, DENIED, Cells, Entry, Log

AUDIT = "AUDIT: "
FIELDS = 7  # kind, statement, part of it, class, command, type, name; then the statement's text
LONGEST = 100_000  # characters that are read of an entry: a cell of CSV may have no more than 131,072
NO_RIGHT = "42501"
WRITTEN = ("select", "insert", "update", "delete")  # the rights in a table that an entry can name
EXECUTE = "execute"
CLASSES = ({"select"}, {"insert", "update", "delete", "truncate"}, {EXECUTE})  # that pgaudit.log names
TRUNCATE = "truncate table"
MERGES = re.compile(r"\s*(?:with\b.*\b)?merge\s+into\b", re.IGNORECASE | re.DOTALL)
CONFLICTS = re.compile(r"\bon\s+conflict\b|<(?:not|previously) logged>", re.IGNORECASE)  # unsaid: it may be
RETURNS = re.compile(r"\breturning\b", re.IGNORECASE)
MOMENT = re.compile(r"(?P<date>\d{4}-\d\d-\d\d) (?P<time>[\d:.]+) (?P<zone>UTC|GMT|Z|[+-]\d\d(:?\d\d)?)")
PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
PART = r'(?:"(?:[^"]|"")+"|[^\s",.;()*]+)'
TRUNCATES = re.compile(r"\s*truncate\s+(?:table\s+)?", re.IGNORECASE)
TABLE = re.compile(rf"(?:only\s+)?(?P<name>{PART}(?:\.{PART})?)(?:\s*\*)?(?P<more>\s*,\s*)?", re.IGNORECASE)
DENIAL = re.compile(
    r"permission denied for (?P<kind>table|view|materialized view|foreign table|relation|function|procedure|routine)"
    r" (?P<name>.+)",
    re.DOTALL,
)
# In the bytes of a log: entries about tables that name one, and such that should and do not.
NAMED = re.compile(rb"AUDIT: \w+,\d+,\d+,(?:READ|WRITE),[A-Z ]+,[A-Z]")
NAMELESS = re.compile(
    rb"AUDIT: \w+,\d+,\d+,(?:WRITE,(?!TRUNCATE)[A-Z ]+,,|READ,[A-Z ]+,,"
    rb'.*?\bfrom\s+(?!pg_|information_schema)[\w."\\]++(?!\s*\())',
    re.IGNORECASE,
)


def recognises(entry: Entry) -> bool:
    """Whether a record is a line of such a log, of whatever it tells."""
    return all(name in entry for name in ("timestamp", "session_id", "line_num", "error_severity", "message"))


def events(entry: Entry) -> Sequence[Cells]:
    """Return the uses that a line tells of: often none. SchemaDrift where it cannot be read."""
    message = entry.get("message")
    if not isinstance(message, str) or not isinstance(entry.get("user"), str):
        return ()
    base = quote_ident(str(entry.get("dbname") or ""))
    if message.startswith(AUDIT):
        deeds = audited(message.removeprefix(AUDIT), base)
        return [cells(entry, number, *deed, ALLOWED) for number, deed in enumerate(deeds)]
    if entry.get("state_code") == NO_RIGHT:
        return [cells(entry, 0, *denied(message, str(entry.get("statement") or ""), base), DENIED)]
    return ()


def cells(entry: Entry, number: int, action: str, resource: str, outcome: str) -> Cells:
    """Return an event; each but the first that a line tells of has its number in its id."""
    return {
        "at": moment(str(entry.get("timestamp"))),
        "event_id": f"{entry.get('session_id')}/{entry.get('line_num')}" + (f"/{number}" if number else ""),
        "account": entry["user"],
        "action": action,
        "resource": resource,
        "outcome": outcome,
    }


def moment(told: str) -> str:
    """Return a time as ISO 8601 has it. SchemaDrift where its zone is a mere name."""
    found = MOMENT.fullmatch(told)
    if found is None:
        raise SchemaDrift(f"timestamp {told[:40]!r} has no zone that is certain: set log_timezone to 'UTC'")
    zone = found["zone"] if found["zone"][0] in "+-" else "+00:00"
    return datetime.fromisoformat(f"{found['date']}T{found['time']}{zone}").isoformat()


def audited(entry: str, base: str) -> list[tuple[str, str]]:
    """Return the actions and resources of an entry of pgaudit; none where it is about neither table nor function."""
    fields = next(csv.reader([entry[:LONGEST].replace("\n", " ").replace("\r", " ")]), [])
    if len(fields) < FIELDS:
        raise SchemaDrift(f"an entry of pgaudit has {len(fields)} fields; {FIELDS} at least are wanted")
    _, _, _, _, command, kind, name, *statement = fields
    verb, said = command.lower(), statement[0] if statement else ""
    if verb == EXECUTE and kind in {"FUNCTION", "PROCEDURE"}:
        return [(EXECUTE, f"{base}.{name}")]
    if verb == TRUNCATE:
        return [("truncate", table) for table in truncated(said, base)]
    if verb not in WRITTEN or not name:
        return []
    return [(each, f"{base}.{name}") for each in (verb, *besides(verb, said))]


def besides(verb: str, statement: str) -> Sequence[str]:
    """Return the rights that a statement may need of the same table, besides the one that its entry names."""
    if verb == "select":
        return ()
    if MERGES.match(statement):
        return [each for each in WRITTEN if each != verb]
    if verb != "insert":
        return ("select",)
    if CONFLICTS.search(statement):
        return ("update", "select")
    return ("select",) if RETURNS.search(statement) else ()


def truncated(statement: str, base: str) -> Iterator[str]:
    """Yield the tables of TRUNCATE, whose entry names none; one without a schema is taken for one of `public`."""
    found = TRUNCATES.match(statement)
    if found is None:
        raise SchemaDrift("an entry of pgaudit tells of TRUNCATE, and not of which table")
    while found := TABLE.match(statement, found.end()):
        name = found["name"]
        yield f"{base}.{name}" if "." in name else f"{base}.public.{name}"
        if not found["more"]:
            return


def denied(message: str, statement: str, base: str) -> tuple[str, str]:
    """
    Return what was refused, as far as the log says.

    The message gives a name without its schema, the statement may give both. Other refusals are called after their
    statement's first word.
    """
    first = (re.findall(r"[a-z]+", statement.lower()) or ["unknown"])[0]
    found = DENIAL.fullmatch(message)
    if found is None:
        return first, ""
    action = EXECUTE if found["kind"] in {"function", "procedure", "routine"} else first
    name = quote_ident(found["name"])
    whole = re.search(rf"({PART})\s*\.\s*{re.escape(name)}(?![\w$])", statement, re.IGNORECASE)
    return action, f"{base}.{whole[1]}.{name}" if whole else ""


def quote_ident(name: str) -> str:
    """Return a name as the server's function of this name has it; a reserved word is not known here."""
    return name if PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def objection(records: Iterable[bytes]) -> str:
    """Say why a delivery shows nobody's use: nothing is audited, or tables are not told apart."""
    nameless = entries = False
    for each in records:
        if b'"AUDIT: ' not in each:
            continue
        entries = True
        if NAMED.search(each):
            return ""
        nameless = nameless or bool(NAMELESS.search(each))
    if not entries:
        return "it holds no entry of pgaudit, which writes what it is set to in pgaudit.log"
    return "no entry of pgaudit names a table: set pgaudit.log_relation to on" if nameless else ""


def shown(action: str) -> Shown:
    """Return whether such a log shows the use of a right: where pgaudit.log names its class, if it has one."""
    return Shown.IF_SET if any(action in each for each in CLASSES) else Shown.NEVER


def shows(action: Action, seen: Collection[str]) -> bool:
    """Whether a use of this right leaves an entry: pgaudit logs by classes, and one of the same class must be there."""
    return any(action.action in each and not each.isdisjoint(seen) for each in CLASSES)


LEAVES_OUT = (
    "REFERENCES, TRIGGER, MAINTAIN and rights in schemas leave no entry; nor does what pgaudit.log leaves out, reading,"
    " writing or calling. What of those nobody did is not called unused."
)
LOG = Log("PostgreSQL's log with pgaudit", recognises, events, objection, shows, LEAVES_OUT)
