"""Tags: what counts of what everybody says, a person's last word, and what a read brings."""

import pytest

from connectors.tags import Tag, TagSource
from connectors.tags import TagName as Name
from governance import clock, registering, syncing, tags
from governance.errors import Invalid, NotAllowed
from governance.models import AgentDue, Entitlement, EntitlementTag, Entry, Grant, GrantDue, TagName
from tests import factories

pytestmark = pytest.mark.django_db
RULE, HINT = EntitlementTag.Source.RULE, EntitlementTag.Source.VENDOR_HINT


@pytest.fixture
def held():
    """An entitlement that an agent holds by a role that it is a member of."""
    claim = factories.ClaimFactory()
    role = factories.AccountFactory(system=claim.account.system, kind="role")
    way = factories.EntitlementFactory(system=role.system, native_type="membership", confers=role, action="")
    factories.GrantFactory(account=claim.account, entitlement=way)
    return factories.GrantFactory(account=role).entitlement


def counts(entitlement) -> list[str]:
    entitlement.refresh_from_db()
    return [str(each) for each in TagName.among(entitlement.tag_bits)]


def test_what_is_sure_enough_counts_whoever_says_it(held):
    for tag, source, confidence in (
        ("untrusted_input", RULE, 50),
        ("sends_out", RULE, 49),
        ("sends_out", HINT, 20),
        ("approves", HINT, 90),
    ):
        factories.EntitlementTagFactory(entitlement=held, tag=tag, source=source, confidence=confidence)
    assert tags.settle([held.pk]) == [held.pk]
    assert counts(held) == ["untrusted_input", "approves"]
    assert tags.settle([held.pk]) == [], "nothing changed"


def test_a_persons_word_wins_is_told_to_the_ledger_and_can_be_taken_back(held):
    owner, at = held.system.owner, clock.now()
    factories.EntitlementTagFactory(entitlement=held, tag="moves_money", confidence=90)
    registering.state_tag(entitlement=held, tag="moves_money", holds=False, by=owner, at=at)
    registering.state_tag(entitlement=held, tag="sends_out", holds=True, by=owner, at=at)
    assert counts(held) == ["sends_out"]
    assert AgentDue.objects.exists(), "the agent reaches it by a role"
    assert GrantDue.objects.get().grant.entitlement == held
    registering.state_tag(entitlement=held, tag="sends_out", holds=True, by=owner, at=at)
    registering.withdraw_tag(entitlement=held, tag="moves_money", by=owner, at=at)
    registering.withdraw_tag(entitlement=held, tag="moves_money", by=owner, at=at)
    assert counts(held) == ["sends_out", "moves_money"]
    said = Entry.objects.filter(act__startswith="tag.").order_by("id")
    assert [(each.act, each.body) for each in said] == [
        ("tag.stated", {"tag": "moves_money", "holds": False}),
        ("tag.stated", {"tag": "sends_out", "holds": True}),
        ("tag.withdrawn", {"tag": "moves_money"}),
    ]


def test_who_does_not_answer_for_the_system_has_no_say_and_a_tag_that_there_is_not_is_refused(held):
    at = clock.now()
    with pytest.raises(NotAllowed, match=held.system.name):
        registering.state_tag(entitlement=held, tag="sends_out", holds=False, by=factories.PersonFactory(), at=at)
    with pytest.raises(Invalid, match="harmless"):
        registering.state_tag(entitlement=held, tag="harmless", holds=True, by=held.system.owner, at=at)
    assert not EntitlementTag.objects.exists()


def test_a_read_brings_what_the_catalogue_and_the_rules_say_and_leaves_a_persons_word(system, air):
    first, second, *_ = air.entitlements
    air.redefine(first, resource="air.public.send_mail", tags=[Tag(Name.ESCALATES, TagSource.CATALOGUE, 90)])
    syncing.sync(system, connector=air)
    what = Entitlement.objects.get(native_id=first.ref.id)
    assert counts(what) == ["changes_state", "sends_out", "escalates"]
    assert set(Grant.objects.filter(entitlement=what).values_list("risk", flat=True)) == {70}, "rated with its tags"
    registering.state_tag(entitlement=what, tag="sends_out", holds=False, by=system.owner, at=clock.now())
    GrantDue.objects.all().delete()
    air.redefine(air.entitlements[0], tags=())
    syncing.sync(system, connector=air)
    assert counts(what) == ["changes_state"]
    assert {each.grant.entitlement for each in GrantDue.objects.all()} == {what}, "whoever holds it is rated again"
    assert counts(Entitlement.objects.get(native_id=second.ref.id)) == []
