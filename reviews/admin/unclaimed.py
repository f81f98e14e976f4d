"""
Unclaimed accounts: what may sign in and is nobody's, with what is known of it and the verbs that say whose it is.

Every button is a form that calls one verb of `reviews.claiming`, which checks who may. Below stands what was said
lately, to be taken back: claims, and accounts that no agent uses.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from governance import access, claiming, clock, vetting
from governance.admin.site import site
from governance.admin.viewing import viewer
from governance.claiming import Known, Suggestion
from governance.models import Account, Agent, Claim, Disclaimer, Finding, Person, System
from governance.policy.power import riskiest
from governance.policy.subjects import accounts, unclaimed
from governance.policy.wording import counted
from reviews import claiming as saying
from reviews import naming
from reviews.admin import forms
from reviews.admin.forms import Field, Form
from reviews.evidence import Line
from reviews.models import Item, Review

A_PAGE = 20
LATELY = timedelta(days=30)
LISTED = 50
CHOICES = 500
PLACE = "unclaimed"
WITHIN = ("system__owner", "system__unit")


@dataclass(frozen=True, slots=True)
class Row:
    """One account: what is known, who is asked now, and what the viewer may do about it."""

    known: Known
    lines: tuple[Line, ...]
    review: Review | None
    asked: Person | None
    suggestions: tuple[Suggestion, ...]
    forms: tuple[Form, ...]
    only: str


@dataclass(frozen=True, slots=True)
class Said:
    """Something that was said of an account, and how it is taken back."""

    account: Account
    what: str
    who: str
    since: Any
    form: Form | None
    also: Form | None = None  # says that another agent uses it too


@dataclass(frozen=True, slots=True)
class Looking:
    """Somebody who looks: which agents they may name and answer for, which units they govern, what was just refused."""

    person: Person
    agents: Mapping[int, Agent]
    answered_for: frozenset[int]
    governed: frozenset[int]
    refused: Mapping[str, Any]

    def speaks_for(self, system: System) -> bool:
        """Whether they may say whose an account there is; the verbs ask it again."""
        governs = self.person.is_superuser or system.unit_id in self.governed
        return governs or system.owner_id == self.person.pk

    def may_claim(self, found: Suggestion, system: System) -> bool:
        """Whether they may claim an account there for a suggested agent."""
        return found.agent_id in self.answered_for or (found.agent_id in self.agents and self.speaks_for(system))

    def as_typed(self, *made: Form) -> tuple[Form, ...]:
        """The forms, with what was typed into one that was refused."""
        return tuple(forms.as_typed(form, self.refused) for form in made)


@require_safe
def unclaimed_accounts(request: HttpRequest) -> HttpResponse:
    """The page."""
    person, refused = viewer(request), forms.refused_before(request)
    governed = frozenset(access.units_of(person, access.Right.GOVERN))
    named = naming.agents_of(person).order_by("name")[:CHOICES]
    theirs = frozenset(naming.answered_for(person).values_list("agent", flat=True))
    looking = Looking(person, {agent.pk: agent for agent in named}, theirs, governed, refused)
    page = Paginator(ordered(nobodys(person), first=key_of(refused)), A_PAGE).get_page(request.GET.get("page"))
    context = {
        **site.each_context(request),
        "title": "Unclaimed accounts",
        "words": sentence(page.paginator.count, asked_about(person), sees=seen_by(person).exists()),
        "page": page,
        "rows": list(rows(page, looking)),
        "agents": named,
        "people": access.visible(Person.objects.able(clock.now()), to=person).order_by("name", "pk")[:CHOICES],
        "disclaimed": list(disclaimed(looking)),
        "claimed": list(claimed(looking)),
    }
    return TemplateResponse(request, "admin/unclaimed.html", context)


def seen_by(person: Person) -> QuerySet[Account]:
    """The accounts of systems that a person sees or owns."""
    return access.visible(Account.objects.all(), to=person, also=Q(system__owner=person))


def nobodys(person: Person) -> QuerySet[Account]:
    """Those of them that may sign in and are nobody's."""
    return access.visible(unclaimed(accounts()), to=person, also=Q(system__owner=person))


