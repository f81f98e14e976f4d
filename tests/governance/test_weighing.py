"""What agents' holdings amount to together: gathered by SQL as an oracle walks them; written, asked about, cleared."""

import random
from collections import defaultdict
from datetime import timedelta

import pytest

from governance import checking, clock, due, models, registering, weighing
from governance.ledger import Actor
from governance.models import AgentDue, Exposure, Finding, Grant, TagName, ToxicCombination
from governance.observing import partitions
from governance.policy.checks import reason, suggestion
from governance.weighing import gathering
from governance.weighing.witnessing import used as used_of
from tests import factories

pytestmark = pytest.mark.django_db
OPTIONS = [{}, {"inherit": False}, {"settable": False}, {"inherit": False, "settable": False}, {"grantable": True}]


@pytest.fixture
def at():
    factories.PolicyFactory()
    return clock.now()


def tool(account: models.Account, *tags: str, **of) -> Grant:
    what = factories.EntitlementFactory(system=account.system, tag_bits=TagName.bits(tags))
    return factories.GrantFactory(account=account, entitlement=what, **of)


def member(account: models.Account, role: models.Account, **of) -> Grant:
    what = factories.EntitlementFactory(system=account.system, native_type="membership", confers=role, action="")
    return factories.GrantFactory(account=account, entitlement=what, **of)


# --- gathered


def gathered(agents) -> dict[int, dict[int, tuple[int, bool]]]:
    found = gathering.gather(agents, clock.now())
    return {
        agent: {giver.grant: (giver.bits, giver.removable) for alike in those for giver in alike.givers}
        for agent, those in found.items()
    }


def walked(agent: models.Agent) -> dict[int, tuple[int, bool]]:
    """Go every way from every account of an agent, and from everyone, by the options of its memberships."""
    mine = list(models.Account.objects.filter(claims__agent=agent, claims__until=None))
    everyone = models.Account.objects.filter(kind="everyone", system__in={each.system_id for each in mine})
    bits: dict[int, int] = defaultdict(int)
    own: dict[int, bool] = {}
    for account in {*mine, *everyone}:
        for grant in held_by(account):
            go(grant, 2, grant.pk, bits, {(account.pk, 2)})
            own[grant.pk] = own.get(grant.pk, False) or account in mine
    return {key: (each, own[key] and Grant.objects.get(pk=key).revocable) for key, each in bits.items() if each}


def held_by(account):
    return Grant.objects.filter(account=account, closed_at=None, effect="allow").exclude(seen="absent")


def wanted(grant) -> int:
    if grant.entitlement.confers_id is None:
        return 2 if grant.entitlement.native_type == "superuser" else 1
    if grant.native.get("inherit") is not False:
        return 1
    return 2 if grant.native.get("settable") is not False else 3


def go(grant, standing: int, first: int, bits: dict[int, int], been: set[tuple[int, int]]) -> None:
    what, wants = grant.entitlement, wanted(grant)
    grantable = what.confers_id is not None and grant.native.get("grantable") is True
    settable = grant.native.get("settable") is not False
    if standing >= (1 if grantable else wants):
        bits[first] |= what.tag_bits
    if what.confers_id is None:
        return
    reached = {2 if standing == 2 and settable else 1} if standing >= wants else set()
    for there in reached | ({2} if grantable else set()):
        if (what.confers_id, there) not in been:
            for further in held_by(what.confers):
                go(further, there, first, bits, been | {(what.confers_id, there)})


def test_sql_gathers_what_an_oracle_walks():
    dice = random.Random(4)  # noqa: S311
    agents = factories.AgentFactory.create_batch(3)
    for _ in range(4):
        system = factories.SystemFactory()
        logins = factories.AccountFactory.create_batch(3, system=system)
        roles = factories.AccountFactory.create_batch(3, system=system, kind="role")
        everyone = factories.AccountFactory(system=system, kind="everyone")
        conferring = [
            factories.EntitlementFactory(
                system=system, native_type="membership", confers=role, action="", tag_bits=dice.choice([0, 16])
            )
            for role in roles
        ]
        things = [
            factories.EntitlementFactory(
                system=system,
                native_type=dice.choice(["table", "superuser"]),
                tag_bits=dice.choice([0, 1, 2, 4, 8, 96]),
            )
            for _ in range(8)
        ]
        for number in range(26):
            what = dice.choice(things + conferring)
            factories.GrantFactory(
                account=dice.choice([*logins, *roles, *roles, everyone]),
                entitlement=what,
                origin=str(number),
                native=dice.choice(OPTIONS),
                effect=dice.choice(["allow"] * 5 + ["deny"]),
                seen=dice.choice(["present"] * 6 + ["unknown", "absent"]),
                revocable=dice.random() < 0.8,
                closed_at=clock.now() - timedelta(hours=1) if dice.random() < 0.1 else None,
            )
        for agent, login in zip(agents, logins, strict=True):
            factories.ClaimFactory(agent=agent, account=login)
    gathering_all = pytest.MonkeyPatch()
    gathering_all.setattr(gathering, "AT_MOST", 1000)
    found = gathered([agent.pk for agent in agents])
    gathering_all.undo()
    assert found == {agent.pk: walked(agent) for agent in agents}
    assert any(len(each) > 3 for each in found.values())


