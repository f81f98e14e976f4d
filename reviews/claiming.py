"""
Claiming: a person says whose an account is, before anybody is asked or while somebody is.

An agent uses it, no agent does, or somebody else knows and is asked. Each can be taken back: then it is asked about
again. Nothing is ever claimed by itself, however sure a suggestion is.
"""

from datetime import datetime

from django.db import transaction

from governance import findings, ledger, registering
from governance.errors import Conflict, Invalid, NotAllowed
from governance.findings import Suspicion
from governance.ledger import Actor
from governance.models import Account, Agent, Claim, Disclaimer, Finding, Person
from governance.policy.checks.unclaimed import Unclaimed
from governance.policy.subjects import accounts, unclaimed
from governance.policy.terms import Terms
from reviews import brake, naming, questions
from reviews.models import Review
from reviews.routing import Candidate

CHECK = Unclaimed()


def claim(*, account: Account, agent: Agent | None, by: Person, at: datetime, also: bool = False) -> Claim:
    """
    State that an agent uses an account, and clear what was suspected; `also` where another one is said to use it too.

    By who owns the system or governs its unit, and by who answers for the agent. Raises NotAllowed, Invalid for an
    agent that they may not name and an account that nothing signs in with, and Conflict where another agent is said to
    use it and nobody said `also`.
    """
    found = naming.agent_fits(agent, among=naming.agents_of(by))
    may_claim(account, found, by=by, at=at)
    signs_in(account)
    basis = f"Said by {by.name}"
    with transaction.atomic():
        if not also:
            naming.nobody_elses(account, found)
        made = registering.claim_account(agent=found, account=account, basis=basis, at=at, actor=Actor.person(by))
        clear(account, by=by, at=at, why="claimed")
    return made


def disclaim(*, account: Account, reason: str, by: Person, at: datetime) -> Disclaimer:
    """
    State that no agent uses an account, and clear what was suspected.

    By who owns the system or governs its unit. Raises NotAllowed, Invalid without a reason that can be checked and for
    an account that nothing signs in with, and Conflict where an agent claims it.
    """
    brake.may_handle(account.system, by)
    signs_in(account)
    naming.reason_fits(reason, length=Terms.of(at).parameters.keep_reason_length)
    with transaction.atomic():
        made = registering.disclaim_account(account=account, reason=reason, by=by, at=at)
        clear(account, by=by, at=at, why="no agent uses it")
    return made


def release(*, claim: Claim, by: Person, at: datetime) -> None:
    """Take a claim back: the agent does not use the account. By who may make it. Raises NotAllowed and Conflict."""
    may_claim(claim.account, claim.agent, by=by, at=at)
    if not Claim.objects.filter(pk=claim.pk, until=None).exists():
        raise Conflict("This claim has been taken back already.")
    registering.release_account(agent=claim.agent, account=claim.account, at=at, actor=Actor.person(by))


def take_back(*, disclaimer: Disclaimer, by: Person, at: datetime) -> None:
    """Take back that no agent uses an account. By who may say so. Raises NotAllowed and Conflict."""
    brake.may_handle(disclaimer.account.system, by)
    if not Disclaimer.objects.standing().filter(pk=disclaimer.pk).exists():
        raise Conflict("This has been taken back already.")
    registering.end_disclaimer(account=disclaimer.account, at=at, actor=Actor.person(by))


def ask(*, account: Account, person: Person | None, by: Person, at: datetime) -> str:
    """
    Ask somebody whose an account is, whatever it holds; return in a sentence when they hear of it.

    Who is asked already is asked no more. Raises NotAllowed, Invalid for nobody, for somebody who cannot be asked or
    was, and for an account that nothing signs in with, and Conflict where it has been said meanwhile.
    """
    brake.may_handle(account.system, by)
    signs_in(account)
    if person is None:
        raise Invalid("Nobody is known by this e-mail address. Choose one from the list, or ask them for theirs.")
    if not person.able(at):
        raise Invalid(f"{person.name} is away or has left, so their answer could not count. Choose somebody else.")
    naming.reached(person)
    with transaction.atomic():
        review = Review.objects.open().filter(items__account=account).select_for_update(of=("self",)).first()
        if review is None:
            suspect(account, ask=person, by=by, at=at)
            return f"{person.name} is asked whose {account.name} is within a minute."
        ask_instead(review, person, about=account, by=by, at=at)
    return f"{person.name} is asked about {review} instead, within a minute. The deadline stays."


def suspect(account: Account, *, ask: Person, by: Person, at: datetime) -> None:
    """Raise the finding, or take the one that stands, and note in it who is to be asked."""
    here = unclaimed(accounts()).filter(pk=account.pk)
    told = here.values_list(CHECK.facts(Terms.of(at)), CHECK.severity(Terms.of(at))).first()
    if told is None:
        raise Conflict("Somebody has said whose it is meanwhile, or it is shut or gone.")
    said, severity = told
    wanted = {**said, "asked": ask.pk, "asked_by": by.name}
    suspicion = Suspicion(account.pk, account.system.unit_id, severity, wanted)
    actor = Actor.person(by)
    if not findings.raise_many([suspicion], check_name=CHECK.name, kind="account", at=at, actor=actor):
        standing = Finding.objects.uncleared().filter(check_name=CHECK.name, account=account)
        standing.update(facts=wanted)
        findings.reopen(standing, at=at, actor=actor, why="somebody wants to know whose it is")


def ask_instead(review: Review, person: Person, *, about: Account, by: Person, at: datetime) -> None:
    """Let somebody else be asked what is asked already."""
    naming.colleague_fits(person, review=review, by=by, at=at)
    actor = Actor.person(by)
    ledger.record(act=ledger.Act.REVIEW_REROUTED, actor=actor, subjects=[review, person], body={"because": "chosen"})
    why = f"because {by.name} asks you whose {about.name} in {about.system.name} is."
    questions.unassign(review, because="somebody else was chosen", at=at, actor=actor)
    questions.assign(review, Candidate(person, "chosen", why), at=at)


def may_claim(account: Account, agent: Agent, *, by: Person, at: datetime) -> None:
    """Raise NotAllowed unless this person answers for the agent, owns the system or governs its unit."""
    if by.able(at) and any(each.person_id == by.pk for each in agent.line()):
        return
    try:
        brake.may_handle(account.system, by)
    except NotAllowed as error:
        raise NotAllowed(f"{error} So can who answers for {agent.name}.") from None


def signs_in(account: Account) -> None:
    """Raise Invalid for an account that nobody is asked about: everyone, a role without a log-in, what reads for us."""
    if not accounts().filter(pk=account.pk).exists():
        raise Invalid(
            f"{account.name} is no log-in that somebody has to answer for: it is shut or gone, a role, everyone, a "
            "human's without a key in use, or it may be who Countersign reads the system with. Choose one from the "
            "list of unclaimed accounts."
        )


def clear(account: Account, *, by: Person, at: datetime, why: str) -> None:
    """Nothing is suspected any more: whoever is asked is told so."""
    mine = Finding.objects.filter(check_name=CHECK.name, account=account)
    findings.clear(mine, at=at, actor=Actor.person(by), why=why)
