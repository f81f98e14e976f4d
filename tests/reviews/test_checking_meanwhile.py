"""A person decides while a sweep looks at the same grant: both come to their end."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from governance import checking, clock, due
from governance.checking import batches, dates, judging, scores
from governance.models import Finding, Grant, GrantDue
from governance.policy.terms import Terms
from tests.governance.meanwhile import alone, somebody_waits

DAY = timedelta(days=1)


@pytest.fixture
def meeting(committed, scene):
    """meeting(): a person keeps the grant; the answer, once somebody lets go of what it waits for."""
    item = scene.asked()
    Grant.objects.filter(pk=item.grant_id).update(risk=3)  # another score than its tables give: a sweep writes it
    due.pull(Grant.objects.all(), clock.now() - DAY)

    return lambda: scene.decide(item, "keep", reason="The gate staff's own tool runs it.")


def test_what_is_due_and_a_keep_do_not_lock_each_other_out(meeting):
    terms = Terms.of()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            batches.take_due(terms.at, 10)
            keeping = pool.submit(alone, meeting)
            somebody_waits()
            scores.refresh(terms)
            _, cleared = judging.judge_batch(terms)
            dates.move(terms)
        assert keeping.result(timeout=20).verdict == "keep"
    assert cleared == 1, "nobody has seen runs, so that what the finding said does not hold"
    grant = Grant.objects.get()
    assert (grant.intended, grant.risk) == ("held", 3), "whoever decides holds the grant: its score is written later"
    assert Finding.objects.get(check_name="never_used").state == "cleared"
    assert GrantDue.objects.get().at > terms.at, "the keep made it due again"
    checking.check_due()
    assert Grant.objects.get().risk != 3


def test_the_full_check_and_a_keep_do_not_lock_each_other_out(meeting):
    GrantDue.objects.update(at=clock.now() + 999 * DAY)
    Grant.objects.update(lease_ends_at=clock.now() + 99 * DAY)
    terms = replace(Terms.of(), between=(0, Grant.objects.get().pk))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            scores.refresh(terms)
            dates.pull(terms)
            keeping = pool.submit(alone, meeting)
            somebody_waits()
            judging.judge_batch(terms)
        assert keeping.result(timeout=20).verdict == "keep"
    assert GrantDue.objects.get().at < terms.at + DAY
