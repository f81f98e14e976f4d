"""
Rare: used, and in few runs.

Of N runs that could have used a grant k did. The share of runs that need it is, with 95 % confidence, at most u95: the
upper bound of Clopper and Pearson. A grant is rare where that is below policy's share. For a bound and a k there is a
least N, so that SQL counts runs and compares.
"""

from functools import cache
from math import comb

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Greatest
from django.db.models.lookups import GreaterThanOrEqual

from governance.models.expressions import Cardinality
from governance.policy import use
from governance.policy.observed import OF_GRANT, agents_of
from governance.policy.terms import Terms

DOUBT = 0.05
RUNS = 20  # in more runs than so many nothing is rare
LONGEST = use.COUNTED  # runs that are looked back at
STEPS = 40  # of halving: finer than a per mille


def below(used: int, runs: int, share: float) -> float:
    """Return how likely so few uses are, or fewer, where each run uses it with this probability."""
    return sum(comb(runs, each) * share**each * (1 - share) ** (runs - each) for each in range(used + 1))


@cache
def u95(used: int, runs: int) -> float:
    """Return the share of runs that use it, at most, with 95 % confidence."""
    if used >= runs:
        return 1.0
    low, high = used / runs, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if below(used, runs, middle) > DOUBT else (low, middle)
    return high


@cache
def least_runs(used: int, percent: int) -> int:
    """Return in how many runs so few uses are rare, at least; a share of nothing is never reached."""
    low, high = used + 1, LONGEST
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if below(used, middle, percent / 100) <= DOUBT else (middle + 1, high)
    return low


def run_count(terms: Terms) -> Cardinality:
    """Return how many runs could have used it. Dear: for few grants only."""
    agents = ArraySubquery(agents_of(OuterRef(OuterRef("account"))))
    since = Greatest(*map(OuterRef, use.USABLE_SINCE))
    could = use.runs(terms, OF_GRANT).filter(agent__any_of=agents, started_at__gt=since)
    counted = ArraySubquery(could.values("pk")[:LONGEST])
    return Cardinality(counted)


def candidate() -> Q:
    """Say which are powerful, and used in few runs: of few grants, so that their runs can be counted."""
    return Q(risk__gte=use.HIGH_RISK, use__runs__gte=1, use__runs__lte=RUNS)


def rare(terms: Terms) -> Q:
    """Say which are powerful, and with enough confidence needed in few runs."""
    percent = terms.parameters.rare_percent
    least = {used: max(least_runs(used, percent), terms.runs) for used in range(1, RUNS + 1)}
    wanted = Case(
        *(When(use__runs=used, then=Value(runs)) for used, runs in least.items()),
        default=Value(LONGEST + 1),
        output_field=IntegerField(),
    )
    counted = Case(When(candidate(), then=run_count(terms)), default=Value(0), output_field=IntegerField())
    return candidate() & ~use.hidden("entitlement__") & ~use.untraced() & Q(GreaterThanOrEqual(counted, wanted))
