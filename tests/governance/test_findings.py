from datetime import timedelta

import pytest
from django.utils import timezone

from governance import findings
from governance.findings import Suspicion
from governance.ledger import Actor
from governance.models import Entry, Finding
from tests.factories import AccountFactory, AgentFactory, FindingFactory, GrantFactory, SystemFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()
ACTOR = Actor.step("checking")
ALL = Finding.objects.all()


def raise_one(subject, check_name="never_used"):
    return findings.raise_finding(
        check_name=check_name, subject=subject, facts={"runs": 60}, severity="high", at=NOW, actor=ACTOR
    )


def states() -> list[str]:
    return list(Finding.objects.order_by("pk").values_list("state", flat=True))


@pytest.mark.parametrize("factory", [GrantFactory, AccountFactory, AgentFactory, SystemFactory])
def test_it_raises_a_finding_about_each_kind_of_subject(factory):
    subject = factory()
    finding = raise_one(subject)
    assert (finding.subject, finding.state, finding.raised_at) == (subject, "open", NOW)
    assert (finding.facts, finding.severity) == ({"runs": 60}, "high")
    kind = type(subject).__name__.lower()
    (entry,) = Entry.objects.about(kind=kind, key=subject.pk)
    assert (entry.act, entry.actor_id) == ("finding.raised", "checking")
    assert entry.body == {"check": "never_used", "severity": "high"}
    assert {"kind": "finding", "id": str(finding.pk)} in entry.subjects


def test_it_stands_in_the_unit_of_its_subject():
    account = AccountFactory()
    assert raise_one(account).unit == account.system.unit
    agent = AgentFactory()
    assert raise_one(agent).unit == agent.unit


@pytest.mark.parametrize("state", ["open", "taken", "answered"])
def test_what_stands_already_is_returned_as_it_is(state):
    grant = GrantFactory()
    first = raise_one(grant)
    Finding.objects.update(state=state)
    again = raise_one(grant)
    assert (again, again.state) == (first, state)
    assert Entry.objects.about(kind="grant", key=grant.pk).count() == 1


def test_a_cleared_one_does_not_stand():
    grant = GrantFactory()
    first = raise_one(grant)
    findings.clear(ALL, at=NOW, actor=ACTOR, why="used")
    assert raise_one(grant) != first


def test_it_raises_many_and_counts_the_new_ones():
    grants = GrantFactory.create_batch(3)
    raise_one(grants[0])
    suspicions = [Suspicion(each.pk, each.unit_id, "low", {"n": each.pk}) for each in grants]
    assert findings.raise_for_grants("never_used", iter(suspicions), at=NOW, actor=ACTOR) == 2
    assert Finding.objects.get(grant=grants[1]).facts == {"n": grants[1].pk}
    assert Entry.objects.filter(act="finding.raised").count() == 3


def test_it_clears_what_stands_and_says_why():
    open_one, cleared = FindingFactory(), FindingFactory(state="cleared", cleared_at=NOW)
    assert findings.clear(ALL, at=NOW, actor=ACTOR, why="it was used") == 1
    open_one.refresh_from_db()
    assert (open_one.state, open_one.cleared_at, open_one.quiet_until) == ("cleared", NOW, None)
    (entry,) = Entry.objects.about(kind="finding", key=open_one.pk)
    assert (entry.act, entry.body["why"], entry.body["check"]) == ("finding.cleared", "it was used", "never_used")
    assert not Entry.objects.about(kind="finding", key=cleared.pk).exists()


def test_opening_takes_what_is_open_and_not_quiet():
    FindingFactory()
    FindingFactory(quiet_until=NOW + timedelta(days=1))
    FindingFactory(state="answered")
    assert findings.take(ALL, NOW) == 1
    assert states() == ["taken", "open", "answered"]


def test_a_keep_answers_until_its_lease_ends():
    FindingFactory(state="taken")
    FindingFactory(state="cleared", cleared_at=NOW)
    assert findings.answer(ALL, NOW + timedelta(days=90), NOW) == 1
    assert states() == ["answered", "cleared"]
    assert Finding.objects.get(state="answered").quiet_until == NOW + timedelta(days=90)


def test_there_is_no_answer_without_an_end():
    with pytest.raises(ValueError, match="lease"):
        findings.answer(ALL, NOW, NOW)


def test_what_was_answered_can_be_asked_again():
    FindingFactory(state="answered", quiet_until=NOW + timedelta(days=3))
    FindingFactory(state="taken")
    FindingFactory()
    assert findings.reopen(ALL, NOW) == 2
    assert states() == ["open"] * 3
    assert Entry.objects.filter(act="finding.reopened").count() == 2
    assert not Finding.objects.exclude(quiet_until=None).exists()


def test_what_is_said_about_a_system_is_found_by_itself():
    FindingFactory()
    system = SystemFactory()
    missed = raise_one(system, "missed")
    assert list(Finding.objects.about_systems().uncleared()) == [missed]
    findings.clear(ALL, at=NOW, actor=ACTOR, why="over")
    assert not Finding.objects.about_systems().uncleared().exists()