def ordered(found: QuerySet[Account], *, first: int) -> QuerySet[Account]:
    """Those with the most power first; before all of them the one about which something was just refused."""
    by_risk = found.annotate(weight=riskiest()).select_related(*WITHIN)
    return by_risk.order_by(Case(When(pk=first, then=0), default=1), "-weight", "pk")


def key_of(refused: Mapping[str, Any]) -> int:
    """The account whose form was just refused; 0 for none."""
    _, _, key = str(refused.get("form", "")).rpartition("-")
    return int(key) if key.isdecimal() else 0


def asked_about(person: Person) -> int:
    """About how many of them somebody is or will be asked."""
    standing = Finding.objects.uncleared().filter(account__isnull=False, check_name="unclaimed")
    return access.visible(standing, to=person, also=Q(account__system__owner=person)).count()


def sentence(count: int, asked: int, *, sees: bool) -> str:
    """The page in one sentence, or two."""
    if not sees:
        return "You may see no account: you own no system, and have no right in a unit where an account was read."
    if not count:
        return "Every account that may sign in and that you may see is somebody's."
    said = f"{counted(count, 'account')} may sign in and {'is' if count == 1 else 'are'} nobody's."
    of_them = "it" if count == 1 else f"{asked:,} of them"
    return f"{said} Somebody is asked about {of_them} until it is said whose." if asked else said


def rows(page: Page[Account], looking: Looking) -> Iterator[Row]:
    """The accounts of a page, in a fixed number of queries."""
    found = list(page)
    reviews = asked_now(found)
    for known in claiming.known(found):
        review = reviews.get(known.account.pk)
        assignment = next(iter(review.assignments.all()), None) if review else None
        system = known.account.system
        speaks = looking.speaks_for(system)
        only = "" if speaks else f"Only {system.owner.name} or who governs {system.unit.name} can say whose it is."
        yield Row(
            known=known,
            lines=tuple(Line(label, text) for label, text in known.lines.items() if label != "Could be"),
            review=review,
            asked=assignment.person if assignment else None,
            suggestions=tuple(each for each in known.suggestions if looking.may_claim(each, system)),
            forms=looking.as_typed(*verbs(known.account)) if speaks else (),
            only=only,
        )


def asked_now(found: Sequence[Account]) -> Mapping[int, Review]:
    """The open question about each account, with who is asked."""
    items = Item.objects.open().filter(account__in=found).select_related("review")
    open_now = items.prefetch_related("review__assignments__person")
    return {item.account_id: item.review for item in open_now if item.account_id}


def verbs(account: Account) -> Iterable[Form]:
    """An agent's, no agent's, or somebody knows."""
    name = Field("agent", "Which agent uses it? Its name", offers="agents")
    uses = "Who answers for the agent is asked about what it holds from then on. You can take it back below."
    yield Form("claim", account.pk, "Claim it", uses, (name,), opens="It belongs to", place=PLACE)
    why = Field("reason", "Who or what uses it?")
    never = (
        "It is not asked about as an agent's any more, until somebody takes that back. Your words go into the evidence."
    )
    yield Form("disclaim", account.pk, "Say so", never, (why,), opens="Not an agent", place=PLACE)
    who = Field("person", "Who knows? Their e-mail", "email")
    asks = "They are asked whose it is, in Slack or by e-mail. If nobody answers in time, it is disabled."
    yield Form("ask", account.pk, "Ask them", asks, (who,), opens="Ask somebody", place=PLACE)


def disclaimed(looking: Looking) -> Iterator[Said]:
    """Accounts that no agent uses, as somebody said, the newest first."""
    theirs = Q(account__system__owner=looking.person)
    found = access.visible(Disclaimer.objects.standing(), to=looking.person, also=theirs)
    related = ("by", "account__system__owner", "account__system__unit")
    for made in found.select_related(*related).order_by("-pk")[:LISTED]:
        follows = "It is unclaimed again, and asked about if it holds much."
        form = Form("take-back", made.pk, "Take it back", follows, place=PLACE)
        may = looking.speaks_for(made.account.system)
        yield Said(made.account, made.reason, made.by.name, made.since, form if may else None)


