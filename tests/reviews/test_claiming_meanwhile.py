"""Two people claim one account at the same time, for different agents."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from governance import clock
from governance.errors import Conflict
from governance.models import Claim
from reviews import claiming
from tests.factories import AccountFactory, AgentFactory, OwnershipFactory, PersonFactory
from tests.governance.meanwhile import alone, somebody_waits


def test_the_second_hears_of_the_first(committed):
    account = AccountFactory(name="dba_two")
    one, two = (AgentFactory(name=name, unit=account.system.unit) for name in ("one", "two"))
    people = [PersonFactory(), PersonFactory()]
    for agent, person in zip((one, two), people, strict=True):
        OwnershipFactory(agent=agent, person=person)

    def claim(agent, person):
        return claiming.claim(account=account, agent=agent, by=person, at=clock.now())

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            claim(one, people[0])
            other = pool.submit(alone, lambda: claim(two, people[1]))
            somebody_waits()
        with pytest.raises(Conflict, match="one is said to use dba_two since"):
            other.result(timeout=20)
    assert Claim.objects.get(account=account).agent == one
