"""
The endings, written down beforehand, and how the demo's people answer when nobody is there to click.

Every answer goes through the simulated Slack as the signed HTTP post that Slack would send; nothing here calls a verb
of the product.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import psycopg
from django.db.models import QuerySet

from config.embedded.stack import Stack
from demo import cloud, company
from demo.slack.client import Json, Simulation
from demo.stage import Stage, wait_for
from governance.models import Agent, Finding, SyncRun
from reviews.models import Decision, Hold, Item, Remediation, Review

OK = 200
REASON = "The gate staff's own tool runs {} during boarding; checked with them today."


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
        self.slack = Simulation(stage.slack)
        self.endings: list[Ending] = []

    def play(self) -> list[Ending]:
        """All of it."""
        self.found()
        self.tool_one()
        self.tool_two()
        self.tool_three()
        self.nobody_owned()
        self.somebody_away()
        self.silence()
        self.in_the_cloud()
        return self.endings

    # -- the parts of the story

    def found(self) -> None:
        """An agent in a real database, and functions that it may execute and never does."""
        sync = SyncRun.objects.filter(state=SyncRun.State.COMPLETE).order_by("pk")[0]
        rows = {name: f"{stream['rows']:,}" for name, stream in sync.streams.items()}
        left = sum(sum(stream.get("left_out", {}).values()) for stream in sync.streams.values())
        self.say(
            f"\n1. Known. The database showed {rows['principals']} accounts and {rows['grants']} grants of "
            f"{rows['entitlements']} entitlements; {left:,} rows of its catalogues were left out, counted by rule."
        )
        self.wait(lambda: item("delete_user_profile", "airline_support"), "a question about delete_user_profile")
        self.say("   airline-support may execute 17 functions. In 200 runs it used 14 of them.")

    def tool_one(self) -> None:
        """Direct only: revoked, proven; then undone, proven."""
        asked = found_item("delete_user_profile", "airline_support")
        self.say(f"\n2. Asked. {asked.review} to Maria: “{asked.review.question}” {asked.facts_shown['replay']}")
        self.say(f"   Why her: {asked.review.assignment.why if asked.review.assignment else ''}")
        self.expect(
            "airline-support can delete a profile before",
            "yes",
            self.can("airline_support", "tools.delete_user_profile('nobody')"),
        )
        self.click("maria", "revoke", "delete_user_profile")
        act = self.acted("delete_user_profile", "airline_support", "verified")
        self.say(
            "\n3. Answered and done. Maria clicked Revoke. The REVOKE ran as the grantor; "
            "a fresh, independent read shows it gone."
        )
        self.expect("delete_user_profile, direct only, after the revoke", "verified", act.state)
        self.expect(
            "airline-support asks PostgreSQL itself",
            "refused",
            self.can("airline_support", "tools.delete_user_profile('nobody')"),
        )
        self.click("maria", "undo", "delete_user_profile")
        self.wait(
            lambda: Remediation.objects.filter(undo__decision=act.decision, state="verified").exists(),
            "the undo to be verified",
        )
        self.expect(
            "delete_user_profile after the undo", "verified", Remediation.objects.get(undo__decision=act.decision).state
        )
        self.expect(
            "airline-support may again", "yes", self.can("airline_support", "tools.delete_user_profile('nobody')")
        )
        self.say("   Maria took it back: given back by the same grantor, and that was read back too.")

    def tool_two(self) -> None:
        """Direct and PUBLIC: still effective through PUBLIC."""
        self.click("maria", "revoke", "export_passenger_manifest")
        act = self.acted("export_passenger_manifest", "airline_support", "still_effective")
        self.expect("export_passenger_manifest, paths left", "PUBLIC", ", ".join(act.outcome["other_paths"]))
        self.wait(lambda: suspected("export_passenger_manifest", "PUBLIC"), "a finding about PUBLIC")
        self.keep("rosa", "export_passenger_manifest")
        self.expect("export_passenger_manifest after Rosa kept PUBLIC", "still_effective", refreshed(act).state)
        self.expect(
            "airline-support can export a manifest",
            "yes",
            self.can("airline_support", "tools.export_passenger_manifest('MA101')"),
        )
        self.say(
            "\n4. Told honestly. export_passenger_manifest: the direct grant is gone, "
            "the access lives on through PUBLIC; Rosa keeps that, with a reason."
        )

    def tool_three(self) -> None:
        """Direct, through a role and by a second grantor."""
        self.click("maria", "revoke", "refund_payment", "airline_owner")
        act = self.acted("refund_payment", "airline_support", "still_effective")
        paths = ", ".join(sorted(act.outcome["other_paths"]))
        self.expect("refund_payment, paths left", "another grantor: dba_two, role airline_staff", paths)
        self.wait(lambda: suspected("refund_payment", "airline_staff"), "a finding about the role's grant")
        self.wait(lambda: suspected("refund_payment", "airline_support"), "a finding about the other grantor's grant")
        self.keep("maria", "refund_payment")
        self.keep("rosa", "refund_payment")
        self.expect("refund_payment after both were kept", "still_effective", refreshed(act).state)
        self.say(
            f"   refund_payment: still effective through {paths}; both were kept, by the people who answer for them."
        )

    def nobody_owned(self) -> None:
        """An agent without an owner is claimed by the manager of the last one."""
        self.wait(lambda: claim_of("rebooking-helper"), "a question about who answers for rebooking-helper")
        self.click("lena", "mine", "rebooking-helper")
        self.wait(lambda: Agent.objects.get(name="rebooking-helper").ownerships.filter(until=None).exists(), "an owner")
        owner = Agent.objects.get(name="rebooking-helper").ownerships.get(until=None, role="owner").person.name
        self.expect("rebooking-helper, nobody's, is answered for by", "Lena Fischer", owner)
        self.say("\n5. rebooking-helper had no owner: Lena, who managed the last one, was asked and says it is hers.")

    def somebody_away(self) -> None:
        """The owner is away: the deputy is asked."""
        self.wait(lambda: item("refunds_by_agent", "ops_briefing"), "a question about refunds_by_agent")
        asked = found_item("refunds_by_agent", "ops_briefing").review.assignment
        self.expect(
            "ops-briefing's owner is away; asked is",
            "Jon Bell (deputy)",
            f"{asked.person.name} ({asked.rule})" if asked else "nobody",
        )
        self.click("jon", "revoke", "refunds_by_agent")
        act = self.acted("refunds_by_agent", "ops_briefing", "verified")
        self.expect("refunds_by_agent after Jon's revoke", "verified", act.state)

    def silence(self) -> None:
        """The owner left and nobody answers: policy suspends, the brake stops it."""
        self.wait(lambda: Hold.objects.filter(closed_at=None).exists(), "the brake to hold")
        self.wait(lambda: suspended("legacy_batch", state="verified").count() == 3, "three suspensions to be verified")  # noqa: PLR2004
        self.wait(
            lambda: not Review.objects.open().filter(items__grant__account__name="legacy_batch").exists(),
            "the silence to end",
        )
        self.expect(
            "legacy-batch, silence: suspended and verified",
            "3",
            str(suspended("legacy_batch", state="verified").count()),
        )
        held = Remediation.objects.filter(state="planned", hold__isnull=False, grant__account__name="legacy_batch")
        self.expect("legacy-batch, silence: held by the brake", "2", str(held.count()))
        kept = Decision.objects.filter(answer=None, verdict="keep").count()
        self.expect("kept by silence", "0", str(kept))
        self.say(
            "\n6. legacy-batch: its owner left and Victor never answers. Policy suspended three grants; "
            "the brake holds two for a person."
        )

    def in_the_cloud(self) -> None:
        """The second system: two policies that nothing uses, of which one leaves a part to others."""
        logs, recovery = "CloudWatchAgentServerPolicy", "AWSElasticDisasterRecoveryAgentPolicy"
        self.wait(lambda: item(logs, "devops-agent"), f"a question about {logs}")
        asked = found_item(logs, "devops-agent")
        self.say(f"\n7. AWS. {asked.review} to Noor: “{asked.review.question}” {asked.facts_shown['replay']}")
        self.expect("devops-agent makes a group of logs before", "yes", self.makes_logs("before"))
        self.click("noor", "revoke", logs)
        act = self.acted(logs, "devops-agent", "still_effective")
        self.expect("devops-agent asks AWS itself", "refused", self.makes_logs("after"))
        self.say(
            f"   {logs} is detached, and AWS refuses what it alone allowed. Told honestly, a part of it is "
            f"still possible: {'; '.join(act.outcome['other_paths'])}."
        )
        self.click("noor", "revoke", recovery)
        self.expect(
            f"{recovery} after the revoke", "verified", self.acted(recovery, "migration-agent", "verified").state
        )

    def makes_logs(self, name: str) -> str:
        """Ask AWS itself, as the agent's role."""
        number, word = json.loads((self.stage.state / "aws.json").read_text())
        url, runner = self.stage.cloud_url, (number, word)
        able = cloud.can(url, "devops-agent", runner, "logs", "create_log_group", logGroupName=name)
        return "yes" if able else "refused"

    # -- how people click, and how the world is asked

    def click(self, who: str, action: str, *about: str) -> None:
        """Press the button with this action whose label has these words, as this person; confirm what is asked."""
        user = company.PEOPLE[who][1]
        self.wait(lambda: self.button(user, action, about), f"a button {action} about {' '.join(about)} for {who}")
        ts, block_id = self.button(user, action, about) or ("", "")
        answer = self.slack.click(user, ts, action, block_id=block_id, confirm=True)
        if answer["status"] != OK:
            raise SystemExit(f"{who}'s click on {action} about {about} was answered with {answer}")

    def button(self, user: str, action: str, about: tuple[str, ...]) -> tuple[str, str] | None:
        """
        The newest message with such a button, and the block in which it stands.

        One that names it itself goes before one above which it is named: what keeps access alive is named there too.
        """
        messages = self.slack.messages(user)
        return button_of(messages, action, about, above=False) or button_of(messages, action, about, above=True)

    def keep(self, who: str, *about: str) -> None:
        """Keep, and give the reason where policy asks for one at this risk."""
        user = company.PEOPLE[who][1]
        either = f"a keep button about {' '.join(about)} for {who}"
        self.wait(lambda: any(self.button(user, action, about) for action in ("keep", "keep_because")), either)
        if self.button(user, "keep", about):
            self.click(who, "keep", *about)
            return
        self.click(who, "keep_because", *about)
        self.wait(lambda: self.slack.modal(user), "the form for the reason")
        form = self.slack.modal(user) or {}
        said = {"task": {"task": "current"}, "reason": {"reason": REASON.format(f"{about[0]} ({form['id'][-4:]})")}}
        self.slack.submit(user, form["id"], said)

    def acted(self, function: str, account: str, state: str) -> Remediation:
        """The act on a grant, once it is in this state."""
        acts = Remediation.objects.filter(
            grant__entitlement__name__contains=function, grant__account__name=account, undo=None
        )
        self.wait(lambda: acts.filter(state=state).exists(), f"{function} of {account} to be {state}")
        return acts.filter(state=state).select_related("decision").latest("pk")

    def can(self, role: str, call: str) -> str:
        """Ask PostgreSQL itself, as the agent's own log-in would be."""
        with psycopg.connect(company.airline(self.stage)) as connection:
            connection.execute(f"SET SESSION AUTHORIZATION {role}")
            try:
                connection.execute(f"SELECT {call}")
            except psycopg.errors.InsufficientPrivilege:
                return "refused"
            finally:
                connection.rollback()
        return "yes"

    def expect(self, what: str, expected: str, found: str) -> None:
        """Compare one ending."""
        self.endings.append(Ending(what, expected, found))

    def wait(self, ready: Callable[[], object], what: str) -> None:
        """Until it is so; SystemExit says what did not come."""
        wait_for(self.stack, ready, what, self.stage)


