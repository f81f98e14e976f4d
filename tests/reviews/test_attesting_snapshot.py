"""A period is counted from one snapshot, up to the entry that comes last in it."""

import json
import threading

from django.db import connection

from governance import ledger
from governance.ledger import recording
from reviews import attesting
from tests.governance.ledger.conftest import tell, until
from tests.reviews.factories import ItemFactory, ReviewFactory
from tests.reviews.stories import at


def test_what_changes_while_it_is_counted_is_not_half_counted(committed, scene, login):
    review = ReviewFactory(opened_at=at(5), campaign__policy=scene.policy)
    item = ItemFactory(review=review, grant=scene.grant(held_since=at(1)), agent=scene.agent)
    (newest,) = tell(1)
    counted: list[attesting.Counted] = []

    def count() -> None:
        counted.append(attesting.count_period(starts_at=at(0), ends_at=at(31)))
        connection.close()

    thread = threading.Thread(target=count)
    owner = login("owner")
    with owner.transaction():
        owner.execute("LOCK TABLE reviews_item IN ACCESS EXCLUSIVE MODE")
        thread.start()
        waits = "SELECT 1 FROM pg_locks WHERE relation = 'reviews_item'::regclass AND NOT granted"
        until(lambda: owner.execute(waits).fetchone())
        owner.execute("UPDATE reviews_item SET state = 'withdrawn', closed_at = %s WHERE id = %s", [at(6), item.pk])
        tell(1)
    thread.join()
    assert [row["bucket"] for row in counted[0].rows] == ["carried_over"]
    assert counted[0].newest == newest
    assert [row["bucket"] for row in attesting.count_period(starts_at=at(0), ends_at=at(31)).rows] == ["withdrawn"]


def test_the_newest_entry_is_the_last_in_the_tree_and_not_the_one_with_the_highest_number(committed, login):
    early = login("app")
    with early.transaction():
        early.execute("SELECT pg_current_xact_id()")
        (last,) = tell(1)
        fact = ledger.Fact(act=ledger.Act.AGENT_CHANGED, actor=ledger.Actor.step("syncing"))
        told_early = [json.dumps([recording.as_json(fact)])]
        (higher,) = early.execute("SELECT evidence.record(%s::jsonb)", told_early).fetchone()
    assert higher > last
    assert attesting.newest_entry() == last
