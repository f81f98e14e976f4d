"""The rows that checks are about, as every check gets them."""

from django.db.models import Q, QuerySet

from governance.models import Agent, Finding, Grant, Intended, Seen
from governance.policy import use

ASKED_ABOUT = (Intended.UNDECIDED, Intended.HELD)

# Whose findings a check may clear: its own judgement is enough. What people want gone stays taken
# until verifying has looked, what could not be read is not absent, and what is absent and open waits to be given back.
SETTLED = {
    "grant": Q(grant__closed_at__isnull=False) | Q(grant__intended__in=ASKED_ABOUT, grant__seen=Seen.PRESENT),
    "agent": Q(agent__isnull=False),
}


def grants() -> QuerySet[Grant]:
    """Return the grants that are held now and that nobody has decided to end, with `idle_since`."""
    held = Grant.objects.held().filter(intended__in=ASKED_ABOUT)
    return held.alias(idle_since=use.idle_since())


def agents() -> QuerySet[Agent]:
    """Return the agents that somebody has to answer for."""
    return Agent.objects.answering()


def standing(check: str, subject: str) -> QuerySet[Finding]:
    """Return the findings of a check that stand."""
    return Finding.objects.uncleared().filter(check_name=check, **{f"{subject}__isnull": False})
