"""Two people connect a system at the same moment: the second finds the first one's, and takes nothing of it."""

from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from governance import access, clock, registering
from governance.access import Right
from governance.errors import Invalid
from governance.ledger import Actor
from governance.models import Entry, System
from governance.registering import Connection
from tests.factories import PersonFactory
from tests.governance.meanwhile import alone, somebody_waits

CONFIG = {"host": "db.example", "user": "reader", "databases": ["crm"]}


def connect(by, **stated):
    """Connect a system in a person's own unit, which they govern."""
    access.permit(who=by, unit=by.unit, right=Right.GOVERN, actor=Actor.operator("test"))
    connection = Connection(
        **stated, kind="postgresql", owner=by, unit=by.unit, config=CONFIG, secrets={"password": by.name}
    )
    return registering.connect_as(connection=connection, system=None, by=by, at=clock.now())


@pytest.mark.parametrize("same", ["slug", "name"])
def test_the_second_is_refused_at_the_field(committed, settings, same):
    settings.ENCRYPTION_KEYS = {"k1": b64encode(bytes(32)).decode()}
    ann, bob = PersonFactory.create_batch(2)
    theirs = {"slug": "sales", "name": "Sales", same: {"slug": "crm", "name": "CRM"}[same]}
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            system = connect(ann, slug="crm", name="CRM")
            second = pool.submit(alone, lambda: connect(bob, **theirs))
            somebody_waits()
        with pytest.raises(Invalid, match=r"There is a system .* already") as refusal:
            second.result(timeout=20)
    assert refusal.value.field == same
    assert System.objects.get().owner == system.owner == ann
    assert Entry.objects.filter(act__startswith="system.").count() == 1
