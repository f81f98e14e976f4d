"""
Disclaimers: no agent uses this account. A person says so and why, and it can be taken back.

Why somebody said so enters the ledger as a commitment only.
"""

from datetime import datetime

from django.db import transaction

from governance import ledger, vetting
from governance.errors import Conflict, Invalid
from governance.ledger import Act, Actor
from governance.models import Account, Agent, Disclaimer, Person


def disclaim_account(*, account: Account, reason: str, by: Person, at: datetime) -> Disclaimer:
    """
    State that no agent uses an account; the same once more gives what stands.

    Raises Invalid without a reason, and Conflict where an agent claims it.
    """
    said = reason.strip()
    if not said:
        raise Invalid("reason is missing: say who or what uses the account", field="reason")
    vetting.storable("reason", said)
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        there = Disclaimer.objects.standing().filter(account=account).first()
        if there is not None:
            return there
        agent = Agent.objects.answering().that_use(account).order_by("pk").first()
        if agent is not None:
            raise Conflict(f"{agent.name} is said to use {account.name}. Take that claim back first.")
        made = Disclaimer.objects.create(account=account, by=by, reason=said, since=at)
        ledger.record(
            act=Act.DISCLAIMER_OPENED,
            actor=Actor.person(by),
            subjects=[made, account],
            body={},
            commit={"reason": said},
        )
    return made


def end_disclaimer(*, account: Account, at: datetime, actor: Actor) -> None:
    """State no more that no agent uses an account; nothing where nobody said so."""
    with transaction.atomic():
        for made in Disclaimer.objects.standing().filter(account=account).select_for_update(of=("self",)):
            made.until = max(at, made.since)
            made.save(update_fields=["until"])
            ledger.record(act=Act.DISCLAIMER_CLOSED, actor=actor, subjects=[made, account], body={})
