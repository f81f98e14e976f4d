"""
Governing: what who governs, or answers for, an agent does about it as a whole.

To certify now asks about everything that it holds, by findings: opening makes questions of them, as of all others. To
transfer gives it another owner; what is open goes on with whoever is asked. To allow systems says where it may work.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from governance import access, findings, ledger, registering
from governance.errors import Conflict, Invalid, NotAllowed
from governance.findings import Suspicion
from governance.models import Agent, Finding, Grant, Intended, Ownership, Person, System
from governance.policy.checks import REQUESTED
from reviews.models import Item


def certify(*, agent: Agent, by: Person, at: datetime) -> int:
    """
    Ask about everything that an agent holds and that is not asked about already; return how many grants that are.

    Raises NotAllowed, and Conflict where nothing is left to ask.
    """
    may_govern(agent, by)
    with transaction.atomic():
        Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
        actor = ledger.Actor.person(by)
        found = list(to_certify(agent))
        if not found:
            raise Conflict(f"{agent.name} holds nothing that is not asked about already.")
        before = Finding.objects.filter(grant__in=found, check_name=REQUESTED.name, state=Finding.State.ANSWERED)
        findings.clear(before, at=at, actor=actor, why="it is asked anew")
        facts = {"by": by.name, "at": ledger.stamp(at)}
        suspicions = [Suspicion(grant.pk, grant.unit_id, grant.band, facts) for grant in found]
        return findings.raise_for_grants(REQUESTED.name, suspicions, at=at, actor=actor)


def to_certify(agent: Agent) -> QuerySet[Grant]:
    """What an agent holds, that nobody wants gone and that is not asked about, nor about to be."""
    held = Grant.objects.held().filter(intended__in=[Intended.UNDECIDED, Intended.HELD])
    asked = Item.objects.open().filter(agent=agent, grant__isnull=False)
    waiting = Finding.objects.filter(
        check_name=REQUESTED.name, state__in=[Finding.State.OPEN, Finding.State.TAKEN], grant__isnull=False
    )
    mine = held.filter(account__claims__agent=agent, account__claims__until=None)
    return mine.exclude(pk__in=asked.values("grant")).exclude(pk__in=waiting.values("grant")).distinct().order_by("pk")


def transfer(*, agent: Agent, person: Person | None, by: Person, at: datetime) -> Ownership:
    """
    Let somebody else own an agent; None is an address that names nobody.

    Raises NotAllowed first: who may not learns nothing of who is known. Then Invalid, naming the field.
    """
    may_govern(agent, by)
    if person is None:
        raise Invalid("Nobody is known by this e-mail address. Choose one from the list, or ask them.", field="person")
    if not person.able(at):
        raise Invalid(
            f"{person.name} is away or has left, so they could not answer. Choose somebody else.", field="person"
        )
    owner = next((each for each in agent.line() if each.role == Ownership.Role.OWNER), None)
    if owner is not None and owner.person_id == person.pk:
        raise Invalid(f"{person.name} owns {agent.name} already. Choose somebody else.", field="person")
    return registering.set_owner(agent=agent, person=person, at=at, actor=ledger.Actor.person(by))


def allow_systems(*, agent: Agent, slugs: str, by: Person, at: datetime) -> list[System]:
    """
    State in which systems an agent may hold anything, by their slugs between semicolons; none: nothing is stated.

    By who governs its unit: its owner may not widen what it may have. Raises NotAllowed, and Invalid.
    """
    if not access.may_govern(by, agent.unit):
        raise NotAllowed(f"Only who governs {agent.unit.name} can say where {agent.name} may work.")
    words = dict.fromkeys(filter(None, map(str.strip, slugs.split(";"))))
    systems = [registering.system_called(word) for word in words]
    registering.allow_systems(agent=agent, systems=systems, at=at, actor=ledger.Actor.person(by))
    return systems


def may(agent: Agent, by: Person) -> bool:
    """Whether a person may: who governs the agent's unit, or owns it."""
    owns = agent.ownerships.filter(until=None, role=Ownership.Role.OWNER, person=by).exists()
    return (owns and access.present(by)) or access.may_govern(by, agent.unit)


def may_govern(agent: Agent, by: Person) -> None:
    """Raise NotAllowed, saying who may."""
    if not may(agent, by):
        raise NotAllowed(f"Only who owns {agent.name} or governs {agent.unit.name} can do this.")
