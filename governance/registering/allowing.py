"""In which systems an agent may hold anything. None: nobody has said so, and nothing is held against it."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from governance import due, ledger
from governance.ledger import Act, Actor, Subject
from governance.models import Agent, System
from governance.registering.agents import grants_of


def allow_systems(*, agent: Agent, systems: Collection[System], at: datetime, actor: Actor) -> bool:
    """State all the systems in which an agent may hold anything; whether that is something new. Its grants fall due."""
    with transaction.atomic():
        held = Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
        wanted = {system.pk for system in systems}
        if wanted == set(held.allowed_systems.values_list("pk", flat=True)):
            return False
        held.allowed_systems.set(systems)
        ledger.record(
            act=Act.AGENT_CHANGED,
            actor=actor,
            subjects=[held, *(Subject("system", str(key)) for key in sorted(wanted))],
            body={"changed": ["allowed_systems"], "allowed_systems": [str(key) for key in sorted(wanted)]},
        )
        due.pull(grants_of(held), at)
    return True
