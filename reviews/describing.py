"""
What a card shows of its subject besides what a decision is bound to: counts and sentences that help a person.

It is looked up when a question is opened, again before it is put, and where its facts have moved; it says from when it
is, so that a card that is older can say so too.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from governance import claiming, clock, observing
from governance.models import Account, Agent, Credential, Grant, Ownership
from governance.models.finding import Suspected
from governance.policy import rating, score, use
from governance.policy.terms import Terms
from governance.policy.wording import counted
from reviews import brake
from reviews.models import Item

NAMED = 3


def look_up(item: Item) -> None:
    """Bring what is shown of an open item up to date. Whether it comes with a suggestion stays as the lot fell."""
    item.facts_shown = item.facts_shown | describe(item.subject, agent=item.agent, at=clock.now())
    Item.objects.open().filter(pk=item.pk).update(facts_shown=item.facts_shown)


def describe(subject: Suspected, *, agent: Agent | None, at: datetime) -> dict[str, Any]:
    """One sentence to decide by, and facts by their labels, as of this moment; nothing about other subjects."""
    match subject:
        case Grant():
            known = of_grant(subject, agent=agent, at=at)
        case Agent():
            known = of_agent(subject)
        case Account():
            known = of_account(subject)
        case Credential():
            known = of_credential(subject, at=at)
        case _:
            return {}
    return {**known, "at": at.isoformat()}


def of_grant(grant: Grant, *, agent: Agent | None, at: datetime) -> dict[str, Any]:
    """Its use, that of what is held beside it, and who else works with it."""
    told = observing.describe_use(grant=grant, agent=agent, at=at)
    beside = {"Scope against use": scope(grant)} if agent and told.observable else {}
    lines = {**told.lines, **beside, "Blast radius": radius(grant)}
    return {"replay": told.replay, "lines": lines, "risk": risk(grant, at=at)}


def risk(grant: Grant, *, at: datetime) -> dict[str, Any]:
    """Of what its score is made now: every term, by which tables and under which policy."""
    terms = Terms.of(at)
    made = rating.of_grant(grant, terms)
    total, largest = rating.total(made), rating.largest(made)
    rest = total - sum(each.points for each in largest)
    return {
        "score": total,
        "because": [
            *(f"{each.says} ({each.text.partition(':')[0]})" for each in largest),
            *([f"the rest ({rest:+d})"] if rest else []),
        ],
        "terms": [{"label": each.label, "text": each.text} for each in made],
        "version": score.VERSION,
        "policy": terms.policy,
    }


def scope(grant: Grant) -> str:
    """How many of the things that the account holds were used; of how many that could not be seen."""
    held = Grant.objects.held().filter(account=grant.account_id).order_by().values("entitlement").distinct()
    seen = held.filter(use.traceable())
    number = seen.count()
    blind = held.count() - number
    more = f"; of {blind} more it cannot be seen" if blind else ""
    return f"Uses {seen.filter(use__isnull=False).count()} of the {number} that it holds{more}"


def radius(grant: Grant) -> str:
    """Who else works with what is asked about, and what comes with it."""
    account, conferred = grant.account, grant.entitlement.confers
    who = {1: "One account"}.get(holders := brake.holders(account), f"{holders:,} accounts")
    agents = Agent.objects.answering().that_use(account).count()
    shared = f", shared by {agents} agents" if agents > 1 else ""
    held = brake.holdings(conferred) if conferred else 0
    more = f"; {counted(held, 'grant')} {'comes' if held == 1 else 'come'} with it" if conferred else ""
    return f"{who}{shared}{more}"


def of_agent(agent: Agent) -> dict[str, Any]:
    """What somebody has to know who may answer for it: what it is for, whose it was, what it can do, if it runs."""
    lines = {
        "Is for": agent.purpose.strip() or "Not recorded",
        "Belongs to": agent.unit.name,
        "Last owner": last_owner(agent),
        **stands_in(agent),
        "Uses": accounts(agent),
        "Riskiest grants": power(agent),
    }
    return {"replay": observing.describe_runs(agent), "lines": lines}


def of_account(account: Account) -> dict[str, Any]:
    """What somebody has to know who may say whose it is; the agents that it could be, to choose from."""
    known = claiming.of_one(account)
    could_be = [
        {"agent": each.agent_id, "name": each.agent, "confidence": each.confidence, "why": each.words}
        for each in known.suggestions
    ]
    return {"replay": "", "lines": dict(known.lines), "could_be": could_be}


def of_credential(credential: Credential, *, at: datetime) -> dict[str, Any]:
    """How old it is, whether it is used, what it opens, and whether another one is at hand."""
    account = credential.account
    made = credential.created_at or credential.first_seen_at
    age = f"{made:%-d %b %Y}, {counted((at - made).days, 'day')} ago"
    held = Grant.objects.held().filter(account=account).count()
    lines = {
        "Is": f"{credential.kind.replace('_', ' ').capitalize()} of {account.name} in {account.system.name}",
        "Made": age if credential.created_at else f"Not told; first seen by us on {age}",
        "Expires": f"{credential.expires_at:%-d %b %Y}" if credential.expires_at else "Never",
        "Last used": last_used(credential),
        "Blast radius": f"{shared(account)} and may use {counted(held, 'grant')}" if held else shared(account),
        "Beside it": beside(credential),
    }
    return {"replay": "", "lines": lines}


def last_used(credential: Credential) -> str:
    """What its system tells of its use; unknown is never unused."""
    if credential.last_used_at:
        return f"{credential.last_used_at:%-d %b %Y}, as {credential.account.system.name} tells"
    known = f"Never, as {credential.account.system.name} told on {credential.read_at:%-d %b %Y}"
    return known if credential.tracked else f"Not observable: {credential.account.system.name} does not tell"


def shared(account: Account) -> str:
    """Who signs in with an account."""
    agents = Agent.objects.answering().that_use(account).count()
    return f"{agents} agents sign in with {account.name}" if agents > 1 else f"It signs in as {account.name}"


def beside(credential: Credential) -> str:
    """Whether the account has another credential that can be used."""
    others = Credential.objects.usable().filter(account=credential.account_id)
    number = others.exclude(pk=credential.pk).count()
    return f"{counted(number, 'more credential')} of the account can be used" if number else "No other is known"


def last_owner(agent: Agent) -> str:
    """Who answered for it last, and their manager, who may know whose it is now."""
    owners = agent.ownerships.filter(role=Ownership.Role.OWNER).select_related("person__manager")
    last = owners.order_by(F("until").desc(nulls_first=True), "-pk").first()
    if last is None:
        return "Nobody is recorded"
    manager = last.person.manager
    return f"{last.person.name}, whose manager is {manager.name}" if manager else last.person.name


def stands_in(agent: Agent) -> dict[str, str]:
    """The first deputy who can act, where there is one."""
    person = agent.accountable(clock.now())
    return {"Stands in": person.name} if person else {}


def accounts(agent: Agent) -> str:
    """By which accounts it works, and where."""
    claims = agent.claims.filter(until=None).select_related("account__system").order_by("pk")
    named = [f"{claim.account.name} in {claim.account.system.name}" for claim in claims[:NAMED]]
    return listed(named, of=claims.count()) or "No account that we know of"


def power(agent: Agent) -> str:
    """What it holds that weighs most, with its risk."""
    held = Grant.objects.held().filter(account__claims__agent=agent, account__claims__until=None).distinct()
    named = [
        f"{grant.entitlement.name} ({grant.band.label.lower()})"
        for grant in held.select_related("entitlement").order_by("-risk", "pk")[:NAMED]
    ]
    return listed(named, of=held.count()) or "None that we know of"


def listed(named: Sequence[str], *, of: int) -> str:
    """The first ones by name, and how many there are besides."""
    more = of - len(named)
    return ", ".join(named) + (f" and {more:,} more" if more else "")
