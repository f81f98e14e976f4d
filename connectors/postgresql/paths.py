"""
Every other way in: what would still give the access if the grant in question were gone.

Without a database: facts in, paths out. Rights that a grant needs beside itself (USAGE on the
schema, CONNECT on the database) are not looked at: a path that lacks one is named all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.base import Path, PathKind, Ref, Via
from connectors.postgresql import defaults, names
from connectors.postgresql.kinds import KINDS
from connectors.postgresql.names import PUBLIC, Number, Question
from connectors.postgresql.objects import Entry, Seen, Thing
from connectors.postgresql.roles import Reach, Role, usable

# What PostgreSQL's own roles may do on all that is there, and on what will be.
POWERS = {
    "pg_read_all_data": {("table", "SELECT"), ("column", "SELECT"), ("sequence", "SELECT"), ("schema", "USAGE")},
    "pg_write_all_data": {
        *(("table", privilege) for privilege in ("INSERT", "UPDATE", "DELETE")),
        *(("column", privilege) for privilege in ("INSERT", "UPDATE")),
        ("sequence", "UPDATE"),
        ("schema", "USAGE"),
    },
    "pg_maintain": {("table", "MAINTAIN")},
}


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one look saw of a question."""

    question: Question
    entitlement: Ref
    database: str  # quoted, as entitlements are called
    seen: Seen
    reach: Reach  # without the membership in question
    roles: dict[int, Role]
    judged: dict[tuple[int, Number], bool]  # the server's own word by (role, object)
    passing_on: bool = False  # it is not the use that is in question but the right to grant it to others

    def name(self, oid: int) -> str:
        """Return a role's name; its number where it is gone."""
        if oid == PUBLIC:
            return "PUBLIC"
        return self.roles[oid].name if oid in self.roles else f"role number {oid}"

    def held(self, entry: Entry) -> Ref:
        """Name what an entry gives, as a listing names it."""
        thing = self.seen.thing(entry.number)
        if thing is None:
            return self.entitlement
        if thing.kind == "membership":
            return names.membership_ref(thing.identity)
        return names.privilege_ref(self.database, thing.kind, thing.identity, entry.privilege)

    def beside(self, entry: Entry) -> Thing | None:
        """Return where an entry stands, if that is neither what is asked about nor what bears its name now."""
        near = entry.number not in {self.question.instance, self.seen.named}
        return self.seen.thing(entry.number) if near else None

    def led(self, chain: tuple[Entry, ...]) -> str:
        """Say over which roles a chain goes."""
        return " → ".join(f"role {self.name(edge.oid)}" for edge in chain)

    def through(self, chain: tuple[Entry, ...]) -> tuple[Via, ...]:
        """Return the memberships of a chain that are grants."""
        return tuple(
            Via(
                names.role_ref(edge.grantee),
                names.membership_ref(self.roles[edge.oid].quoted),
                str(edge.grantor),
            )
            for edge in chain
            if edge.privilege == names.MEMBER
        )


def is_direct(facts: Facts) -> bool:
    """Whether the very grant is stored: this entry on this object, this owner, this superuser."""
    question = facts.question
    match question.wanted.type:
        case "superuser":
            role = facts.roles.get(question.grantee)
            return role is not None and role.superuser
        case "owner":
            thing = facts.seen.thing(question.instance)
            return thing is not None and thing.owner == question.grantee
        case _:
            entry = facts.seen.entry(question)
            return entry is not None and counts(facts, entry)


def counts(facts: Facts, entry: Entry) -> bool:
    """Whether an entry has what is in question: any has the use, some have the right to pass it on."""
    return entry.grantable or not facts.passing_on


def other_paths(facts: Facts) -> tuple[Path, ...]:
    """Return every way in but the grant itself, whether or not that is there."""
    return (*by_entries(facts), *by_ownership(facts), *by_making(facts), *by_power(facts), *by_superuser(facts))


def by_entries(facts: Facts) -> Iterator[Path]:
    """Yield what stands in the access list for everyone, for the holder, for its roles."""
    question = facts.question
    if question.wanted.type not in names.REVOCABLE:
        return
    owners = {(each.number, each.owner, each.owner) for each in facts.seen.things}
    for entry in facts.seen.entries:
        if (entry.number, entry.grantee, entry.grantor) in owners:
            continue  # an owner's own privileges are its ownership, and no grant
        chain = chain_to(facts, entry.grantee)
        if (
            chain is not None
            and entry.privilege == question.wanted.privilege
            and not entry.answers(question)
            and counts(facts, entry)
            and gives(facts, entry)
        ):
            yield entry_path(facts, entry, chain)