def claimed(looking: Looking) -> Iterator[Said]:
    """Claims of the last days on accounts of systems that the viewer sees, the newest first."""
    seen = seen_by(looking.person).values("pk")
    lately = Claim.objects.filter(until=None, since__gte=clock.now() - LATELY, account__in=seen)
    related = ("agent", "account__system__owner", "account__system__unit")
    told: set[int] = set()  # accounts
    for claim in lately.filter(agent__in=looking.agents).select_related(*related).order_by("-pk")[:LISTED]:
        follows = "The agent does not use it; it is unclaimed again, and asked about if it holds much."
        form = Form("release", claim.pk, "Take it back", follows, place=PLACE)
        may, first = looking.speaks_for(claim.account.system), claim.account_id not in told
        also = looking.as_typed(another(claim.account))[0] if may and first else None
        told.add(claim.account_id)
        yield Said(
            claim.account, claim.agent.name, claim.basis or "by import", claim.since, form if may else None, also
        )


def another(account: Account) -> Form:
    """Another agent uses it too."""
    name = Field("agent", "Which other agent uses it too? Its name", offers="agents")
    both = "Both are said to use it: its use is everybody's who uses it, and who answers for either is asked."
    return Form("also", account.pk, "Claim it too", both, (name,), opens="Another agent too", place=PLACE)


def account_of(person: Person, key: int) -> Account:
    """An account that the person sees, or that lies in a system of theirs; Http404 for any other."""
    return get_object_or_404(seen_by(person).select_related(*WITHIN), pk=key)


def claim(request: HttpRequest, person: Person, key: int, *, also: bool = False) -> str:
    """An agent uses it: the one whose button was pressed, or the one that is named."""
    account, among = account_of(person, key), naming.agents_of(person)
    agent = naming.agent_called(request.POST.get("agent", ""), among=among, field="agent")
    saying.claim(account=account, agent=agent, by=person, at=clock.now(), also=also)
    return f"{agent.name} uses {account.name} in {account.system.name}. Who answers for it is asked from now on."


def disclaim(request: HttpRequest, person: Person, key: int) -> str:
    """No agent uses it."""
    account = account_of(person, key)
    saying.disclaim(account=account, reason=request.POST.get("reason", ""), by=person, at=clock.now())
    return f"{account.name} in {account.system.name} is no agent's. You can take that back below."


def ask(request: HttpRequest, person: Person, key: int) -> str:
    """Somebody is asked."""
    account = account_of(person, key)
    address = request.POST.get("person", "")
    vetting.storable("person", address)
    somebody = Person.objects.called(address)
    return saying.ask(account=account, person=somebody, by=person, at=clock.now())


def release(_request: HttpRequest, person: Person, key: int) -> str:
    """A claim is taken back."""
    found = get_object_or_404(Claim.objects.select_related("agent", "account__system"), pk=key)
    account_of(person, found.account_id)
    saying.release(claim=found, by=person, at=clock.now())
    return f"{found.agent.name} is not said to use {found.account.name} any more."


def take_back(_request: HttpRequest, person: Person, key: int) -> str:
    """That no agent uses it is taken back."""
    found = get_object_or_404(Disclaimer.objects.select_related("account__system"), pk=key)
    account_of(person, found.account_id)
    saying.take_back(disclaimer=found, by=person, at=clock.now())
    return f"{found.account.name} is unclaimed again."


def back(_key: int) -> str:
    """The address of this page."""
    return reverse("admin:unclaimed")


WAKES = ("governance.tasks.check_due", "reviews.tasks.open_reviews", "reviews.tasks.withdraw_items")
VIEWS: dict[str, Any] = {
    name: forms.view(name, verb, wakes=WAKES, back=back)
    for name, verb in (
        ("claim", claim),
        ("also", partial(claim, also=True)),
        ("disclaim", disclaim),
        ("ask", ask),
        ("release", release),
        ("take-back", take_back),
    )
}
