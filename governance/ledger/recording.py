"""
Enter what happened, in the transaction that makes it true.

Validation is done here, so that a bad fact fails in its own transaction and by the name of its field, never
later in the sequencer.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Required, Self, TypedDict, Unpack

from django.db import connection
from django.db.models import Model

from governance.ledger.acts import Act
from governance.ledger.canonical import check

# Which nouns an entry may be about. A closed map: a renamed class keeps the kind that old leaves carry.
KINDS = {
    "Account": "account",
    "Agent": "agent",
    "AgentVersion": "agent_version",
    "Answer": "answer",
    "Ask": "ask",
    "Assignment": "assignment",
    "Attempt": "attempt",
    "Attestation": "attestation",
    "Campaign": "campaign",
    "Claim": "claim",
    "Coverage": "coverage",
    "Credential": "credential",
    "Decision": "decision",
    "Disclaimer": "disclaimer",
    "Entitlement": "entitlement",
    "Exemption": "exemption",
    "ExternalIdentity": "external_identity",
    "Finding": "finding",
    "Grant": "grant",
    "Group": "group",
    "Handover": "handover",
    "Hold": "hold",
    "Item": "item",
    "Lease": "lease",
    "OrgUnit": "org_unit",
    "Organisation": "organisation",
    "Ownership": "ownership",
    "Person": "person",
    "Policy": "policy",
    "Preference": "preference",
    "Remediation": "remediation",
    "Review": "review",
    "Run": "run",
    "Snooze": "snooze",
    "Source": "source",
    "SyncRun": "sync_run",
    "System": "system",
    "Undo": "undo",
    "UsageIntake": "usage_intake",
    "Workspace": "workspace",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What an entry is about."""

    kind: str
    id: str

    @classmethod
    def of(cls, instance: "Model | Subject") -> "Subject":
        """Name a saved row. Raises ValueError for a kind that the ledger does not know, or a row without a key."""
        if isinstance(instance, Subject):
            return instance
        name = instance.__class__.__name__  # also of who is only looked up when asked, as of a request
        if name not in KINDS:
            raise ValueError(f"subjects: {name} is no kind of the ledger; add it to governance.ledger.recording.KINDS")
        return cls(KINDS[name], key_of(instance))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a person, a policy in force, a step by itself, or an operator at the command line."""

    kind: str
    id: str

    @classmethod
    def person(cls, person: Model) -> Self:
        """Name a person of the organisation."""
        return cls("person", key_of(person))

    @classmethod
    def agent(cls, agent: Model) -> Self:
        """Name an agent, which may ask to lose access and nothing else."""
        return cls("agent", key_of(agent))

    @classmethod
    def policy(cls, policy: Model) -> Self:
        """Name the policy that decided."""
        return cls("policy", key_of(policy))

    @classmethod
    def step(cls, name: str) -> Self:
        """Name a step that acted by itself, such as "syncing"."""
        return cls("step", name)

    @classmethod
    def operator(cls, command: str) -> Self:
        """Name the management command that somebody with the app's log-in ran."""
        return cls("operator", command)


def key_of(row: Model) -> str:
    """Return a saved row's key as text."""
    if row.pk is None:
        raise ValueError(f"subjects: {type(row).__name__} is not saved and has no id")
    return str(row.pk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """
    What `record` enters.

    `authority` says by what right ("assignment:12"), `surface` where, `assurance` how surely we know who it
    was. `commit` holds personal text: the entry gets only a salted hash of it, the text itself stays
    deletable.
    """

    act: Act
    actor: Actor
    subjects: Sequence[Model | Subject] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    authority: str = ""
    surface: str = ""
    assurance: str = ""
    commit: Mapping[str, str] = field(default_factory=dict)


class Fields(TypedDict, total=False):
    """The fields of a Fact as keywords."""

    act: Required[Act]
    actor: Required[Actor]
    subjects: Sequence[Model | Subject]
    body: Mapping[str, Any]
    authority: str
    surface: str
    assurance: str
    commit: Mapping[str, str]


def record(**fields: Unpack[Fields]) -> int:
    """Enter one fact and return its id; the keywords are those of Fact. Raises as record_many does."""
    return record_many([Fact(**fields)])[0]


def record_many(facts: Iterable[Fact]) -> list[int]:
    """
    Enter facts in their order, in one statement; return the ids of their entries.

    Raises ValueError naming the field of the first bad fact, and RuntimeError outside a transaction: an entry
    whose fact may still fail would be a lie.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("The ledger is written in the fact's own transaction: wrap both in transaction.atomic().")
    entries = [as_json(fact) for fact in facts]
    if not entries:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT evidence.record(%s::jsonb)", [json.dumps(entries, ensure_ascii=False)])
        return [entry for (entry,) in cursor.fetchall()]


def as_json(fact: Fact) -> dict[str, Any]:
    """Check a fact and shape it as `evidence.record` wants it."""
    told = {
        "act": Act(fact.act).value,
        "actor": named(fact.actor, "actor"),
        "authority": text(fact.authority, "authority"),
        "surface": text(fact.surface, "surface"),
        "assurance": text(fact.assurance, "assurance"),
        "subjects": [named(Subject.of(each), f"subjects[{n}]") for n, each in enumerate(fact.subjects)],
        "body": dict(fact.body),
        "commit": {name: text(value, f"commit.{name}") for name, value in fact.commit.items()},
    }
    check(told)
    return told


def named(who: Actor | Subject, path: str) -> dict[str, str]:
    """Shape a kind and an id, which are text and not empty."""
    shaped = {"kind": text(who.kind, f"{path}.kind"), "id": text(who.id, f"{path}.id")}
    for part, value in shaped.items():
        if not value:
            raise ValueError(f"{path}.{part} is empty")
    return shaped


def text(value: object, path: str) -> str:
    """Return the value if it is text."""
    if not isinstance(value, str):
        raise ValueError(f"{path}: {value!r} is a {type(value).__name__}; give text")  # noqa: TRY004  every bad field is a ValueError
    return str(value)


def stamp(moment: datetime) -> str:
    """Write an aware moment as entries do: RFC 3339 in UTC, to the microsecond. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
