"""What a line changed, in words, from what the ledger was told of it."""

from collections.abc import Callable
from typing import Any

from governance.ledger import Act
from governance.models import OrgUnit

Body = dict[str, Any]
SUBJECTS = "subjects"  # beside what a body says: what it is about

NEW = {Act.PERSON_IMPORTED, Act.AGENT_REGISTERED}


def changes(body: Body) -> str:
    """Name the fields; a change of none of a line's own is not mentioned."""
    return f"changes {', '.join(each.replace('_', ' ') for each in body['changed'])}" if body.get("changed") else ""


def made(body: Body) -> str:
    """Name a unit that was made, and where it lies: a name that was mistyped is seen."""
    unit = OrgUnit.objects.select_related("parent").get(pk=body[SUBJECTS][0]["id"])
    return f"makes the unit {unit} {f'in {unit.parent}' if unit.parent else 'at the top'}"


WORDS: dict[str, Callable[[Body], str]] = {
    Act.UNIT_CREATED: made,
    Act.PERSON_IMPORTED: lambda _: "is new",
    Act.PERSON_CHANGED: changes,
    Act.PERSON_LEFT: lambda _: "has left",
    Act.PERSON_AWAY: lambda _: "is away",
    Act.PERSON_RETURNED: lambda _: "is here again",
    Act.AGENT_REGISTERED: lambda _: "is new",
    Act.AGENT_CHANGED: changes,
    Act.OWNERSHIP_OPENED: lambda body: f"gets this {body['role']}",
    Act.OWNERSHIP_CLOSED: lambda body: f"loses the {body['role']} before",
    Act.CLAIM_OPENED: lambda _: "claims an account",
    Act.HELD_SINCE_STATED: lambda body: f"was {body['was'][:10]}",
}


def in_words(act: str, body: Body) -> str:
    """One act; one that has no words of its own is named as the ledger does."""
    return WORDS[act](body) if act in WORDS else act
