"""Unclaimed against its plain oracle, over generated accounts."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance import models
from governance.policy.checks import reason, suggestion
from governance.policy.checks.unclaimed import Unclaimed
from governance.policy.subjects import accounts
from governance.policy.terms import Terms
from tests import factories
from tests.governance.policy.test_checks import rolled_back
from tests.governance.policy.worlds import AT, TERMS

pytestmark = pytest.mark.django_db

CHECK = Unclaimed()
EARLIER = AT - timedelta(days=1)
OURS = "AROA1"
NAME = "countersign"  # what it is called, as others are who are not ours


@dataclass(frozen=True)
class Story:
    """What is true of one account; `claims` are the lifecycles of agents, and whether the claim has ended."""

    kind: str
    enabled: bool | None
    seen: str
    ours: str
    key: tuple[bool, bool, bool] | None  # whether it can be used, was, and it is known when it is
    claims: tuple[tuple[str, bool], ...]
    disclaimed: bool | None  # None: nobody ever said so; False: it was taken back
    holds: tuple[tuple[int, str], ...]
    own_risk: int

    @property
    def may_sign_in(self) -> bool:
        by_itself = self.kind in {"login", "workload"} or (self.kind == "human" and self.key_in_use)
        with_members = self.kind in {"role", "group"} and self.enabled is True
        may = (by_itself and self.enabled is not False) or with_members
        return self.seen == "present" and self.ours == "other" and may

    @property
    def key_in_use(self) -> bool:
        usable, used, tracked = self.key or (False, False, False)
        return usable and (used or not tracked)

    @property
    def nobodys(self) -> bool:
        used = any(lifecycle != "retired" and not ended for lifecycle, ended in self.claims)
        return self.may_sign_in and not used and not self.disclaimed

    def powerful(self, least: int) -> bool:
        return self.own_risk >= max(least, 1) or any(risk >= least and seen == "present" for risk, seen in self.holds)


stories = st.builds(
    Story,
    kind=st.sampled_from(models.Account.Kind.values),
    enabled=st.sampled_from([True, False, None]),
    seen=st.sampled_from(["present", "present", "absent"]),
    ours=st.sampled_from(["other", "other", "other", "itself", "untold"]),
    key=st.none() | st.tuples(st.booleans(), st.booleans(), st.booleans()),
    claims=st.lists(st.tuples(st.sampled_from(["active", "suspended", "retired"]), st.booleans()), max_size=2).map(
        tuple
    ),
    disclaimed=st.sampled_from([None, None, False, True]),
    holds=st.lists(
        st.tuples(st.sampled_from([0, 59, 60, 79, 80]), st.sampled_from(["present", "absent", "unknown"])), max_size=3
    ).map(tuple),
    own_risk=st.sampled_from([0, 0, 59, 60, 80]),
)


WITH_A_PASSWORD = Story(
    kind="human",
    enabled=None,
    seen="present",
    ours="other",
    key=(True, True, True),
    claims=(),
    disclaimed=None,
    holds=((80, "present"),),
    own_risk=0,
)


def build(story: Story) -> models.Account:
    ours = {"other": ["user:" + OURS], "itself": ["user:AIDA1", f"role:{OURS}"], "untold": []}
    system = factories.SystemFactory(ours=ours[story.ours])
    system.sync_runs.create(state="complete", started_at=EARLIER, identity=NAME)
    account = factories.AccountFactory(
        system=system,
        native_type="role",
        native_id=OURS,
        name=NAME,
        kind=story.kind,
        enabled=story.enabled,
        seen=story.seen,
        own_risk=story.own_risk,
    )
    if story.key is not None:
        usable, used, tracked = story.key
        last_used_at = EARLIER if used else None
        factories.CredentialFactory(account=account, active=usable, last_used_at=last_used_at, tracked=tracked)
    for lifecycle, ended in story.claims:
        agent = factories.AgentFactory(lifecycle=lifecycle)
        factories.ClaimFactory(agent=agent, account=account, until=AT if ended else None)
    if story.disclaimed is not None:
        until = None if story.disclaimed else AT
        account.disclaimers.create(by=system.owner, reason="The nightly back-up.", since=EARLIER, until=until)
    for risk, seen in story.holds:
        factories.GrantFactory(account=account, risk=risk, seen=seen)
    return account


@settings(max_examples=15)
@example([WITH_A_PASSWORD, replace(WITH_A_PASSWORD, ours="untold")], ("high", 60))
@given(st.lists(stories, max_size=15), st.sampled_from([("high", 60), ("critical", 80), ("low", 0)]))
def test_it_speaks_about_powerful_accounts_that_are_nobodys(told, least):
    band, score = least
    terms = Terms(AT, models.Parameters(unclaimed_from=band))
    with rolled_back():
        made = [build(story) for story in told]
        spoken = set(CHECK.suspects(accounts(), terms).values_list("pk", flat=True))
        stands = set(CHECK.stands(accounts(), terms).values_list("pk", flat=True))
    pairs = list(zip(made, told, strict=True))
    assert spoken == {account.pk for account, story in pairs if story.nobodys and story.powerful(score)}
    assert stands == {account.pk for account, story in pairs if story.nobodys}


def facts_of(account):
    return CHECK.stands(accounts(), TERMS).filter(pk=account.pk).values_list(CHECK.facts(TERMS), flat=True).get()


def test_it_names_the_riskiest_thing_that_is_held():
    account = factories.AccountFactory(name="dba_two", system__name="Airline")
    factories.GrantFactory(account=account, risk=30)
    factories.GrantFactory(account=account, risk=90, entitlement__name="superuser")
    facts = facts_of(account)
    known = "No agent is known to use dba_two in Airline, which may sign in and holds superuser (critical)."
    assert reason("unclaimed", facts) == known
    assert str(suggestion("unclaimed", facts)).endswith("or disable it. Basis: it holds superuser (critical).")


def test_what_it_may_by_itself_weighs_as_much():
    abilities = [{"name": "CREATEROLE", "says": "it may make roles", "risk": 75}]
    account = factories.AccountFactory(name="maker", system__name="Airline", abilities=abilities, own_risk=75)
    factories.GrantFactory(account=account, risk=45, entitlement__name="run")
    known = "No agent is known to use maker in Airline, which may sign in and holds CREATEROLE (high)."
    assert reason("unclaimed", facts_of(account)) == known
    factories.GrantFactory(account=account, risk=90, entitlement__name="superuser")
    assert reason("unclaimed", facts_of(account)).endswith("and holds superuser (critical).")


def test_what_holds_nothing_is_said_to_sign_in():
    facts = facts_of(factories.AccountFactory(name="probe", system__name="Airline"))
    assert reason("unclaimed", facts) == "No agent is known to use probe in Airline, which may sign in."
    assert str(suggestion("unclaimed", facts)).endswith("Basis: it may sign in, and nobody answers for it.")


def test_it_is_as_severe_as_the_riskiest_thing_held():
    accounts_ = [factories.AccountFactory() for _ in range(2)]
    factories.GrantFactory(account=accounts_[0], risk=65)
    found = dict(CHECK.stands(accounts(), TERMS).values_list("pk", CHECK.severity(TERMS)))
    assert [found[account.pk] for account in accounts_] == ["high", "low"]