def button_of(messages: list[Json], action: str, about: tuple[str, ...], *, above: bool) -> tuple[str, str] | None:
    """The newest message with a button that is labelled so; or, where `above` counts, that stands below these words."""
    for message in reversed(messages):
        for before, block in pairwise(message["blocks"]):
            said = json.dumps(before, ensure_ascii=False) if above else ""
            if any(fits(element, action, about, said) for element in block.get("elements", [])):
                return message["ts"], block["block_id"]
    return None


def fits(element: Json, action: str, about: tuple[str, ...], above: str) -> bool:
    """Whether this is the button: its label, or the lines above it, name what it is about."""
    label = element.get("accessibility_label", "")
    return element.get("action_id") == action and all(word in label or word in above for word in about)


def item(function: str, account: str) -> Item | None:
    """The open question about a grant."""
    found = Item.objects.open().filter(grant__entitlement__name__contains=function, grant__account__name=account)
    return found.select_related("review", "grant").order_by("pk").first()


def found_item(function: str, account: str) -> Item:
    """The open question about a grant, which was waited for."""
    found = item(function, account)
    if found is None:
        raise SystemExit(f"The question about {function} of {account} is gone.")
    return found


def claim_of(agent: str) -> Item | None:
    """The open question about an agent's owner."""
    return Item.objects.open().filter(subject_agent__name=agent, review__assignments__until=None).first()


def suspected(function: str, account: str) -> bool:
    """Whether a path was found that keeps an access alive."""
    path = Finding.objects.uncleared().filter(check_name="still_effective", grant__account__name=account)
    return path.filter(grant__entitlement__name__contains=function, state="taken").exists()


def suspended(account: str, *, state: str) -> "QuerySet[Remediation]":
    """What policy suspended of an account."""
    return Remediation.objects.filter(grant__account__name=account, automatic=True, state=state)


def refreshed(act: Remediation) -> Remediation:
    """As it is now."""
    act.refresh_from_db()
    return act
