"""
Checking: let every check speak about what is due, and clear what no longer holds.

    check_due       the grants whose due date has come; every few seconds
    check_agents    every agent; as often, for there are few
    check_accounts  every account, for those that no agent claims; as often
    check_credentials  every credential that can be used; as often
    check_all       every grant, nightly: what the due dates missed is a finding against ourselves
    go_on_checking  the same, where it was broken off

Each finds its work in the tables, so that running two at once is harmless. `batches` says which grants a transaction
looks at, `scores`, `judging` and `statements` what it does, `dates` when they are looked at again, `nightly` how far
the full check has come. Due dates are locked before findings; a grant that somebody has locked is passed over.
"""

import time
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from governance import due, weighing
from governance.checking import batches, dates, scores
from governance.checking.judging import OF_ACCOUNTS, OF_AGENTS, OF_CREDENTIALS, judge_batch
from governance.checking.nightly import check_all, go_on_checking
from governance.checking.statements import Judgement, clear, raise_new, reopen
from governance.policy import preparing
from governance.policy.terms import Terms

DUE_AT_ONCE = 50_000
PATIENCE_SECONDS = 60


def check_due(at: datetime | None = None) -> int:
    """
    Judge the grants that are due; return how many findings were raised, reopened or cleared.

    Ends when none is left or after a minute: the timetable comes back.
    """
    terms = Terms.of(at)
    moved, ends = 0, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        with transaction.atomic():
            if not batches.take_due(terms.at, DUE_AT_ONCE):
                break
            prepared = preparing.prepare(terms, batches.grants_at_hand(terms))
            scores.refresh(prepared)
            raised, cleared = judge_batch(prepared)
            again = scores.follow(raised, cleared, prepared)
            dates.move(prepared)
            due.look_again(again, terms.at)
        moved += sum(map(len, raised.values())) + cleared
    return moved


def check_agents(at: datetime | None = None) -> int:
    """Weigh the agents that are due, judge every one; return how many findings were raised, reopened or cleared."""
    terms = Terms.of(at)
    weighing.weigh_due(terms.at)
    return judge_whole(OF_AGENTS, terms)


def check_accounts(at: datetime | None = None) -> int:
    """Judge every account; return how many findings were raised, reopened or cleared."""
    return judge_whole(OF_ACCOUNTS, Terms.of(at))


def check_credentials(at: datetime | None = None) -> int:
    """Judge every credential; return how many findings were raised, reopened or cleared."""
    return judge_whole(OF_CREDENTIALS, Terms.of(at))


def judge_whole(judgements: Sequence[Judgement], terms: Terms) -> int:
    """Let checks speak about all of their subjects; return how many findings moved."""
    moved = 0
    for judgement in judgements:
        with transaction.atomic():
            for act in (clear, reopen, raise_new):
                moved += len(act(judgement, terms))
    return moved


__all__ = ["check_accounts", "check_agents", "check_all", "check_credentials", "check_due", "go_on_checking"]
