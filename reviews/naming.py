"""What an answer about an account names: the agent that uses it, a colleague who knows, or why no agent does."""

from datetime import datetime

from django.db.models import Q, QuerySet

from governance import access, vetting
from governance.errors import Conflict, Invalid
from governance.models import Account, Agent, Claim, Ownership, Person
from reviews import evidence, outbox
from reviews.models import Ask, Item, Review


def agents_of(person: Person) -> QuerySet[Agent]:
    """
    The agents that a person may name.

    Those whom they see, those for which they answer, and those that use an account of a system that they own.
    """
    there = Claim.objects.filter(account__system__owner=person, until=None)
    theirs = Q(pk__in=answered_for(person).values("agent")) | Q(pk__in=there.values("agent"))
    return access.visible(Agent.objects.answering(), to=person, also=theirs)


def answered_for(person: Person) -> QuerySet[Ownership]:
    """By what a person answers for agents, as owner or deputy."""
    return Ownership.objects.filter(person=person, until=None, role__in=Ownership.LINE)


def agents_for(item: Item, *, by: Person) -> QuerySet[Agent]:
    """The same, and what the question itself suggested."""
    suggested = [each["agent"] for each in item.facts_shown.get("could_be", ())]
    return Agent.objects.answering().filter(Q(pk__in=suggested) | Q(pk__in=agents_of(by).values("pk")))


def agent_called(text: str, *, among: QuerySet[Agent], field: str) -> Agent:
    """The agent of this name, in any case of letters. Raises Invalid, at the field, where there is none to be seen."""
    name = text.strip()
    vetting.storable(field, name)
    if not name:
        raise Invalid("Which agent uses it? Choose one, or give its name.", field=field)
    found = among.filter(name__iexact=name).order_by("pk").first()
    if found is None:
        raise Invalid(
            f"There is no agent “{name}” that you may see. Give its name as the list of agents has it.", field=field
        )
    return found


def agent_fits(agent: Agent | None, *, among: QuerySet[Agent]) -> Agent:
    """The agent, if it is one that may be named. Raises Invalid."""
    found = among.filter(pk=agent.pk).first() if agent else None
    if found is None:
        raise Invalid("Which agent uses it? Choose one that you may see, and that is not retired.", field="agent")
    return found


def nobody_elses(account: Account, agent: Agent) -> None:
    """Hold the account for this transaction. Raises Conflict where another agent alone is said to use it."""
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    claims = Claim.objects.filter(account=account, until=None, agent__in=Agent.objects.answering())
    found = list(claims.select_related("agent").order_by("pk"))
    if found and all(each.agent_id != agent.pk for each in found):
        first = found[0]
        raise Conflict(
            f"{first.agent.name} is said to use {account.name} since {first.since:%-d %b %Y} "
            f"({first.basis or 'by import'}). On the page of unclaimed accounts, under “Claimed lately”, say that "
            f"{agent.name} uses it too, or take that claim back."
        )


def reason_fits(reason: str, *, length: int) -> None:
    """Raise Invalid unless these words say who or what uses an account that no agent does."""
    vetting.storable("reason", reason)
    written = len(evidence.letters(reason))
    if written < length:
        raise Invalid(
            f"{written} of at least {length} characters. Only letters and digits count. Say who or what uses it, so "
            "that somebody else can check it later.",
            field="reason",
        )


def colleague_fits(named: Person | None, *, review: Review, by: Person, at: datetime) -> Person:
    """The colleague who is asked instead. Raises Invalid where that leads nowhere."""
    if named is None or not named.able(at):
        raise Invalid("Name somebody who is here: they are asked whose it is.", field="named")
    if named.pk == by.pk:
        raise Invalid("You are asked already. Name somebody else.", field="named")
    if review.assignments.filter(person=named).exists():
        raise Invalid(
            f"{named.name} was asked this before. Name somebody else, or say that you don't know.", field="named"
        )
    return reached(named)


def reached(person: Person) -> Person:
    """The person, if a surface reaches them. Raises Invalid."""
    if outbox.surface_for(person) == Ask.NOWHERE:
        raise Invalid(
            f"Neither Slack nor e-mail reaches {person.name}. Name somebody else, or let {person.name} link a Slack "
            "account first.",
            field="named",
        )
    return person
