"""What may be done about an agent as a whole, with its consequence: certify now, transfer, allow systems, suspend."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from governance import access, clock, vetting
from governance.models import Agent, Grant, Person, Policy
from governance.policy.wording import counted
from reviews import evidence, governing, ruling, stopping, undoing
from reviews.admin import forms
from reviews.admin.agents import people
from reviews.admin.agents.people import Answering
from reviews.admin.forms import Form
from reviews.models import Decision, Verdict
from reviews.ruling import Via

PEOPLE_AT_MOST = 500


def acts(agent: Agent, person: Person, answering: list[Answering], *, at: datetime, refused: Any) -> dict[str, Any]:
    """The forms that the viewer may use, with their consequence; or who may."""
    if not governing.may(agent, person):
        return {"only": f"Only who owns {agent.name} or governs {agent.unit.name} can act on it here."}
    number = governing.to_certify(agent).count()
    first = people.first_able(answering, at)
    made = [transfer_form(agent)]
    if number:
        made.insert(0, certify_form(agent, number, first))
    if access.may_govern(person, agent.unit):
        made.append(allow_form(agent))
    if person.able(at) and stopping.to_suspend(agent):
        made.append(suspend_form(agent, [each.person for each in answering if each.person != person], at))
    able = Person.objects.able(at)
    return {
        "forms": [forms.as_typed(form, refused) for form in made],
        "choices": access.visible(able, to=person).order_by("name", "pk")[:PEOPLE_AT_MOST],
        "only": "" if number else nothing_to_certify(agent),
        **stopped_by(agent, person, at),
    }


def stopped_by(agent: Agent, person: Person, at: datetime) -> dict[str, Any]:
    """The decision by which it is stopped, and what became of it, where the viewer may take that back now."""
    stopping = {"item__subject_agent": agent, "verdict__in": [Verdict.SUSPEND, Verdict.RETIRE]}
    last = Decision.objects.filter(**stopping).select_related("item__review__unit", "answer__person", "policy").last()
    if last is None or not undoing.allowed(last, by=person, at=at):
        return {}
    return {"stopped_by": last, "became": evidence.outcome(last).execution_text}


def nothing_to_certify(agent: Agent) -> str:
    """Why nothing can be certified now."""
    if Grant.objects.held().filter(account__claims__agent=agent, account__claims__until=None).exists():
        return "All that it holds is asked about already, or is to be taken away: there is nothing to certify now."
    return "Nothing is known that it holds by its own accounts, so that there is nothing to certify."


def certify_form(agent: Agent, number: int, first: Person | None) -> Form:
    """Ask about everything."""
    who = f"{first.name} is asked" if first else "Nobody can be asked, so governance has to choose somebody"
    follows = (
        f"{who} about {counted(number, 'grant')} within a minute, like ones together. Nothing is taken away by it; "
        "what stays unanswered is suspended as policy says, and can be given back."
    )
    return Form("certify", agent.pk, "Certify now", follows, primary=True, place="agent")


def transfer_form(agent: Agent) -> Form:
    """Give it another owner."""
    follows = (
        f"They own {agent.name} at once and are asked from then on. What is open stays with whoever is asked; "
        "the owner until now is one no more."
    )
    who = forms.Field("person", "Who should own it? Their e-mail", "email")
    return Form("transfer", agent.pk, "Transfer", follows, (who,), place="agent")


def allow_form(agent: Agent) -> Form:
    """Say in which systems it may work."""
    slugs = "; ".join(agent.allowed_systems.order_by("slug").values_list("slug", flat=True))
    follows = (
        f"What {agent.name} holds in any other system becomes a question within a minute. Nothing is taken away by it. "
        "Leave it empty to state nothing: then no system is held against it."
    )
    where = forms.Field("systems", "Systems, by their short names, with ; between them", given=slugs, optional=True)
    return Form("allow", agent.pk, "Allow these", follows, (where,), opens="Allowed systems", place="agent")


def suspend_form(agent: Agent, others: Sequence[Person], at: datetime) -> Form:
    """Stop it."""
    lasting = timedelta(seconds=Policy.objects.in_force(at).parameters.suspension_undo_seconds)
    runs = agent.runs.filter(started_at__gt=at - timedelta(days=1)).count()
    ran = f" It ran {counted(runs, 'time')} in the last 24 hours." if runs else ""
    told = f" Tell {others[0].name}, who answers for it: nobody is told by this." if others else ""
    back = f" It can be given back for {clock.lasting(lasting)}, from here."
    follows = f"{shut_by_that(agent)}{ran}{back}{told}"
    why = forms.Field("reason", "Why does it have to stop?")
    return Form("suspend", agent.pk, "Suspend", follows, (why,), dangerous=True, place="agent")


def shut_by_that(agent: Agent) -> str:
    """What is shut by that, and what is not."""
    own, shared = ruling.used_by(agent)
    stay = "that another agent uses stays" if len(shared) == 1 else "that other agents use stay"
    left = f" {counted(len(shared), 'account')} {stay} open." if shared else ""
    if not own:
        return f"It counts as suspended; no account is known that it alone uses.{left}"
    where = ", ".join(sorted({account.system.name for account in own}))
    are = "is" if len(own) == 1 else "are"
    by_hand = "what a system does not let us do becomes a task in the queue"
    return f"{counted(len(own), 'account')} in {where} {are} to be disabled at once; {by_hand}.{left}"


def certify(_request: HttpRequest, person: Person, key: int) -> str:
    """Ask about everything that it holds."""
    agent = get_object_or_404(seen_by(person), pk=key)
    number = governing.certify(agent=agent, by=person, at=clock.now())
    return f"{counted(number, 'grant')} of {agent.name} become questions within a minute."


def transfer(request: HttpRequest, person: Person, key: int) -> str:
    """Give it another owner."""
    agent = get_object_or_404(seen_by(person), pk=key)
    address = request.POST.get("person", "")
    vetting.storable("person", address)
    somebody = Person.objects.called(address)
    begun = governing.transfer(agent=agent, person=somebody, by=person, at=clock.now())
    return f"{begun.person.name} owns {agent.name} now."


def allow(request: HttpRequest, person: Person, key: int) -> str:
    """Say in which systems it may work."""
    agent = get_object_or_404(seen_by(person), pk=key)
    systems = governing.allow_systems(agent=agent, slugs=request.POST.get("systems", ""), by=person, at=clock.now())
    names = ", ".join(system.name for system in systems)
    return f"{agent.name} may work in {names} alone." if names else f"Nothing is stated about where {agent.name} works."


def suspend(request: HttpRequest, person: Person, key: int) -> str:
    """Stop it."""
    agent = get_object_or_404(seen_by(person), pk=key)
    via = Via(surface="web", assurance=settings.WEB_ASSURANCE, action="suspend")
    reason = request.POST.get("reason", "")
    answer = stopping.suspend(agent=agent, reason=reason, by=person, via=via, at=clock.now())
    return f"{agent.name} counts as suspended, by {answer.item.review}. Whether its accounts are shut stands below."


def seen_by(person: Person) -> QuerySet[Agent]:
    """The agents that a person sees."""
    return access.visible(Agent.objects.select_related("unit"), to=person)


def back(key: int) -> str:
    """The agent's page."""
    return reverse("admin:governance_agent_change", args=[key])


VIEWS: dict[str, Any] = {
    "certify": forms.view("certify", certify, wakes=("reviews.tasks.open_reviews",), back=back),
    "transfer": forms.view("transfer", transfer, back=back),
    "allow": forms.view("allow", allow, wakes=("governance.tasks.check_due",), back=back),
    "suspend": forms.view("suspend", suspend, wakes=("reviews.tasks.carry_out",), back=back),
}
