"""The rows that checks are about, as every check gets them."""

from django.db.models import BigIntegerField, Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, Concat

from governance.models import (
    Account,
    Agent,
    Claim,
    Credential,
    Disclaimer,
    Finding,
    Grant,
    Intended,
    Seen,
)
from governance.models.expressions import AnyOf
from governance.policy import use
from governance.policy.observed import claims_of

ASKED_ABOUT = (Intended.UNDECIDED, Intended.HELD)

# Whose findings a check may clear: its own judgement is enough. What people want gone stays taken
# until verifying has looked, what could not be read is not absent, and what is absent and open waits to be given back.
# Where it is not known yet what is our own, nothing is said, and nothing taken back.
SETTLED = {
    "grant": Q(grant__closed_at__isnull=False) | Q(grant__intended__in=ASKED_ABOUT, grant__seen=Seen.PRESENT),
    "agent": Q(agent__isnull=False),
    "account": Q(account__isnull=False) & ~Q(account__system__ours=[]),
    "credential": (Q(credential__seen=Seen.ABSENT) | Q(credential__intended__in=ASKED_ABOUT))
    & ~Q(credential__account__system__ours=[]),
}
BY_ITSELF = (Account.Kind.LOGIN, Account.Kind.WORKLOAD)
WITH_MEMBERS = (Account.Kind.ROLE, Account.Kind.GROUP)


def grants() -> QuerySet[Grant]:
    """Return the grants that are held now and that nobody has decided to end, with `idle_since`."""
    held = Grant.objects.held().filter(intended__in=ASKED_ABOUT)
    return held.alias(idle_since=use.idle_since())


def agents() -> QuerySet[Agent]:
    """Return the agents that somebody has to answer for."""
    return Agent.objects.answering()


def accounts() -> QuerySet[Account]:
    """
    Return the accounts with which something may sign in, with `unit_id`, their system's.

    Whether a log-in is shut is unknown where a system has no such notion: then it may sign in. A role or a group may
    where the system says so. People's own, by the system's word, are none of them, unless a key of theirs is used,
    which may be an agent's; nor is that which may be Countersign itself.
    """
    by_itself = Q(kind__in=BY_ITSELF) | (Q(kind=Account.Kind.HUMAN) & Q(Exists(keys_in_use())))
    may_sign_in = (by_itself & ~Q(enabled=False)) | Q(kind__in=WITH_MEMBERS, enabled=True)
    found = Account.objects.filter(may_sign_in, ~ours(), seen=Seen.PRESENT)
    return found.annotate(unit_id=F("system__unit"))


def keys_in_use() -> QuerySet[Credential]:
    """Return an account's credentials that can be used and are not known never to have been."""
    mine = Credential.objects.usable().filter(account=OuterRef("pk"))
    return mine.exclude(tracked=True, last_used_at=None)


def ours(account: str = "") -> Q:
    """
    Say which accounts may be Countersign's own, by what never changes of them; `account` is the way to one.

    Those that it acts as, and all of a system of which that is not known yet.
    """
    named = Concat(F(f"{account}native_type"), Value(":"), F(f"{account}native_id"), output_field=TextField())
    return Q(AnyOf(named, F(f"{account}system__ours"))) | Q(**{f"{account}system__ours": []})


def credentials() -> QuerySet[Credential]:
    """
    Return the credentials that can be used and that nobody has decided to end, with `unit_id`.

    That is the unit of the one agent that uses the account; the system's where that is none, or several. People's own,
    by the system's word, are none of them where no agent is said to use the account, whatever else opens it; nor are
    those of what may be Countersign itself.
    """
    an_agents = Q(Exists(claims_of(OuterRef("account"))))
    usable = Credential.objects.usable().filter(intended__in=ASKED_ABOUT)
    found = usable.filter(~ours("account__"), ~Q(account__kind=Account.Kind.HUMAN) | an_agents)
    claims = Claim.objects.filter(account=OuterRef("account"), until=None).order_by().values("account")
    sole = claims.annotate(agents=Count("pk"), sole_unit=Min("agent__unit")).filter(agents=1).values("sole_unit")
    unit = Coalesce(Subquery(sole), F("account__system__unit"), output_field=BigIntegerField())
    return found.annotate(unit_id=unit)


def unclaimed(these: QuerySet[Account]) -> QuerySet[Account]:
    """Return those of which nobody has said whose they are: neither that an agent uses them, nor that none does."""
    disclaimed = Disclaimer.objects.standing().filter(account=OuterRef("pk"))
    return these.filter(~Exists(claims_of(OuterRef("pk"))), ~Exists(disclaimed))


def standing(check: str, subject: str) -> QuerySet[Finding]:
    """Return the findings of a check that stand."""
    return Finding.objects.uncleared().filter(check_name=check, **{f"{subject}__isnull": False})
