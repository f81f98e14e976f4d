"""
Agents: what acts on its own, who answers for it, and with which accounts it acts. Their grants fall due with it.

What people write freely (names, purposes, bases) enters the ledger as a commitment only.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from governance import due, ledger, vetting
from governance.errors import Invalid
from governance.ledger import Act, Actor
from governance.models import Account, Agent, Claim, Grant, OrgUnit, Ownership, Person
from governance.models.agent import Autonomy, Lifecycle
from governance.registering.changing import change
from governance.registering.disclaimers import end_disclaimer

LONGEST_BASIS = 200  # words of ours, in which a name stands that alone may be as long
OWNER, DEPUTY = Ownership.Role.OWNER, Ownership.Role.DEPUTY


def register_agent(
    *,
    name: str,
    unit: OrgUnit,
    purpose: str = "",
    autonomy: str = Autonomy.UNATTENDED,
    at: datetime,
    actor: Actor,
) -> Agent:
    """Make an agent known, active; or return it as it is. Raises Invalid: a strange word, a name that was retired."""
    among("autonomy", autonomy, Autonomy.values)
    if not name.strip():
        raise Invalid("name is missing")
    vetting.fitting(Agent, name=name, purpose=purpose)
    with transaction.atomic():
        there = Agent.objects.filter(name=name).first()
        if there is not None:
            not_retired(there)
            return there
        agent = Agent.objects.create(name=name, unit=unit, purpose=purpose, autonomy=autonomy, registered_at=at)
        tell(agent, Act.AGENT_REGISTERED, [], actor)
    return agent


def not_retired(agent: Agent) -> None:
    """Raise Invalid for a retired agent: its name is not used again."""
    if agent.lifecycle == Lifecycle.RETIRED:
        raise Invalid(f"name {agent.name!r} belongs to a retired agent, which stays so; a new one needs a new name")


def change_agent(*, agent: Agent, at: datetime, actor: Actor, **wanted: object) -> list[str]:
    """
    State unit, purpose, autonomy, lifecycle or reading of outsiders anew; return the names of what changed.

    Grants move with the unit and fall due. Raises Invalid: a retired agent stays retired.
    """
    if strange := sorted(wanted.keys() - {"unit", "purpose", "autonomy", "lifecycle", "reads_outsiders"}):
        raise Invalid(f"{', '.join(strange)} cannot be changed")
    among("autonomy", wanted.get("autonomy", agent.autonomy), Autonomy.values)
    among("lifecycle", wanted.get("lifecycle", agent.lifecycle), Lifecycle.values)
    if wanted.get("lifecycle", agent.lifecycle) != Lifecycle.RETIRED:
        not_retired(agent)
    with transaction.atomic():
        changed = change(agent, **wanted)
        if changed:
            tell(agent, Act.AGENT_CHANGED, changed, actor)
            due.pull(grants_of(agent), at)
        if "unit" in changed:
            for claim in agent.claims.filter(until=None).select_related("account__system"):
                settle_unit(claim.account)
    return changed


def among(field: str, value: object, words: Sequence[str]) -> None:
    """Raise Invalid unless the value is one of the words."""
    if value not in words:
        raise Invalid(f"{field} {value!r} is unknown; one of {', '.join(words)}")


def set_lifecycle(agent: Agent, lifecycle: Lifecycle, *, at: datetime, actor: Actor) -> None:
    """
    Move an agent by a decision, or by its end: this alone brings a retired one back, whose accounts stayed open.

    Its grants fall due: who has to answer, and whose word counts, has changed.
    """
    if change(agent, lifecycle=lifecycle):
        due.pull(grants_of(agent), at)
        tell(agent, Act.AGENT_CHANGED, ["lifecycle"], actor)


def tell(agent: Agent, act: Act, changed: list[str], actor: Actor) -> None:
    """Tell the ledger: keys and words of ours openly, what people wrote as a commitment."""
    body = {
        "changed": changed,
        "unit": str(agent.unit_id),
        "autonomy": agent.autonomy,
        "lifecycle": agent.lifecycle,
        "reads_outsiders": agent.reads_outsiders,
    }
    commit = {"name": agent.name, "purpose": agent.purpose}
    ledger.record(act=act, actor=actor, subjects=[agent], body=body, commit=commit)


def grants_of(agent: Agent) -> QuerySet[Grant]:
    """What an agent holds by the accounts that it uses."""
    return Grant.objects.filter(account__in=Claim.objects.filter(agent=agent, until=None).values("account"))


def set_owner(*, agent: Agent, person: Person, at: datetime, actor: Actor) -> Ownership:
    """Let a person answer for an agent from now on; whoever did so before ceases to. Returns the open ownership."""
    with transaction.atomic():
        Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
        before = open_roles(agent).filter(role=OWNER).first()
        if before is not None and before.person_id == person.pk:
            return before
        if before is not None:
            end(before, at, actor)
        return begin(Ownership(agent=agent, person=person, role=OWNER), at, actor)


def end_owner(*, agent: Agent, at: datetime, actor: Actor) -> None:
    """Let nobody own an agent from now on: the ownerless check will ask whose it is."""
    with transaction.atomic():
        for ownership in open_roles(agent).filter(role=OWNER).select_for_update():
            end(ownership, at, actor)


def add_deputy(*, agent: Agent, person: Person, position: int = 0, at: datetime, actor: Actor) -> Ownership:
    """Let a person stand in for an agent's owner, at this place in the line."""
    with transaction.atomic():
        Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
        before = open_roles(agent).filter(role=DEPUTY, person=person).first()
        if before is not None and before.position == position:
            return before
        if before is not None:
            end(before, at, actor)
        return begin(Ownership(agent=agent, person=person, role=DEPUTY, position=position), at, actor)


