"""What use says about grants: attribution, sums, late knowledge, and what becomes due."""

from datetime import timedelta

import pytest

from governance import clock, observing
from governance.models import Account, GrantDue, GrantUse, SyncRun, UsageDay, UsageIntake
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ClaimFactory,
    EntitlementFactory,
    FindingFactory,
    GrantFactory,
    SourceFactory,
)
from tests.governance.usage import DAY, WHOLE_DAY, event, import_events, use_of

pytestmark = pytest.mark.django_db


def uses():
    return {each.grant_id: (each.uses, each.shared) for each in GrantUse.objects.all()}


def member_of(account, role, **native):
    """A grant that makes an account a member of a role."""
    entitlement = EntitlementFactory(system=account.system, confers=role, action="")
    return GrantFactory(account=account, entitlement=entitlement, native=native)


def test_a_use_is_the_grants_of_its_account_alone(source, grant):
    stranger = GrantFactory(account=AccountFactory(system=source.system), entitlement=grant.entitlement)
    import_events(source, use_of(grant))
    assert uses() == {grant.pk: (1, False)}
    assert stranger.pk not in uses()


def test_two_grantors_share_a_use(source, grant):
    second = GrantFactory(account=grant.account, entitlement=grant.entitlement, origin="other")
    import_events(source, use_of(grant))
    assert uses() == {grant.pk: (1, True), second.pk: (1, True)}


def test_one_use_of_its_own_is_enough_to_be_no_more_shared_only(source, grant):
    act = grant.entitlement.actions.get()
    wide = EntitlementFactory(system=source.system, resource=act.resource)
    wide.actions.create(action="execute", resource="elsewhere")
    second = GrantFactory(account=grant.account, entitlement=wide)
    import_events(source, use_of(grant), event(account="bot", action="execute", resource="elsewhere"))
    assert uses() == {grant.pk: (1, True), second.pk: (2, False)}


def test_a_role_is_used_through_its_members_and_their_roles(source, account):
    near, far = AccountFactory.create_batch(2, system=source.system, kind=Account.Kind.ROLE)
    member_of(account, near)
    member_of(near, far)
    held = GrantFactory(account=far)
    import_events(source, use_of(held, account="bot"))
    assert uses() == {held.pk: (1, False)}


def test_what_a_role_holds_is_not_used_by_whoever_could_become_it(source, account):
    """The log of such a system names the role where somebody acts as it."""
    role = AccountFactory(system=source.system)
    member_of(account, role, assumed=True)
    held = GrantFactory(account=role)
    import_events(source, use_of(held, account="bot"))
    assert not uses()
    import_events(source, use_of(held))
    assert uses() == {held.pk: (1, False)}


def test_a_circle_of_roles_ends(source, account):
    near, far = AccountFactory.create_batch(2, system=source.system, kind=Account.Kind.ROLE)
    for member, role in ((account, near), (near, far), (far, near)):
        member_of(member, role)
    held = GrantFactory(account=far)
    import_events(source, use_of(held, account="bot"))
    assert uses()[held.pk] == (1, False)


def test_everyones_grant_is_used_by_everyone_we_know(source, grant):
    everyone = AccountFactory(system=source.system, kind=Account.Kind.EVERYONE, name="PUBLIC", native_id="0")
    public = GrantFactory(account=everyone, entitlement=grant.entitlement)
    import_events(source, use_of(grant), use_of(grant, account="stranger"))
    assert uses() == {grant.pk: (1, True), public.pk: (1, True)}


def test_an_agents_own_word_counts_for_the_accounts_that_it_uses(source, grant):
    agent = ClaimFactory(account=grant.account).agent
    elsewhere = GrantFactory()
    ClaimFactory(agent=agent, account=elsewhere.account)
    import_events(source, use_of(grant, account="", agent=agent.name))
    assert uses() == {grant.pk: (1, False)}
    assert UsageDay.objects.get().agent == agent


@pytest.mark.parametrize(
    "gone", [{"closed_at": DAY, "opened_at": DAY}, {"effect": "deny"}, {"seen": "absent"}, {"effect": "ceiling"}]
)
def test_what_could_not_allow_is_not_used(source, account, gone):
    grant = GrantFactory(account=account, **gone)
    import_events(source, use_of(grant))
    assert uses() == {}


def test_a_denied_use_is_no_use_but_counted(source, grant):
    import_events(source, use_of(grant, outcome="denied"))
    assert uses() == {}
    assert UsageDay.objects.get().denied == 1


def test_use_before_it_was_held_is_not_its_use(source, account):
    stated = GrantFactory(account=account, held_since=DAY + timedelta(hours=10), held_since_basis="stated")
    import_events(source, use_of(stated), use_of(stated, run="late", at=(DAY + timedelta(hours=11)).isoformat()))
    assert uses() == {stated.pk: (1, False)}


def test_what_we_first_saw_today_may_be_older_but_not_what_came_back(source, account):
    old = GrantFactory(account=account, closed_at=DAY + timedelta(days=1), opened_at=DAY)
    back = GrantFactory(account=account, entitlement=old.entitlement, held_since=clock.now(), returns_to=old)
    new = GrantFactory(account=account, held_since=clock.now())
    import_events(source, use_of(new), use_of(back))
    assert uses() == {new.pk: (1, False)}


