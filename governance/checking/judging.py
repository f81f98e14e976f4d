"""Judge a batch of grants, or all agents, accounts or credentials: let every check about them speak."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from governance.checking import batches
from governance.checking.statements import Judgement, clear, raise_new, reopen
from governance.policy.check import Check
from governance.policy.checks import ABOUT_ACCOUNTS, ABOUT_AGENTS, ABOUT_CREDENTIALS, ABOUT_GRANTS
from governance.policy.subjects import accounts, agents, credentials
from governance.policy.terms import Terms


def of_all(check: Check, rows: Callable[[], QuerySet[Any]]) -> Judgement:
    """Judge all of a kind at once."""
    return Judgement(check, lambda _: rows(), lambda _: Q())


OF_GRANTS = [Judgement(check, batches.grants_at_hand, batches.findings_at_hand) for check in ABOUT_GRANTS]
OF_AGENTS = [of_all(check, agents) for check in ABOUT_AGENTS]
OF_ACCOUNTS = [of_all(check, accounts) for check in ABOUT_ACCOUNTS]
OF_CREDENTIALS = [of_all(check, credentials) for check in ABOUT_CREDENTIALS]


def judge_batch(terms: Terms) -> tuple[dict[str, list[int]], int]:
    """Judge the batch; return the grants newly spoken about, by check, and the number cleared."""
    raised, cleared = {}, 0
    for judgement in OF_GRANTS:
        cleared += len(clear(judgement, terms))
        raised[judgement.check.name] = reopen(judgement, terms) + raise_new(judgement, terms)
    return raised, cleared
