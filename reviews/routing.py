"""
Whom to ask, and why them.

An agent's grants and credentials: its owner, its deputies in order, the owner's manager, governance. Those of roles,
groups, everyone and unclaimed accounts: the system's owner, their manager, governance. An account without a claim: whom
somebody chose, whom the system's remark on it names, then the same. An agent without anybody: the last owner's manager,
governance.
Whoever is away is followed by the delegate whom they named. Whom Slack calls a guest or deactivated is not asked, on no
surface.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from governance import access, claiming
from governance.models import Account, Agent, Credential, Employment, Grant, OrgUnit, Ownership, Person, System
from governance.sole import sole
from reviews.models import Answer, Item, Preference, Review, Verdict, Workspace


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be asked; `why` is a sentence to them."""

    person: Person
    rule: str
    why: str


def line(*, subject: object, agent: Agent | None, at: datetime) -> Iterator[Candidate]:
    """
    Everybody who can act, in the order in which they are asked; empty where nobody can (governance's queue).

    Nobody is looked for beyond the one who is wanted. Whoever has two places in the line has the first.
    """
    met: set[int] = set()
    for candidate in with_delegates(candidates(subject, agent), at=at):
        person = candidate.person
        if person.pk not in met and person.able(at):
            met.add(person.pk)
            if not outside(person):
                yield candidate


def outside(person: Person) -> bool:
    """Whether they are linked to Slack users, all of whom are guests, strangers or deactivated there."""
    gone = set(Workspace.objects.installed().users().filter(person=person).values_list("outside_since", flat=True))
    return bool(gone) and None not in gone


def with_delegates(candidates: Iterator[Candidate], *, at: datetime) -> Iterator[Candidate]:
    """The same line; behind everybody who is away stands their delegate. A delegate's delegate is not asked."""
    for candidate in candidates:
        yield candidate
        person = candidate.person
        if person.employment != Employment.AWAY or person.able(at):
            continue
        wishes = sole(Preference.objects.filter(person=person, delegate__isnull=False).select_related("delegate"))
        if wishes is not None and wishes.delegate is not None:
            why = f"because {person.name} named you for when they are away. {absence(person)}"
            yield Candidate(wishes.delegate, "delegate", why)


def candidates(subject: object, agent: Agent | None) -> Iterator[Candidate]:
    """The whole line, able or not."""
    if isinstance(subject, Agent):
        yield from last_owners_manager(subject)
        yield from governance(subject.unit)
    elif agent is not None:
        yield from agent_line(agent)
        yield from governance(agent.unit)
    else:
        system = system_of(subject)
        if isinstance(subject, Account):
            yield from account_line(subject)
        yield from system_line(system)
        yield from governance(system.unit)


def agent_line(agent: Agent) -> Iterator[Candidate]:
    """Owner, deputies in order, the owner's manager."""
    owner: Person | None = None
    for ownership in agent.line():
        if ownership.role == Ownership.Role.OWNER:
            owner = ownership.person
            yield Candidate(owner, "owner", f"because you have owned {agent.name} since {ownership.since:%-d %b %Y}.")
        else:
            stands_in = f" {absence(owner)}" if owner else ""
            yield Candidate(ownership.person, "deputy", f"because you are a deputy for {agent.name}.{stands_in}")
    if owner is not None and owner.manager is not None:
        yield Candidate(
            owner.manager,
            "owners_manager",
            f"because you manage {owner.name}, who owns {agent.name}. {absence(owner)}".rstrip(),
        )


def absence(person: Person) -> str:
    """Why somebody is not asked, where there is a reason."""
    match person.employment:
        case Employment.LEFT:
            return f"{person.name} has left."
        case Employment.AWAY:
            return f"{person.name} is away until {person.away_until:%-d %b}."
        case _:
            return ""


def last_owners_manager(agent: Agent) -> Iterator[Candidate]:
    """For an agent that nobody answers for."""
    last = (
        agent.ownerships.filter(role=Ownership.Role.OWNER)
        .select_related("person__manager")
        .order_by("-since", "-pk")
        .first()
    )
    if last is not None and last.person.manager is not None:
        why = f"because you manage {last.person.name}, the last owner of {agent.name}. {absence(last.person)}".rstrip()
        yield Candidate(last.person.manager, "last_owners_manager", why)


def account_line(account: Account) -> Iterator[Candidate]:
    """Of whom somebody wanted to know whose an account is; then whom the system itself names."""
    where = f"{account.name} in {account.system.name}"
    wanted = account.findings.uncleared().filter(check_name="unclaimed", facts__has_key="asked").first()
    chosen = Person.objects.filter(pk=wanted.facts["asked"]).first() if wanted else None
    if wanted and chosen:
        yield Candidate(chosen, "chosen", f"because {wanted.facts['asked_by']} asks you whose {where} is.")
    for person in claiming.named_in(account):
        yield Candidate(person, "hinted", f"because {account.system.name} names you in its remark on {account.name}.")


def system_line(system: System) -> Iterator[Candidate]:
    """The system's owner, and their manager."""
    yield Candidate(
        system.owner,
        "system_owner",
        f"because you own the system {system.name}, and no agent's owner answers for this.",
    )
    if system.owner.manager is not None:
        yield Candidate(
            system.owner.manager,
            "system_owners_manager",
            f"because you manage {system.owner.name}, who owns {system.name}.",
        )


def governance(unit: OrgUnit) -> Iterator[Candidate]:
    """Whoever governs the unit."""
    for person in access.governors(unit):
        yield Candidate(
            person, "governance", f"because you govern {unit.name}, and nobody before you in the line can act or knows."
        )


def system_of(subject: object) -> System:
    """The system in which a subject lies."""
    match subject:
        case Grant() | Credential():
            return subject.account.system
        case Account():
            return subject.system
        case System():
            return subject
        case _:
            raise TypeError(f"{subject!r} lies in no system.")


def next_for(review: Review, *, at: datetime) -> Candidate | None:
    """The first in line who has not been asked in this review yet."""
    item = first_item(review)
    if item is None:
        return None
    asked = set(review.assignments.values_list("person", flat=True))
    return next(
        (each for each in line(subject=item.subject, agent=item.agent, at=at) if each.person.pk not in asked), None
    )


def anybody_for(review: Review, *, at: datetime) -> Candidate | None:
    """The first in line who can act, also one who was asked before and is back; not one who does not know."""
    item = first_item(review)
    unsure = set(Answer.objects.filter(item__review=review, verdict=Verdict.UNSURE).values_list("person", flat=True))
    if item is None:
        return None
    able = line(subject=item.subject, agent=item.agent, at=at)
    return next((each for each in able if each.person.pk not in unsure), None)


def first_item(review: Review) -> Item | None:
    """The subject by which a review finds its people: all of its subjects have the same."""
    subjects = (
        *("agent", "subject_agent", "account__system"),
        *("grant__account__system", "credential__account__system"),
    )
    return review.items.select_related(*subjects).order_by("pk").first()
