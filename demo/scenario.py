"""
The story of the unattended demo, and its endings, written down beforehand.

What comes out otherwise, or not at all, is a row that differs; the story goes on with its next part.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from botocore.exceptions import ClientError
from django.db.models import QuerySet

from config.embedded.stack import Stack
from demo import cloud, company
from demo.people import UNSENT, NotAsWritten, People
from demo.slack.client import Simulation
from demo.stage import PATIENCE, Stage, came
from governance.models import Agent, Finding, Grant, Run, SyncRun
from reviews.models import Decision, Hold, Item, Remediation, Review

REASON = "The gate staff's own tool runs {} ({}) during boarding; checked with them today."
AFTER_A_MISS = 15  # seconds of patience, once something did not come


@dataclass(frozen=True, slots=True)
class Ending:
    """What must be true at the end, in words, and what was found."""

    what: str
    expected: str
    found: str

    @property
    def as_written(self) -> bool:
        """Whether it came out as written."""
        return self.expected == self.found


class Scenario:
    """One run of the story."""

    def __init__(self, stage: Stage, stack: Stack, say: Callable[[str], None]) -> None:
        self.stage, self.stack, self.say = stage, stack, say
        self.patience = PATIENCE
        self.people = People(Simulation(stage.slack), self.wait)
        self.endings: list[Ending] = []
        self.begun = 0  # the endings before the part that is told

    def play(self) -> list[Ending]:
        """All of it."""
        for part in (
            self.found,
            self.tool_one,
            self.tool_two,
            self.tool_three,
            self.nobody_owned,
            self.somebody_away,
            self.silence,
            self.in_the_cloud,
        ):
            self.begun = len(self.endings)
            try:
                part()
            except NotAsWritten as why:
                self.say(f"   {why}")
                self.expect(str(part.__doc__).strip().partition(".")[0], "told to its end", str(why))
        return self.endings

    # -- the parts of the story

    def found(self) -> None:
        """An agent in a real database, and functions that it may execute and never does."""
        sync = SyncRun.objects.filter(state=SyncRun.State.COMPLETE).order_by("pk")[0]
        rows = {name: f"{stream['rows']:,}" for name, stream in sync.streams.items()}
        left = sum(sum(stream.get("left_out", {}).values()) for stream in sync.streams.values())
        self.say(
            f"\n1. Known. The database showed {rows['principals']} accounts and {rows['grants']} grants "
            f"of {rows['entitlements']} entitlements; {left:,} rows about its own objects were left out, and counted."
        )
        held = Grant.objects.held().filter(account__name="airline_support", entitlement__native_type="function")
        tools = held.values("entitlement").distinct()
        runs = Run.objects.filter(agent__name="airline-support").count()
        told = f"{tools.count()} functions, of which it used {tools.filter(use__uses__gt=0).count()} in {runs} runs"
        self.expect("airline-support may execute", "17 functions, of which it used 14 in 200 runs", told)
        self.say(f"   airline-support may execute {told}.")

    def tool_one(self) -> None:
        """Direct only: revoked, proven; then undone, proven."""
        asked = self.asked("delete_user_profile", "airline_support")
        self.say(f"\n2. Asked. {asked.review} to Maria: “{asked.review.question}”")
        self.say(f"   Of delete_user_profile it says: “{asked.facts_shown['replay']}”")
        self.say(f"   Of why she is asked: “{asked.review.assignment.why if asked.review.assignment else ''}”")
        self.expect(
            "airline-support can delete a profile before",
            "yes",
            self.can("airline_support", "tools.delete_user_profile('nobody')"),
        )
        self.people.click("maria", "revoke", "delete_user_profile")
        act = self.acted("delete_user_profile", "airline_support")
        self.expect("delete_user_profile, direct only, after the revoke", "verified", act.state)
        self.expect(
            "airline-support asks PostgreSQL itself",
            "refused",
            self.can("airline_support", "tools.delete_user_profile('nobody')"),
        )
        self.tell(
            "\n3. Answered and done. Maria clicked Revoke. The REVOKE ran as the grantor; "
            "a fresh, independent read shows it gone, and PostgreSQL itself refuses the agent."
        )
        self.people.click("maria", "undo", "delete_user_profile")
        back = self.ended(Remediation.objects.filter(undo__decision=act.decision), "the undo")
        self.expect("delete_user_profile after the undo", "verified", back.state)
        self.expect(
            "airline-support may again", "yes", self.can("airline_support", "tools.delete_user_profile('nobody')")
        )
        self.tell("   Maria took it back: given back by the same grantor, and that was read back too.")

    def tool_two(self) -> None:
        """Direct and PUBLIC: still effective through PUBLIC."""
        self.people.click("maria", "revoke", "export_passenger_manifest")
        act = self.acted("export_passenger_manifest", "airline_support")
        self.expect("export_passenger_manifest after the revoke", "still_effective", act.state)
        self.expect("export_passenger_manifest, paths left", "PUBLIC", paths_of(act))
        self.wait(lambda: suspected("export_passenger_manifest", "PUBLIC"), "a finding about PUBLIC")
        self.kept("rosa", "export_passenger_manifest", "PUBLIC")
        self.expect(
            "airline-support can export a manifest",
            "yes",
            self.can("airline_support", "tools.export_passenger_manifest('MA101')"),
        )
        self.tell(
            "\n4. Told honestly. Maria revoked two more. export_passenger_manifest: the direct grant is gone, the "
            "access lives on through PUBLIC, which everyone is; Rosa, who owns the database, keeps that, with a reason."
        )

    def tool_three(self) -> None:
        """Direct, through a role and by a second grantor."""
        self.people.click("maria", "revoke", "refund_payment", "airline_owner")
        act = self.acted("refund_payment", "airline_support")
        self.expect("refund_payment after the revoke", "still_effective", act.state)
        paths = paths_of(act)
        self.expect("refund_payment, paths left", "another grantor: dba_two, role airline_staff", paths)
        self.wait(lambda: suspected("refund_payment", "airline_staff"), "a finding about the role's grant")
        self.wait(lambda: suspected("refund_payment", "airline_support"), "a finding about the other grantor's grant")
        self.kept("maria", "refund_payment", "airline_support")
        self.kept("rosa", "refund_payment", "airline_staff")
        self.expect("refund_payment after both were kept", "still_effective", refreshed(act).state)
        self.tell(
            f"   refund_payment: still effective through {paths}; both were kept, by the people who answer for them."
        )

    def nobody_owned(self) -> None:
        """An agent without an owner is claimed by the manager of the last one."""
        self.wait(lambda: claim_of("rebooking-helper"), "a question about who answers for rebooking-helper")
        self.people.click("lena", "mine", "rebooking-helper")
        self.wait(lambda: Agent.objects.get(name="rebooking-helper").ownerships.filter(until=None).exists(), "an owner")
        owner = Agent.objects.get(name="rebooking-helper").ownerships.get(until=None, role="owner").person.name
        self.expect("rebooking-helper, nobody's, is answered for by", "Lena Fischer", owner)
        self.tell(
            "\n5. rebooking-helper had no owner: Lena, the manager of its last one, was asked and says it is hers."
        )

    def somebody_away(self) -> None:
        """The owner is away: the deputy is asked."""
        asked = self.asked("refunds_by_agent", "ops_briefing").review.assignment
        self.expect(
            "ops-briefing's owner is away; asked is",
            "Jon Bell (deputy)",
            f"{asked.person.name} ({asked.rule})" if asked else "nobody",
        )
        self.people.click("jon", "revoke", "refunds_by_agent")
        act = self.acted("refunds_by_agent", "ops_briefing")
        self.expect("refunds_by_agent after Jon's revoke", "verified", act.state)

    def silence(self) -> None:
        """The owner left and nobody answers: policy suspends, the brake stops it."""
        self.wait(lambda: Hold.objects.filter(closed_at=None).exists(), "the brake to hold")
        self.wait(
            lambda: not Review.objects.open().filter(items__grant__account__name="legacy_batch").exists(),
            "the end of the silence",
        )
        acts = Remediation.objects.filter(grant__account__name="legacy_batch", automatic=True, hold=None)
        self.wait(lambda: not acts.unfinished().exists(), "the end of the suspensions")
        done = acts.filter(state="verified").count()
        self.expect("legacy-batch, silence: suspended and verified", "3", str(done))
        held = Remediation.objects.filter(state="planned", hold__isnull=False, grant__account__name="legacy_batch")
        self.expect("legacy-batch, silence: held by the brake", "2", str(held.count()))
        kept = Decision.objects.filter(answer=None, verdict="keep").count()
        self.expect("kept by silence", "0", str(kept))
        self.tell(
            "\n6. legacy-batch: its owner left and Victor, who was asked, never answers. Policy suspended three "
            "grants, as many as it may in an hour; there the brake stops it, and two wait for a person."
        )

    def in_the_cloud(self) -> None:
        """The second system: two policies that nothing uses, of which one leaves a part to others."""
        logs, recovery = "CloudWatchAgentServerPolicy", "AWSElasticDisasterRecoveryAgentPolicy"
        asked = self.asked(logs, "devops-agent")
        self.say(f"\n7. AWS. {asked.review} to Noor: “{asked.review.question}”")
        self.say(f"   Of {logs} it says: “{asked.facts_shown['replay']}”")
        self.expect("devops-agent makes a group of logs before", "yes", self.makes_logs("before"))
        self.people.click("noor", "revoke", logs)
        act = self.acted(logs, "devops-agent")
        self.expect(f"{logs} after the revoke", "still_effective", act.state)
        self.expect("devops-agent asks AWS itself", "refused", self.makes_logs("after"))
        self.tell(
            f"   {logs} is detached, and AWS refuses what it alone allowed. Told honestly, a part of it is "
            f"still possible: {paths_of(act)}."
        )
        self.people.click("noor", "revoke", recovery)
        self.expect(f"{recovery} after the revoke", "verified", self.acted(recovery, "migration-agent").state)

    def makes_logs(self, name: str) -> str:
        """Ask AWS itself, as the agent's role."""
        number, word = json.loads((self.stage.state / "aws.json").read_text())
        url, runner = self.stage.cloud_url, (number, word)
        try:
            able = cloud.can(url, "devops-agent", runner, "logs", "create_log_group", logGroupName=name)
        except ClientError as error:
            return str(error)
        return "yes" if able else "refused"

    # -- how the product and the world are asked

    def asked(self, function: str, account: str) -> Item:
        """The open question about a grant, once there is one. Raises NotAsWritten."""
        items = Item.objects.open().filter(grant__entitlement__name__contains=function, grant__account__name=account)
        self.wait(items.exists, f"a question about {function} of {account}")
        return items.select_related("review", "grant").earliest("pk")

    def kept(self, who: str, function: str, account: str) -> None:
        """Let somebody keep a grant, and see that it was taken with the reason. Raises NotAsWritten."""
        reason = REASON.format(function, account)
        self.people.keep(who, function, reason=reason)
        answered = Decision.objects.filter(item__grant__entitlement__name__contains=function, answer__isnull=False)
        about = answered.filter(item__grant__account__name=account, answer__person__email=company.email(who))
        self.wait(about.exists, f"{who}'s decision on {function} of {account}")
        found = about.select_related("answer").latest("pk")
        told = f"{found.verdict}: {found.answer.reason if found.answer else ''}"
        self.expect(f"{function} of {account}, {who} decides", f"keep: {reason}", told)

    def acted(self, function: str, account: str) -> Remediation:
        """What was done about a grant, once it has ended. Raises NotAsWritten."""
        acts = Remediation.objects.filter(
            grant__entitlement__name__contains=function, grant__account__name=account, undo=None
        )
        return self.ended(acts, f"what is done about {function} of {account}")

    def ended(self, acts: "QuerySet[Remediation]", what: str) -> Remediation:
        """The newest of some acts, once it has ended, whichever way. Raises NotAsWritten."""
        over = acts.exclude(pk__in=Remediation.objects.unfinished()).select_related("decision")
        self.wait(over.exists, f"the end of {what}")
        return over.latest("pk")

    def can(self, role: str, call: str) -> str:
        """Ask PostgreSQL itself, as the agent's own log-in would be."""
        try:
            with psycopg.connect(company.airline(self.stage)) as connection:
                connection.execute(f"SET SESSION AUTHORIZATION {role}")
                connection.execute(f"SELECT {call}")
                connection.rollback()
        except psycopg.errors.InsufficientPrivilege:
            return "refused"
        except psycopg.Error as error:
            return str(error)
        return "yes"

    def tell(self, text: str) -> None:
        """Say what was done, where this part came out as written so far; what did not is told with the endings."""
        if all(ending.as_written for ending in self.endings[self.begun :]):
            self.say(text)

    def expect(self, what: str, expected: str, found: str) -> None:
        """Compare one ending."""
        self.endings.append(Ending(what, expected, found))

    def wait(self, ready: Callable[[], object], what: str) -> None:
        """Until it is so. Raises NotAsWritten saying what did not come."""
        patience = self.patience
        try:
            if came(self.stack, ready, patience):
                return
        except UNSENT as error:
            raise NotAsWritten(f"{what} cannot be looked for: {error}") from error
        self.patience = AFTER_A_MISS
        raise NotAsWritten(f"{what} did not come within {patience} seconds; the logs are in {self.stage.state}")


def claim_of(agent: str) -> Item | None:
    """The open question about an agent's owner."""
    return Item.objects.open().filter(subject_agent__name=agent, review__assignments__until=None).first()


def suspected(function: str, account: str) -> bool:
    """Whether a path was found that keeps an access alive."""
    path = Finding.objects.uncleared().filter(check_name="still_effective", grant__account__name=account)
    return path.filter(grant__entitlement__name__contains=function, state="taken").exists()


def paths_of(act: Remediation) -> str:
    """The ways that keep an access alive."""
    return ", ".join(sorted(act.outcome.get("other_paths", [])))


def refreshed(act: Remediation) -> Remediation:
    """As it is now."""
    act.refresh_from_db()
    return act