def test_a_run_counts_once_over_several_deliveries(source, grant):
    import_events(source, use_of(grant, run="r1"), use_of(grant, run="r1"))
    import_events(source, use_of(grant, run="r1"), use_of(grant, run="r2"))
    use = GrantUse.objects.get()
    assert (use.uses, use.runs) == (4, 2)
    day = UsageDay.objects.get()
    assert (day.allowed, day.runs) == (4, 2)


def test_an_old_event_that_comes_late_does_not_turn_the_last_use_back(source, grant):
    import_events(source, use_of(grant, run="new", at=(DAY + timedelta(hours=12)).isoformat()))
    import_events(source, use_of(grant, run="old"))
    use = GrantUse.objects.get()
    assert (use.last_run, use.last_used_at) == ("new", DAY + timedelta(hours=12))


def test_use_that_came_before_its_grant_was_known_is_found_late(source):
    import_events(source, event(account="bot", action="execute", resource="f", run="r1"))
    assert uses() == {}
    account = AccountFactory(system=source.system, name="bot")
    grant = GrantFactory(account=account, entitlement=EntitlementFactory(system=source.system, resource="f"))
    SyncRun.objects.create(system=source.system, state="complete", started_at=clock.now(), ended_at=clock.now())
    observing.roll_up()
    assert uses() == {grant.pk: (1, False)}
    observing.roll_up()
    observing.attribute_late(at=clock.now())
    assert uses() == {grant.pk: (1, False)}


@pytest.mark.parametrize("again", [False, True])
def test_what_every_source_told_of_it_is_found_late_and_by_whom(source, again):
    """Whoever goes first marks no day of the others: the late look does not, nor what comes once it is known."""
    own_word = SourceFactory(system=source.system, provenance="agent")
    said = [event(account="bot", action="execute", resource="f", run=f"r{hour}") for hour in range(5)]
    import_events(own_word, *said[:2])
    import_events(source, *said[2:4])
    grant = GrantFactory(account__system=source.system, account__native_id="bot", entitlement__resource="f")
    if again:
        import_events(own_word, said[4])
    observing.attribute_late(at=clock.now())
    use = GrantUse.objects.get(grant=grant)
    assert (use.uses, use.runs, use.witnessed_at) == (4 + again, 4 + again, use.last_used_at)
    assert UsageDay.objects.get().attributed
    assert observing.attribute_late(at=clock.now()) == 0


def test_a_tool_that_is_mapped_later_counts_late(source, grant):
    agent = ClaimFactory(account=grant.account).agent
    act = grant.entitlement.actions.get()
    said = event(agent=agent.name, action="pay")
    import_events(source, said)
    source.mapping = {"pay": {"action": act.action, "resource": act.resource}}
    source.save()
    assert observing.attribute_late(at=clock.now()) == 1
    assert uses() == {grant.pk: (1, False)}
    assert import_events(source, said).events.already_there == 1


def test_an_account_that_is_known_later_makes_no_other_event_of_it(source):
    said = event(account="bot", action="execute", resource="f")
    import_events(source, said)
    AccountFactory(system=source.system, name="bot", native_id="16999")
    assert import_events(source, said).events.already_there == 1


def test_rolling_up_twice_is_rolling_up_once(source, grant):
    import_events(source, use_of(grant))
    assert observing.roll_up() == 0
    UsageIntake.objects.create(source=source, starts_at=DAY, ends_at=WHOLE_DAY.ends_at, received_at=clock.now())
    assert observing.roll_up() == 1
    assert uses() == {grant.pk: (1, False)}


def test_the_use_of_a_suspected_grant_makes_it_due(source, grant):
    import_events(source, use_of(grant))
    GrantDue.objects.all().delete()
    FindingFactory(grant=grant)
    import_events(source, use_of(grant))
    assert GrantDue.objects.get().grant == grant


def test_where_nobody_looked_before_everything_becomes_due(source, grant):
    import_events(source)
    assert GrantDue.objects.filter(grant=grant).exists()


def test_the_run_that_makes_it_enough_makes_its_unused_grants_due(source, account, grant):
    source.rhythm = timedelta(days=4)
    source.save()
    agent = ClaimFactory(account=account).agent
    used = GrantFactory(account=account)

    def runs(*numbers):
        start = (DAY + timedelta(hours=2)).isoformat()
        return [{"run": f"r{number}", "agent": agent.name, "started": start} for number in numbers]

    import_events(source, runs=runs(1, 2))
    GrantDue.objects.all().delete()
    import_events(source, use_of(used), runs=runs(2))
    assert not GrantDue.objects.exists()
    import_events(source, runs=runs(3))
    assert list(GrantDue.objects.values_list("grant", flat=True)) == [grant.pk]


def test_an_agents_name_and_an_account_may_both_be_said(source, grant):
    agent = AgentFactory()
    import_events(source, use_of(grant, agent=agent.name))
    assert uses() == {grant.pk: (1, False)}
    assert UsageDay.objects.get().agent is None
