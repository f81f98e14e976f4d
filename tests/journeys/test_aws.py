"""A second system: an agent that works as a role of AWS. What it may do is asked of AWS, signed in as that role."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from governance import clock, registering, syncing
from governance.models import Account, Grant, Source, SyncRun, System
from governance.observing import Cover
from reviews import evidence, undoing
from reviews.models import Remediation
from reviews.models.remediation import State
from tests.connectors.aws.account import NUMBER, Cloud, allow, document, emptied, trusting
from tests.governance.usage import event, import_events
from tests.journeys.world import ACTOR, RUNS, VIA, Organisation, only_act, organised, tick

TOPICS = "arn:aws:iam::aws:policy/topics"


@dataclass(kw_only=True)
class Clouded(Organisation):
    """The organisation beside an account whose role `support` lists queues, and may list topics by a policy of AWS."""

    cloud: Cloud
    system: System
    source: Source
    session: tuple[tuple[str, str], str]

    def sync(self) -> None:
        run = syncing.sync(System.objects.get(pk=self.system.pk))
        assert run.state == SyncRun.State.COMPLETE, run.trouble

    def runs(self) -> None:
        """Ten runs over two days; each lists queues, and no topics."""
        now = clock.now()
        begun = [(now - timedelta(hours=4 * number + 1)).isoformat() for number in range(RUNS)]
        runs = [
            {"run": f"r{number}", "agent": "support", "started": at, "ended": at, "outcome": "completed"}
            for number, at in enumerate(begun)
        ]
        used = {"account": self.account().native_id, "agent": "support", "action": "sqs:ListQueues", "resource": "*"}
        events = [event(at=each["started"], run=each["run"], **used) for each in runs]
        import_events(self.source, *events, runs=runs, interval=Cover(now - timedelta(days=3), now))

    def account(self) -> Account:
        return Account.objects.get(system=self.system, name="support")

    def grant(self, policy: str) -> Grant:
        return Grant.objects.open().get(account=self.account(), entitlement__native_id=policy)

    def can(self, service: str, verb: str) -> bool:
        key, token = self.session
        return self.cloud.can(service, verb, key, token)


def built(cloud: Cloud, **more: Any) -> Clouded:
    """Fill the account, found the organisation, and read the account for the first time."""
    cloud.user("runner")
    role = cloud.role(
        "support",
        trusting(f"arn:aws:iam::{NUMBER}:user/runner"),
        attached=cloud.policy("queues", allow("sqs:List*", "sqs:ListQueues")),
    )
    topics = cloud.published("topics", allow("sns:ListTopics"))
    with cloud.unguarded() as iam:
        iam.attach_role_policy(RoleName="support", PolicyArn=topics)
    founded = organised()
    number, secret = cloud.keys["countersign"]
    connection = registering.Connection(
        slug="cloud",
        name="Cloud",
        kind="aws",
        config={"account": NUMBER, "access_key_id": number, "endpoint_url": cloud.url},
        owner=founded["system_owner"],
        unit=founded["unit"],
        secrets={"secret_access_key": secret},
    )
    system = registering.connect_system(connection=connection, at=clock.now(), actor=ACTOR)
    source = registering.set_source(
        name="trail",
        system=system,
        provenance="system",
        mapping={},
        rhythm=timedelta(days=300),
        shows_all=True,
        at=clock.now(),
        actor=ACTOR,
    )
    return Clouded(cloud=cloud, system=system, source=source, session=cloud.become(role, "runner"), **founded, **more)


@pytest.fixture
def world(committed, sealing, cloud_url, login) -> Clouded:
    with emptied(cloud_url) as cloud:
        made = built(cloud, owner_login=login("owner"))
    made.sync()
    made.register("support", made.account(), owner=made.owner, deputies=(made.deputy,))
    made.runs()
    return made


def test_what_a_role_never_uses_is_asked_about_taken_away_proven_and_given_back(world):
    tick()
    grant = world.grant(TOPICS)
    item = world.asked(grant)
    [view] = evidence.card(item.review).items
    assert "stopped 0 of the last 10 runs" in view.replay
    assert "No other path is left; worked out from all that it shows. Policies of resources" in view.preview
    assert not item.findings.exclude(check_name="never_used").exists()
    assert world.can("sns", "list_topics")
    decision = world.revoke(grant)
    tick()
    act = only_act(decision)
    assert (act.state, act.level, act.outcome["other_paths"]) == (State.VERIFIED, "V2", [])
    assert evidence.execution_text(act).endswith("were not read: they may allow it too.")
    assert (world.can("sns", "list_topics"), world.can("sqs", "list_queues")) == (False, True)
    made = undoing.undo(decision=decision, by=world.owner, via=VIA)
    tick()
    assert Remediation.objects.get(undo=made).state == State.VERIFIED
    assert world.can("sns", "list_topics")
    world.sync()
    assert world.grant(TOPICS).returns_to == grant


def test_another_policy_that_keeps_it_alive_is_told_and_found(world):
    grant = world.grant(TOPICS)
    with world.cloud.unguarded() as iam:
        iam.put_role_policy(RoleName="support", PolicyName="more", PolicyDocument=document(allow("sns:*")))
    world.sync()
    tick()
    [view] = evidence.card(world.asked(grant).review).items
    assert "inline policy more" in view.preview
    act = only_act(world.revoke(grant))
    tick()
    act.refresh_from_db()
    assert act.state == State.STILL_EFFECTIVE
    assert world.can("sns", "list_topics")
    assert act.outcome["other_paths"] == ["inline policy more"]
    assert world.grant("role/support/more").findings.uncleared().filter(check_name="still_effective").exists()


def test_a_policy_that_was_changed_since_is_asked_about_again(world):
    tick()
    grant = world.grant(TOPICS)
    item = world.asked(grant)
    world.cloud.rewrite(TOPICS, allow("sns:*", "iam:PassRole"))
    world.sync()
    tick()
    item.refresh_from_db()
    assert item.findings.filter(check_name="changed").exists()