# --- written, asked about, cleared


def world(autonomy: str = "unattended"):
    """An agent that reads tickets and customers directly, and sends mail by a role that others have too."""
    claim = factories.ClaimFactory(agent__autonomy=autonomy)
    account = claim.account
    role = factories.AccountFactory(system=account.system, kind="role")
    tickets, customers = tool(account, "untrusted_input"), tool(account, "sensitive_access")
    mail = tool(role, "sends_out")
    return claim.agent, account, tickets, customers, mail, member(account, role)


def test_a_combination_is_found_and_asked_about_at_its_break(at):
    agent, account, tickets, customers, _, membership = world()
    factories.FindingFactory(grant=membership, check_name="unused", facts={})
    look(account, at)
    toxic = ToxicCombination.objects.get()
    assert (toxic.combination, toxic.broken_by, toxic.alone, toxic.gated) == (
        "lethal_trifecta",
        membership,
        True,
        False,
    )
    assert [leg["grants"] for leg in toxic.legs] == [[tickets.pk], [customers.pk], [membership.pk]]
    membership.refresh_from_db()
    assert membership.risk == 90, "the floor of the combination"
    finding = Finding.objects.get(check_name="toxic_combination")
    assert (finding.grant, finding.severity) == (membership, "critical")
    assert reason(finding.check_name, finding.facts) == (
        f"With what else {agent.name} holds it completes “lethal trifecta”: reads what outsiders write"
        f" ({tickets.entitlement.name}); reaches private data or a critical system ({customers.entitlement.name});"
        f" can send data out ({membership.entitlement.name})."
        " That is possible; no run is known to have used something of each part."
    )
    assert suggestion(finding.check_name, finding.facts).startswith("Revoke: the combination is gone without it.")


def test_what_does_not_stand_any_more_is_cleared(at):
    _, account, tickets, *_, membership = world()
    factories.FindingFactory(grant=membership, check_name="unused", facts={})
    look(account, at)
    Grant.objects.filter(pk=tickets.pk).update(closed_at=at, seen="absent")
    look(account, at)
    membership.refresh_from_db()
    assert not ToxicCombination.objects.exists()
    assert Finding.objects.get(check_name="toxic_combination").state == "cleared"
    assert membership.risk == 68, "60, unattended, and nobody answers"


def look(account, at) -> None:
    due.pull(Grant.objects.filter(account=account), at)
    checking.check_agents(at)
    checking.check_due(at)


def test_a_person_who_approves_what_is_risky_lowers_the_floor(at):
    _, account, *_ = world(autonomy="gated")
    look(account, at)
    toxic = ToxicCombination.objects.get()
    assert toxic.gated
    assert Grant.objects.get(pk=toxic.broken_by_id).risk == 60


def test_what_one_run_used_is_told_apart_from_what_could_be(at):
    agent, account, tickets, customers, mail, _ = world()
    source = factories.SourceFactory(system=account.system)
    partitions.make([at.date(), (at - timedelta(hours=4)).date()])
    for name, used in (("some", [tickets, customers]), ("all", [tickets, customers, mail])):
        started = at - timedelta(hours=len(used))
        factories.RunFactory(agent=agent, source=source, native_id=name, started_at=started)
        for number, grant in enumerate(used):
            happened(source, account, grant, name, started + timedelta(minutes=number))
    weighing.weigh({agent.pk}, at)
    toxic = ToxicCombination.objects.get()
    assert (toxic.observed_run, toxic.observed_at) == ("all", at - timedelta(hours=3))
    weighing.weigh({agent.pk}, at - timedelta(hours=3, minutes=30))  # no run that is known then
    assert ToxicCombination.objects.get().observed_run == "all", "what was seen stays so"


