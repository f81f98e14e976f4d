"""The checks about credentials against their plain oracles, over generated ones; and their words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance import checking, models
from governance.policy import keys
from governance.policy.checks import ABOUT_CREDENTIALS, reason, suggestion
from governance.policy.subjects import credentials
from governance.policy.terms import Terms
from tests import factories
from tests.governance.policy.test_checks import rolled_back
from tests.governance.policy.worlds import AT

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
STATIC, OLD, UNUSED = 3, 9, 5  # days
PARAMETERS = models.Parameters(
    static_credential_seconds=STATIC * 86400,
    old_credential_seconds=OLD * 86400,
    unused_credential_seconds=UNUSED * 86400,
)
TERMS = Terms(AT, PARAMETERS)
OURS = "countersign"


@dataclass(frozen=True)
class Story:
    """What is true of one credential; times are days ago. `claims`: lifecycles of agents, and whether one has ended."""

    made: int | None = 20
    first_seen: int = 10
    used: int | None = None
    read: int = 0
    tracked: bool = True
    expires: bool = False
    active: bool = True
    seen: str = "present"
    intended: str = "undecided"
    kind: str = "login"
    ours: str = "other"
    claims: tuple[tuple[str, bool], ...] = (("active", False),)

    @property
    def in_question(self) -> bool:
        open_still = self.active and self.seen == "present" and self.intended in {"undecided", "held"}
        return open_still and (self.kind != "human" or self.an_agents) and self.ours == "other"

    @property
    def age(self) -> int:
        return self.first_seen if self.made is None else self.made

    @property
    def an_agents(self) -> bool:
        return any(lifecycle != "retired" and not ended for lifecycle, ended in self.claims)

    @property
    def idle(self) -> bool:
        """As of the last read; unknown is never unused."""
        since = self.age if self.used is None else self.used
        return self.tracked and since - self.read >= UNUSED


ORACLES = {
    "unused_credential": lambda story: story.in_question and story.idle,
    "old_credential": lambda story: story.in_question and story.age >= OLD,
    "static_credential": lambda story: (
        story.in_question and not story.expires and story.age >= STATIC and story.an_agents
    ),
}
lifecycles = st.tuples(st.sampled_from(["active", "suspended", "retired"]), st.booleans())
stories = st.builds(
    Story,
    made=st.none() | st.integers(0, 12),
    first_seen=st.integers(0, 12),
    used=st.none() | st.integers(0, 12),
    read=st.sampled_from([0, 0, 1, 7]),
    tracked=st.sampled_from([True, True, False]),
    expires=st.booleans(),
    active=st.sampled_from([True, True, True, False]),
    seen=st.sampled_from(["present", "present", "present", "absent"]),
    intended=st.sampled_from(["undecided", "undecided", "held", "suspended", "gone"]),
    kind=st.sampled_from(["login", "workload", "role", "human"]),
    ours=st.sampled_from(["other", "other", "itself", "untold"]),
    claims=st.lists(lifecycles, max_size=2).map(tuple),
)
EDGES = [
    Story(made=UNUSED, read=0),
    Story(made=UNUSED, read=1),  # it was read a day ago: of the last day nobody knows
    Story(made=12, used=UNUSED),
    Story(made=12, used=UNUSED - 1),
    Story(made=12, used=12, tracked=False),
    Story(made=OLD, used=0),
    Story(made=OLD - 1, used=0),
    Story(made=None, first_seen=STATIC, used=0),
    Story(made=None, first_seen=STATIC - 1, used=0),
    Story(made=STATIC, used=0, expires=True),
    Story(made=STATIC, used=0, claims=(("retired", False), ("active", True))),
    Story(made=12, used=12, kind="human"),  # an agent with a password
    Story(made=12, used=12, kind="human", claims=(("retired", False), ("active", True))),
    Story(made=12, used=12, ours="untold"),
]


def ago(days: int | None) -> datetime | None:
    return None if days is None else AT - days * DAY


def build(story: Story) -> models.Credential:
    ours = {"other": [f"role:{OURS}"], "itself": [f"user:{OURS}"], "untold": []}
    system = factories.SystemFactory(ours=ours[story.ours])
    account = factories.AccountFactory(system=system, kind=story.kind, native_type="user", native_id=OURS)
    for lifecycle, ended in story.claims:
        agent = factories.AgentFactory(lifecycle=lifecycle)
        factories.ClaimFactory(agent=agent, account=account, until=AT if ended else None)
    made: models.Credential = factories.CredentialFactory(
        account=account,
        created_at=ago(story.made),
        first_seen_at=ago(story.first_seen),
        last_used_at=ago(story.used),
        read_at=ago(story.read),
        tracked=story.tracked,
        expires_at=AT + DAY if story.expires else None,
        active=story.active,
        seen=story.seen,
        intended=story.intended,
    )
    return made


@settings(max_examples=10)
@example(EDGES)
@given(st.lists(stories, max_size=15))
def test_each_speaks_about_what_its_oracle_speaks_about(told):
    with rolled_back():
        made = [build(story) for story in told]
        spoken = {
            check.name: set(check.suspects(credentials(), TERMS).values_list("pk", flat=True))
            for check in ABOUT_CREDENTIALS
        }
        everything = models.Credential.objects.alias(idle_since=keys.idle_since())
        uses = dict(everything.values_list("pk", keys.class_of(TERMS)))
    pairs = list(zip(made, told, strict=True))
    for name, oracle in ORACLES.items():
        assert spoken[name] == {key.pk for key, story in pairs if oracle(story)}, name
    seen = {key.pk: "not_observable" if story.used is None else "used" for key, story in pairs if not story.idle}
    assert uses == dict.fromkeys((key.pk for key, story in pairs if story.idle), "unused") | seen


def test_the_edges_are_on_both_sides():
    spoken = [[name for name, oracle in ORACLES.items() if oracle(story)] for story in EDGES]
    unused, old, static = ORACLES
    assert spoken == [
        [unused, static],
        [static],
        [unused, old, static],
        [old, static],
        [old, static],
        [old, static],
        [static],
        [static],
        [],
        [],
        [],
        [unused, old, static],
        [],
        [],
    ]


def facts_of(check: str, key: models.Credential) -> dict[str, Any]:
    [one] = [each for each in ABOUT_CREDENTIALS if each.name == check]
    return one.suspects(credentials(), TERMS).filter(pk=key.pk).values_list(one.facts(TERMS), flat=True).get()


def test_they_say_since_when():
    key = build(Story(made=20, used=12))
    assert [reason(check.name, facts_of(check.name, key)) for check in ABOUT_CREDENTIALS] == [
        "Last used on 12 Nov 2026, as its system told on 24 Nov 2026.",
        "It was made on 4 Nov 2026, 20 days ago, and has not been replaced.",
        "It never expires: whoever gets hold of it can use it until it is removed.",
    ]
    never = build(Story(made=None, first_seen=12))
    told = [reason(name, facts_of(name, never)) for name in ("unused_credential", "old_credential")]
    assert told == [
        "Never used in 12 days, as its system told on 24 Nov 2026.",
        "It has been there for 12 days at least, since 12 Nov 2026, and was not replaced.",
    ]
    assert suggestion("unused_credential", facts_of("unused_credential", never)) == (
        "Revoke: it is disabled first, and can be enabled again. Basis: it was never used."
    )
    assert str(suggestion("old_credential", facts_of("old_credential", key))).endswith("Basis: it is 20 days old.")


def test_it_lies_in_the_unit_of_the_one_agent_that_uses_it_and_weighs_what_its_account_holds():
    key, shared = (build(Story(claims=(("active", False),) * number)) for number in (1, 2))
    factories.GrantFactory(account=key.account, risk=85)
    factories.PolicyFactory(stored=PARAMETERS.as_json(), in_force_from=AT - DAY)
    checking.check_credentials(AT)
    found = models.Finding.objects.filter(check_name="static_credential")
    assert set(found.values_list("credential", "unit", "severity")) == {
        (key.pk, key.account.claims.get().agent.unit_id, "critical"),
        (shared.pk, shared.account.system.unit_id, "medium"),
    }


def test_a_finding_waits_while_it_is_shut_as_decided_and_ends_where_it_was_shut_outside():
    factories.PolicyFactory(stored=PARAMETERS.as_json(), in_force_from=AT - DAY)
    decided, outside, gone = (build(Story(made=OLD, used=0, expires=True)) for _ in range(3))
    checking.check_credentials(AT)
    for key, change in ((decided, {"intended": "gone"}), (outside, {}), (gone, {"intended": "gone", "seen": "absent"})):
        models.Credential.objects.filter(pk=key.pk).update(active=False, **change)
    checking.check_credentials(AT)
    states = dict(models.Finding.objects.values_list("credential", "state"))
    assert states == {decided.pk: "open", outside.pk: "cleared", gone.pk: "cleared"}