def set_deputies(*, agent: Agent, people: Sequence[Person], at: datetime, actor: Actor) -> None:
    """Let these people, in this order, be an agent's deputies, and nobody else."""
    with transaction.atomic():
        for ownership in open_roles(agent).filter(role=DEPUTY).exclude(person__in=people):
            end(ownership, at, actor)
        for position, person in enumerate(people):
            add_deputy(agent=agent, person=person, position=position, at=at, actor=actor)


def open_roles(agent: Agent) -> QuerySet[Ownership]:
    """Who answers for an agent now, in any role."""
    return Ownership.objects.filter(agent=agent, until=None)


def begin(ownership: Ownership, at: datetime, actor: Actor) -> Ownership:
    """Open an ownership."""
    ownership.since = at
    ownership.save()
    record(Act.OWNERSHIP_OPENED, ownership, actor)
    due.pull(grants_of(ownership.agent), at)
    return ownership


def end(ownership: Ownership, at: datetime, actor: Actor) -> None:
    """Close an ownership."""
    ownership.until = max(at, ownership.since)
    ownership.save(update_fields=["until"])
    record(Act.OWNERSHIP_CLOSED, ownership, actor)
    due.pull(grants_of(ownership.agent), at)


def record(act: Act, ownership: Ownership, actor: Actor) -> None:
    """Tell the ledger who answers for what."""
    body = {"role": ownership.role, "position": ownership.position}
    subjects = [ownership, ownership.agent, ownership.person]
    ledger.record(act=act, actor=actor, subjects=subjects, body=body)


def claim_account(
    *, agent: Agent, account: Account, basis: str = "", confidence: int = 100, at: datetime, actor: Actor
) -> Claim:
    """
    State that an agent uses an account: that none does is not said any more.

    Its grants fall due, and lie in the agent's unit if it is the only one.
    """
    basis = basis[:LONGEST_BASIS]
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        there = Claim.objects.filter(agent=agent, account=account, until=None).first()
        if there is not None:
            return there
        claim = Claim.objects.create(agent=agent, account=account, since=at, basis=basis, confidence=confidence)
        ledger.record(
            act=Act.CLAIM_OPENED,
            actor=actor,
            subjects=[claim, agent, account],
            body={"confidence": confidence},
            commit={"basis": basis},
        )
        end_disclaimer(account=account, at=at, actor=actor)
        settle_unit(account)
        due.pull(grants_of(agent), at)  # all of them: what an agent holds together may be the trouble
    return claim


def release_account(*, agent: Agent, account: Account, at: datetime, actor: Actor) -> None:
    """State that an agent uses an account no more."""
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        for claim in Claim.objects.filter(agent=agent, account=account, until=None):
            claim.until = max(at, claim.since)
            claim.save(update_fields=["until"])
            ledger.record(act=Act.CLAIM_CLOSED, actor=actor, subjects=[claim, agent, account])
        settle_unit(account)
        due.pull(Grant.objects.filter(account=account), at)


def settle_unit(account: Account) -> None:
    """Lay an account's grants into the unit of its one agent; into its system's where there is none, or several."""
    units = list(Claim.objects.filter(account=account, until=None).values_list("agent__unit_id", flat=True)[:2])
    unit = units[0] if len(units) == 1 else account.system.unit_id
    Grant.objects.open().filter(account=account).exclude(unit=unit).update(unit=unit)
