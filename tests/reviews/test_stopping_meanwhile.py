"""Somebody answers about an agent while somebody else suspends it."""

from concurrent.futures import ThreadPoolExecutor

from django.db import transaction

from governance.models import Agent
from reviews.models import Review, Verdict
from tests.governance.meanwhile import alone, somebody_waits
from tests.reviews.scene import again
from tests.reviews.test_stopping import suspend


def test_the_answer_counts_and_then_it_is_suspended(committed, scene):
    item = scene.asked_whose()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Review.objects.select_for_update().get(pk=item.review_id)  # what whoever answers locks first
            suspended = pool.submit(alone, lambda: suspend(scene))
            somebody_waits()
            Agent.objects.select_for_update(no_key=True).get(pk=scene.agent.pk)
            scene.decide(item, Verdict.MINE, by=scene.manager)
        answer = suspended.result(timeout=20)
    assert (again(item).state, answer.item.review.state) == ("decided", "decided")
    assert again(scene.agent).lifecycle == "suspended"