def test_patterns_count_as_what_all_that_could_have_allowed_it_give_and_only_where_the_agent_holds_it(at):
    """It is a user that assumes a role, and the role has policies: the log names the role, and no pattern."""
    claim = factories.ClaimFactory()
    system, agent = claim.account.system, claim.agent
    role, stranger = factories.AccountFactory.create_batch(2, system=system, kind="role")
    member(claim.account, role, native={"assumed": True})
    mail, mailed = policy(role, "ses:send*", "untrusted_input", "sends_out"), ["sends_out", "untrusted_input"]
    policy(role, "s3:get*", "sensitive_access", "escalates")
    policy(role, "s3:*", "sensitive_access", "changes_state")
    policy(role, "kms:*", "sensitive_access", held_since=at, held_since_basis="stated")
    policy(stranger, "ec2:*", "sensitive_access")
    source = factories.SourceFactory(system=system, mapping={"mail": {"action": "SES:SendEmail", "resource": "arn:2"}})
    partitions.make([(at - timedelta(hours=hour)).date() for hour in range(9)])
    for hour, deeds in enumerate([["s3:getobject"], ["ec2:run"], ["kms:decrypt"], ["ses:sendemail"], []], 2):
        began = at - timedelta(hours=hour)
        factories.RunFactory(agent=agent, source=source, native_id=f"r{hour}", started_at=began)
        for deed in ["mail", *deeds] if hour != 5 else deeds:
            happened(source, role, mail, f"r{hour}", began, action=deed, resource="" if deed == "mail" else "arn:1")
    bits = {run: sorted(TagName.among(bits)) for _, run, _, bits in used_of([agent.pk], at)}
    assert bits.pop("r2") == ["sends_out", "sensitive_access", "untrusted_input"], "no tag that one of two gives"
    assert bits == dict.fromkeys(["r3", "r4", "r5", "r6"], mailed)
    weighing.weigh({agent.pk}, at)
    assert ToxicCombination.objects.get(combination="lethal_trifecta").observed_run == "r2"


def policy(account, pattern: str, *tags: str, **of) -> Grant:
    grant = tool(account, *tags, **of)
    grant.entitlement.actions.all().delete()
    grant.entitlement.actions.create(action=pattern, resource="arn:*", wild=True)
    return grant


def test_an_agent_that_talks_with_outsiders_needs_no_grant_for_that(at):
    agent, account, tickets, customers, mail, membership = world()
    Grant.objects.filter(pk=tickets.pk).update(closed_at=at, seen="absent")
    look(account, at)
    assert not ToxicCombination.objects.exists()
    registering.change_agent(agent=agent, at=at, actor=Actor.operator("test"), reads_outsiders=True)
    source = factories.SourceFactory(system=account.system)
    partitions.make([at.date(), (at - timedelta(hours=4)).date()])
    run = factories.RunFactory(agent=agent, source=source, native_id="all", started_at=at - timedelta(hours=2))
    for number, grant in enumerate((customers, mail)):
        happened(source, account, grant, "all", run.started_at + timedelta(minutes=number))
    weighing.weigh_due(at)
    checking.check_due(at)
    toxic = ToxicCombination.objects.get()
    assert (toxic.combination, toxic.observed_run) == ("lethal_trifecta", "all")
    assert toxic.broken_by_id in {customers.pk, membership.pk}
    assert Exposure.objects.get().tainted
    finding = Finding.objects.get(check_name="toxic_combination")
    assert "reads what outsiders write (the agent itself, as stated);" in reason(finding.check_name, finding.facts)


def happened(source, account, grant, run, moment, **said) -> None:
    act = {"action": "execute", "resource": grant.entitlement.resource} | said
    models.UsageEvent.objects.create(
        at=moment,
        source=source,
        event_id=f"{run} {grant.pk} {act['action']}",
        system_id=account.system_id,
        native_account=account.native_id,
        run=run,
        outcome="allowed",
        intake_id=1,
        **act,
    )


def test_what_one_agent_reads_taints_an_account_that_it_shares(at):
    reader, account, *_ = world()
    other = factories.ClaimFactory(account=account, agent__autonomy="approved").agent
    factories.OwnershipFactory(agent=reader)
    weighing.weigh({other.pk}, at)
    exposure = Exposure.objects.get()
    assert (exposure.account, exposure.autonomy, exposure.line, exposure.tainted) == (
        account,
        "unattended",
        "nobody",
        True,
    )
    models.Claim.objects.filter(agent=reader).update(until=at)
    weighing.weigh({reader.pk, other.pk}, at)
    exposure.refresh_from_db()
    assert (exposure.autonomy, exposure.tainted) == ("approved", True), "it may use the account to read them too"
    models.Claim.objects.update(until=at)
    weighing.weigh({other.pk}, at)
    assert not Exposure.objects.exists()
    assert not ToxicCombination.objects.exists()


def test_a_grant_that_falls_due_makes_its_agent_due_also_one_that_used_its_account_before(at):
    grant = factories.GrantFactory()
    agents = [factories.ClaimFactory(account=grant.account, until=until).agent.pk for until in (None, at)]
    due.look_again(Grant.objects.all(), at)
    assert not AgentDue.objects.exists()
    due.pull(Grant.objects.all(), at)
    assert [each.agent_id for each in AgentDue.objects.order_by("agent_id")] == agents


def test_the_nightly_check_makes_every_agent_due(at):
    agents = factories.AgentFactory.create_batch(2)
    checking.check_all(at)
    assert {each.agent_id for each in AgentDue.objects.all()} == {agent.pk for agent in agents}
    checking.check_agents(at)
    assert not AgentDue.objects.exists()
