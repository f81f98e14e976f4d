"""
Preparing: what hangs on a batch's systems, accounts and entitlements alone is looked up once, for one transaction.

Without it every expression gives the same answer, a hundred times slower over many grants.
"""

from dataclasses import replace
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Case, DateTimeField, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Greatest

from governance.models import Account, Coverage, Entitlement, Grant, System
from governance.models.expressions import key_array
from governance.policy import scope, score, use, written
from governance.policy.observed import (
    OF_ACCOUNT,
    OF_SYSTEM,
    Either,
    Nothing,
    agents_of,
    runs_until_of_agents,
    runs_until_of_system,
    times_of_agents,
    times_of_system,
)
from governance.policy.terms import Terms

PREPARE = """
DROP TABLE IF EXISTS pg_temp.checking_system, pg_temp.checking_account, pg_temp.checking_entitlement;
CREATE TEMPORARY TABLE checking_system (
    system_id bigint PRIMARY KEY, seen_use tstzmultirange, seen_runs tstzmultirange, runs_until timestamptz,
    has_own_word boolean
) ON COMMIT DROP;
CREATE TEMPORARY TABLE checking_account (
    account_id bigint PRIMARY KEY, seen_use tstzmultirange, seen_runs tstzmultirange, runs_until timestamptz,
    counts_at timestamptz, deciding timestamptz
) ON COMMIT DROP;
CREATE TEMPORARY TABLE checking_entitlement (
    entitlement_id bigint PRIMARY KEY, actions integer, allows integer
) ON COMMIT DROP
"""

DECIDE = """
UPDATE checking_account AS known SET deciding = found.deciding FROM ({}) AS found (account_id, deciding)
WHERE known.account_id = found.account_id
"""

ASKED = key_array(written.MANY)


def prepare(terms: Terms, grants: QuerySet[Grant]) -> Terms:
    """
    Look up what these grants have in common, for this transaction; return the prepared terms.

    By them there is an answer for these grants only.
    """
    prepared = replace(terms, prepared=True)
    held = grants.order_by().aggregate(accounts=keys("account"), entitlements=keys("entitlement"))
    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
        for statement, query, known, many in (
            ("INSERT INTO checking_system {}", known_of_systems, terms, held["accounts"]),
            ("INSERT INTO checking_account {}", known_of_accounts, terms, held["accounts"]),
            ("INSERT INTO checking_entitlement {}", known_of_entitlements, terms, held["entitlements"]),
            (DECIDE, deciding_runs, prepared, []),
        ):
            sql, params = written.sql(query, known, many=many)
            cursor.execute(statement.format(sql), params)
        cursor.execute("ANALYZE checking_account, checking_entitlement")
    return prepared


def keys(name: str) -> ArrayAgg:
    """Return what of this name grants have, as an array: they are read once, and are many more."""
    return ArrayAgg(name, distinct=True, default=key_array([]))


def known_of_systems(terms: Terms) -> QuerySet[System, Any]:
    """Return the systems of the accounts asked about, each with what `PREPARE` has a column for, in that order."""
    own_word = Coverage.objects.filter(system=OuterRef("pk"), agent__isnull=False)
    theirs = Account.objects.filter(pk__any_of=ASKED).values("system").distinct()
    systems = System.objects.filter(pk__any_of=ArraySubquery(theirs))
    return systems.annotate(
        seen_use=times_of_system(terms, OF_SYSTEM, runs=False),
        seen_runs=times_of_system(terms, OF_SYSTEM, runs=True),
        runs_until=runs_until_of_system(OF_SYSTEM),
        has_own_word=Exists(own_word),
    ).values_list("pk", "seen_use", "seen_runs", "runs_until", "has_own_word")


def known_of_accounts(terms: Terms) -> QuerySet[Account, Any]:
    """Return the accounts asked about, likewise, where their systems are at hand; but for the last column."""
    told = Q(system__at_hand__has_own_word=True)
    own_use, own_runs = (
        Case(When(told, then=times_of_agents(terms, OF_ACCOUNT, runs=runs)), default=Nothing())
        for runs in (False, True)
    )
    own_until = Case(When(told, then=runs_until_of_agents(OF_ACCOUNT)), output_field=DateTimeField())
    these = Account.objects.filter(pk__any_of=ASKED)
    return these.annotate(
        seen_use=Either("system__at_hand__seen_use", own_use),
        seen_runs=Either("system__at_hand__seen_runs", own_runs),
        runs_until=Greatest("system__at_hand__runs_until", own_until),
        counts_at=use.next_counts(terms, OF_ACCOUNT),
    ).values_list("pk", "seen_use", "seen_runs", "runs_until", "counts_at")


def known_of_entitlements(_terms: Terms) -> QuerySet[Entitlement, Any]:
    """Return the entitlements asked about, how many actions use is seen of, and what they allow."""
    held = Entitlement.objects.filter(pk__any_of=ASKED)
    told = held.annotate(number=scope.allowed(), points=score.allowed(""))
    return told.values_list("pk", "number", "points")


def deciding_runs(terms: Terms) -> QuerySet[Account, Any]:
    """
    Return for the accounts at hand when the deciding run of each started; NULL where there were fewer.

    That is the last run but as many as policy wants: a grant that was idle before it started was idle for enough runs.
    """
    agents = agents_of(OuterRef(OuterRef("pk")))
    latest = use.runs(terms, OF_ACCOUNT).order_by("-started_at").values("started_at")
    which = slice(terms.runs - 1, terms.runs)
    # An index brings the runs of one agent in order; those of several have to be sorted.
    several = Exists(agents_of(OuterRef("pk"))[1:2])
    sole = Subquery(latest.filter(agent=Subquery(agents[:1]))[which])
    shared = Subquery(latest.filter(agent__any_of=ArraySubquery(agents))[which])
    at_hand = Account.objects.filter(at_hand__isnull=False)
    return at_hand.annotate(deciding=Case(When(several, then=shared), default=sole)).values_list("pk", "deciding")