def chain_to(facts: Facts, holder: int) -> tuple[Entry, ...] | None:
    """Return the memberships that lead to a holder; everyone is reached by nothing."""
    return () if holder == PUBLIC else facts.reach.chains.get(holder)


def gives(facts: Facts, entry: Entry) -> bool:
    """Whether an entry can be made use of; only a membership may be there and give nothing but its ADMIN option."""
    if entry.privilege != names.MEMBER or facts.passing_on:
        return True
    return usable(entry, may_set=entry.grantee in facts.reach.becomes)


def entry_path(facts: Facts, entry: Entry, chain: tuple[Entry, ...]) -> Path:
    """Return the path over one entry."""
    kind, text = PathKind.ROLE, facts.led(chain)
    if entry.grantee == facts.question.grantee:
        kind, text = PathKind.GRANTOR, by_whom(facts, entry)
    elif entry.grantee == PUBLIC:
        kind, text = PathKind.EVERYONE, "PUBLIC"
    if beside := facts.beside(entry):
        text = f"{text} ({names.spoken(beside.kind, beside.identity)})"
    via = Via(names.role_ref(entry.grantee), facts.held(entry), str(entry.grantor))
    return Path(kind, text, via, facts.through(chain))


def by_whom(facts: Facts, entry: Entry) -> str:
    """Tell the same privilege of the same holder apart from the one in question."""
    grantor = facts.name(entry.grantor)
    if entry.number != facts.question.instance and not facts.beside(entry):
        kind = facts.question.wanted.kind
        return f"another {kind} of this name, made later: granted by {grantor}"
    if entry.grantor != facts.question.grantor:
        return f"another grantor: {grantor}"
    return f"the same grantor: {grantor}"


def by_ownership(facts: Facts) -> Iterator[Path]:
    """Yield the object's owner: the holder itself, or a role that it can act as."""
    question = facts.question
    for thing in facts.seen.things:
        chain = facts.reach.chains.get(thing.owner)
        if thing.owner == PUBLIC or chain is None or not KINDS[thing.kind].whole or is_asked(question, thing):
            continue
        via = Via(names.role_ref(thing.owner), names.owner_ref(facts.database, thing.kind, thing.identity))
        yield Path(PathKind.OWNER, so(facts, "ownership", chain), via, facts.through(chain))


def by_making(facts: Facts) -> Iterator[Path]:
    """Yield the way to be the owner of what will be made: to act as its maker."""
    makers = {each.owner for each in facts.seen.things if each.kind == "default"}
    for maker in sorted(makers & facts.reach.chains.keys()):
        if through := facts.through(facts.reach.chains[maker]):
            text = so(facts, "ownership of what it will make", facts.reach.chains[maker])
            yield Path(PathKind.OWNER, text, through[-1], through[:-1])


def is_asked(question: Question, thing: Thing) -> bool:
    """Whether it is this very ownership that is in question."""
    asked = (question.instance, question.grantee)
    return question.wanted.type == "owner" and asked == (thing.number, thing.owner)


def by_power(facts: Facts) -> Iterator[Path]:
    """Yield PostgreSQL's own roles that may do it everywhere; none may pass it on."""
    if facts.passing_on:
        return
    wanted = facts.question.wanted
    kind = defaults.KIND_OF.get(facts.question.instance.part[:1]) if wanted.type == "default" else wanted.type
    for oid, chain in facts.reach.chains.items():
        powers = POWERS.get(facts.name(oid), set())
        if chain and (kind, wanted.privilege) in powers:
            through = facts.through(chain)
            yield Path(PathKind.ROLE, facts.led(chain), through[-1], through[:-1])


def by_superuser(facts: Facts) -> Iterator[Path]:
    """Yield superusers: the holder itself, or a role that it may become (none inherits it)."""
    asked_itself = facts.question.wanted.type == "superuser"
    for oid in sorted(facts.reach.becomes):
        role, chain = facts.roles.get(oid), facts.reach.chains[oid]
        if role is not None and role.superuser and (chain or not asked_itself):
            via = Via(names.role_ref(oid), names.SUPERUSER)
            yield Path(PathKind.SUPERUSER, so(facts, "superuser", chain), via, facts.through(chain))


def so(facts: Facts, what: str, chain: tuple[Entry, ...]) -> str:
    """Say what it is, and by which roles it comes."""
    return f"{what}, through {facts.led(chain)}" if chain else what
