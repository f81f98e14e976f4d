"""Any sequence of worlds, against a plain model: what is open is what is there, and nobody's word is overwritten."""

from dataclasses import dataclass

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import syncing
from governance.models import Entry, Finding, Grant, Intended, Lease
from tests.connectors import fake
from tests.factories import PolicyFactory, SystemFactory

KEYS = [(holder, tool) for holder in range(2) for tool in range(3)]
WORLDS = st.lists(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["a", "b"])), min_size=1, max_size=5)
SUSPENDED = st.sets(st.sampled_from(KEYS), max_size=2)


@dataclass
class Period:
    """One period of holding, as the plain model has it."""

    instance: str
    seen: str = "present"
    suspended: bool = False
    closed: bool = False
    suspected: bool = False  # of having returned: said once while it stands


class Oracle:
    """What a reader of the model page would do by hand."""

    def __init__(self) -> None:
        self.periods: dict[tuple[int, int], list[Period]] = {key: [] for key in KEYS}
        self.returned = self.appeared = 0

    def suspend(self, keys: set[tuple[int, int]]) -> None:
        for key in keys:
            for period in self.periods[key][-1:]:
                period.suspended = period.suspended or not period.closed

    def show(self, world: dict[tuple[int, int], str], *, first: bool) -> None:
        for key, past in self.periods.items():
            if key in world:
                self.present(past, world[key], first=first)
            elif past and not past[-1].closed:
                past[-1].seen, past[-1].closed = "absent", not past[-1].suspended

    def present(self, past: list[Period], instance: str, *, first: bool) -> None:
        if past and not past[-1].closed and past[-1].instance == instance:
            again = past[-1].seen == "absent"
            self.returned += again and not past[-1].suspected
            past[-1].suspected, past[-1].seen = past[-1].suspected or again, "present"
            return
        for period in past[-1:]:
            period.closed, period.seen = True, "absent"
        self.returned += bool(past)
        self.appeared += not past and not first
        past.append(Period(instance, suspected=bool(past)))

    def told(self) -> list[tuple[tuple[int, int], str, str, bool, bool]]:
        return sorted(
            (key, each.instance, each.seen, each.suspended, each.closed)
            for key, periods in self.periods.items()
            for each in periods
        )


def stored() -> list[tuple[tuple[int, int], str, str, bool, bool]]:
    return sorted(
        (
            (int(each.account.name[-1]), int(each.entitlement.name[-1])),
            each.instance,
            each.seen,
            each.intended == Intended.SUSPENDED,
            each.closed_at is not None,
        )
        for each in Grant.objects.select_related("account", "entitlement")
    )


@pytest.mark.django_db
@settings(max_examples=15)
@given(worlds=WORLDS, suspended=SUSPENDED)
def test_every_sequence_of_worlds_ends_as_by_hand(worlds, suspended):
    with transaction.atomic():
        go_through(worlds, suspended)
        transaction.set_rollback(True)


def go_through(worlds, suspended) -> None:
    PolicyFactory(stored={"sync_guard_floor": 100})
    system, oracle = SystemFactory(), Oracle()
    holders = [fake.principal(f"holder_{number}") for number in range(2)]
    tools = [fake.function(f"tool_{number}") for number in range(3)]
    for number, world in enumerate(worlds):
        records = [fake.grant(holders[h], tools[t], instance=instance) for (h, t), instance in world.items()]
        syncing.sync(system, connector=fake.FakeSystem(holders, tools, records))
        oracle.show(world, first=number == 0)
        if number == 0:
            suspend(suspended)
            oracle.suspend(suspended)
    assert stored() == oracle.told()
    raised = Entry.objects.filter(act="finding.raised")
    assert raised.filter(body__check="returned").count() == oracle.returned
    assert raised.filter(body__check="appeared").count() == oracle.appeared
    assert Lease.objects.count() == len(worlds[0]), "the first sync's alone"
    assert not Finding.objects.uncleared().exclude(grant__closed_at=None).exists()
    assert not Grant.objects.filter(returns_to=None).exclude(pk__in=firsts()).exists()


def suspend(keys: set[tuple[int, int]]) -> None:
    for holder, tool in keys:
        of = {"account__name": f"holder_{holder}", "entitlement__name": f"tool_{tool}"}
        Grant.objects.open().filter(**of).update(intended=Intended.SUSPENDED)


def firsts() -> list[int]:
    """The oldest period of each key: the only ones that return to nothing."""
    oldest: dict[tuple[int, int], int] = {}
    for key, account, entitlement in Grant.objects.order_by("pk").values_list("pk", "account", "entitlement"):
        oldest.setdefault((account, entitlement), key)
    return list(oldest.values())
