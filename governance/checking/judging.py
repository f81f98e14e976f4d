"""Judge a batch: let every check about grants speak of it."""

from django.db.models import Q

from governance.checking import batches
from governance.checking.statements import Judgement, clear, raise_new, reopen
from governance.policy.checks import ABOUT_GRANTS
from governance.policy.subjects import grants
from governance.policy.terms import Terms


def judge_batch(terms: Terms) -> tuple[dict[str, list[int]], int]:
    """Judge the batch; return the grants newly spoken about, by check, and the number cleared."""
    raised, cleared = {}, 0
    for check in ABOUT_GRANTS:
        judgement = Judgement(check, batches.at_hand(grants()), terms)
        cleared += len(clear(judgement, within=Q(grant__in=batches.Batch())))
        raised[check.name] = reopen(judgement) + raise_new(judgement)
    return raised, cleared
