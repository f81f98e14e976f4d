"""
How PostgreSQL's entitlements are called, and back again.

    airline:function:air.refund_payment(text,integer):EXECUTE
    airline:table:air.bookings:SELECT
    airline:schema:air:USAGE
    airline:column:air.bookings.seat:SELECT
    airline:default:tables of air_owner in schema air:SELECT
    airline:owner:function:air.refund_payment(text,integer)
    *:database:airline:CONNECT
    *:parameter:archive_command:ALTER SYSTEM
    *:membership:airline_agents
    *:superuser

Every part is quoted as the server's quote_ident would, so that a name may hold anything. What
belongs to the cluster and not to one database has a star for its database.
"""

import re
from dataclasses import dataclass

from connectors.base import Action, Grant, Ref
from connectors.errors import ConfigInvalid, SchemaDrift
from connectors.postgresql import audit
from connectors.postgresql.kinds import KINDS

CLUSTER = "*"
PUBLIC = 0  # the OID that access lists have for everyone
MEMBER = "MEMBER"  # what a membership is called where privileges stand
OWNER = ""  # and what an ownership is

OBJECTS = tuple(KINDS)
IN_DATABASES = tuple(name for name, kind in KINDS.items() if not kind.cluster)
OF_THE_CLUSTER = ("membership", "superuser", *(name for name, kind in KINDS.items() if kind.cluster))
REVOCABLE = (*OBJECTS, "membership")

SHAPE = re.compile(
    r'(?P<database>\*|"(?:[^"]|"")+"|[^":*]+)'
    rf":(?:(?P<owned>owner):(?P<kind>{'|'.join(name for name, kind in KINDS.items() if kind.whole)}):(?P<object>.+)"
    rf"|(?P<type>{'|'.join(KINDS)}):(?P<identity>.+):(?P<privilege>[A-Z]+(?: [A-Z]+)?)"
    r"|(?P<membership>membership):(?P<role>.+)"
    r"|(?P<superuser>superuser))",
    re.DOTALL,
)
INSTANCE = re.compile(r"(?P<oid>\d+)(?:\.(?P<part>-?\d+|[a-zA-Z_][\w.$]*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An entitlement's name, taken apart. `kind` is what the identity names."""

    database: str  # as it is called, unquoted; a star for the cluster
    type: str
    kind: str
    identity: str  # quoted by the server
    privilege: str

    @property
    def everywhere(self) -> bool:
        """Whether it belongs to the cluster, so that any database may be asked."""
        return self.database == CLUSTER


@dataclass(frozen=True, slots=True, order=True)
class Number:
    """What an object is to the server, whatever it is called; a part of one has its own mark."""

    oid: int
    part: str = ""

    def __str__(self) -> str:
        return f"{self.oid}.{self.part}" if self.part else str(self.oid)

    def plain(self) -> int | str:
        """Return it for evidence."""
        return str(self) if self.part else self.oid


NOTHING = Number(0)  # what a name that nothing bears stands for


@dataclass(frozen=True, slots=True)
class Question:
    """A grant in the server's own numbers."""

    wanted: Wanted
    grantee: int
    grantor: int
    instance: Number


def privilege_ref(database: str, kind: str, identity: str, privilege: str) -> Ref:
    """Name a privilege on an object; database and identity come quoted from the server."""
    return Ref(kind, f"{home(database, kind)}:{kind}:{identity}:{privilege}")


def owner_ref(database: str, kind: str, identity: str) -> Ref:
    """Name the ownership of an object."""
    return Ref("owner", f"{home(database, kind)}:owner:{kind}:{identity}")


def home(database: str, kind: str) -> str:
    """Return where an object of this kind belongs: the database that we are in, or the cluster."""
    return CLUSTER if kind in OF_THE_CLUSTER else database


def spoken(kind: str, identity: str) -> str:
    """Name an object for a person."""
    return f"future {identity}" if kind == "default" else f"{kind} {identity}"


def membership_ref(role: str) -> Ref:
    """Name the membership in a role, whose name comes quoted from the server."""
    return Ref("membership", f"{CLUSTER}:membership:{role}")


SUPERUSER = Ref("superuser", f"{CLUSTER}:superuser")


def role_ref(oid: int) -> Ref:
    """Name a role, or everyone."""
    return Ref("role", str(oid))


def actions(kind: str, privilege: str, resource: str) -> tuple[Action, ...]:
    """Return what use of an entitlement looks like; nothing where it cannot be observed."""
    if kind in {"function", "table", "column"} and privilege != OWNER:
        verb = privilege.lower()
        return (Action(verb, resource, shown=audit.shown(verb)),)
    return ()


def parse(name: str) -> Wanted:
    """Take an entitlement's name apart; SchemaDrift where it is none of ours."""
    found = SHAPE.fullmatch(name)
    if found is None:
        raise SchemaDrift(f"not the name of an entitlement: {name}")
    database = unquoted(found["database"])
    if found["owned"]:
        return Wanted(database, "owner", found["kind"], found["object"], OWNER)
    if found["membership"]:
        return Wanted(database, "membership", "membership", found["role"], MEMBER)
    if found["superuser"]:
        return Wanted(database, "superuser", "superuser", "", OWNER)
    return Wanted(database, found["type"], found["type"], found["identity"], found["privilege"])


def question(grant: Grant) -> Question:
    """Put a grant into numbers; SchemaDrift where it did not come from this connector."""
    wanted = parse(grant.entitlement.id)
    if grant.principal.type != "role" or wanted.type != grant.entitlement.type:
        raise SchemaDrift(f"not a grant of PostgreSQL: {grant.key}")
    return Question(wanted, oid(grant.principal.id), oid(grant.origin or "0"), number(grant.instance))


def oid(text: str) -> int:
    """Read an OID; SchemaDrift where it is none."""
    if not (text.isascii() and text.isdigit()):
        raise SchemaDrift(f"not an OID: {text!r}")
    return int(text)


def number(text: str) -> Number:
    """Read an object's number; SchemaDrift where it is none."""
    found = INSTANCE.fullmatch(text)
    if found is None:
        raise SchemaDrift(f"not an object's number: {text!r}")
    return Number(int(found["oid"]), found["part"] or "")


def unquoted(name: str) -> str:
    """Undo quote_ident."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def listed(wanted: Wanted, databases: tuple[str, ...]) -> str:
    """Return the database to ask; ConfigInvalid where it is not one of ours (any more)."""
    if wanted.everywhere:
        return databases[0]
    if wanted.database not in databases:
        raise ConfigInvalid(f"the database {wanted.database} is not in the configuration")
    return wanted.database
