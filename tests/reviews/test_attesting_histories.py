"""Whatever people, policy, the brake and the outside do in two periods: on paper each grant is in the same bucket."""

import math
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.errors import NotPermitted
from governance import clock, findings, ledger
from governance.models import Account, Entitlement, Finding, Grant, Seen
from reviews import brake, campaigning, handling, opening, revoking, ruling, verifying, withdrawing
from reviews.models import Decision, Hold, Item, Remediation, Verdict
from reviews.models.remediation import State
from reviews.planning import Authority
from reviews.reports import population
from reviews.reports.attestation import count
from reviews.reports.population import Period
from tests.factories import AccountFactory, ClaimFactory, EntitlementFactory, SystemFactory
from tests.reviews.paper import Paper, oracle
from tests.reviews.scene import Scene, again, key
from tests.reviews.target import KIND

GRANTS = 3


class History:
    """Three grants of one agent in a system of its own. Each verb is the real one, and is noted where it can be."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.step = scene, 0
        self.system = SystemFactory(kind=KIND, owner=scene.system_owner, unit=scene.unit)
        account = AccountFactory(system=self.system)
        ClaimFactory(agent=scene.agent, account=account)
        self.papers: list[Paper] = []
        for _ in range(GRANTS):
            self.held(account, EntitlementFactory(system=self.system))

    def held(self, account: Account, entitlement: Entitlement, **more: Any) -> Paper:
        grant = self.scene.grant(account=account, entitlement=entitlement, opened_at=clock.now(), **more)
        return self.found(grant)

    def found(self, grant: Grant) -> Paper:
        paper = Paper(grant)
        self.papers.append(paper)
        self.note(paper, "opened")
        return paper

    def note(self, paper: Paper, word: str) -> None:
        paper.said.append((self.step, word))

    def act(self, paper: Paper) -> Remediation | None:
        """What is under way on it."""
        return Remediation.objects.unfinished().filter(grant=paper.grant).first()

    # -- the verbs: each does nothing where it cannot be

    def do(self, verb: str, paper: Paper) -> None:
        self.step += 1
        getattr(self, verb)(paper)

    def ask(self, paper: Paper) -> None:
        there = again(paper.grant)
        if not paper.open or paper.waits or self.act(paper) or there.seen != Seen.PRESENT:
            return
        mine = Finding.objects.filter(grant=there)
        if not findings.reopen(mine, clock.now()) and not mine.uncleared().exists():
            self.scene.suspect(there)
        self.note(paper, "suspected")
        self.note(paper, "asked")
        at = clock.now()
        opening.open_batch(list(mine.uncleared()), campaign=campaigning.continuous(at), at=at)

    def keep(self, paper: Paper) -> None:
        if paper.open and paper.waits:
            self.note(paper, "keep")
            self.scene.decide(self.question(paper), Verdict.KEEP)

    def revoke(self, paper: Paper) -> None:
        if paper.open and paper.waits:
            self.note(paper, "revoke")
            self.scene.decide(self.question(paper), Verdict.REVOKE)

    def silence(self, paper: Paper) -> None:
        """The brake lets nothing through by itself."""
        if paper.open and paper.waits:
            self.note(paper, "suspend")
            item = self.question(paper)
            authority = Authority(policy=item.review.policy)
            ruling.rule(item=item, verdict=Verdict.SUSPEND, authority=authority, at=clock.now())

    def question(self, paper: Paper) -> Item:
        item: Item = (
            Item.objects.open()
            .select_related("review__policy", "grant__account__system", "agent")
            .get(grant=paper.grant)
        )
        return item

    def release(self, _: Paper) -> None:
        """The oldest that is held."""
        for hold in Hold.objects.filter(system=self.system, closed_at=None):
            oldest = Remediation.objects.filter(hold=hold, state=State.PLANNED).earliest("pk")
            self.note(self.paper_of(oldest), "released")
            brake.release(hold=hold, count=1, by=self.scene.governor, at=clock.now())

    def cancel(self, _: Paper) -> None:
        """All that is held."""
        for hold in Hold.objects.filter(system=self.system, closed_at=None):
            for act in Remediation.objects.filter(hold=hold, state=State.PLANNED):
                self.note(self.paper_of(act), "cancelled")
            brake.cancel(hold=hold, by=self.scene.governor, reason="The season begins.", at=clock.now())

    def drift(self, paper: Paper) -> None:
        """It is another thing when its removal is to be carried out."""
        act = self.act(paper)
        if act and act.state == State.PLANNED and not act.hold and act.decision:
            self.note(paper, "cancelled")
            self.note(paper, "suspected")
            Grant.objects.filter(pk=paper.grant.pk).update(instance=f"another-{act.pk}")
            self.send(paper)

    def send(self, _: Paper) -> None:
        """All that is planned and released."""
        for act in Remediation.objects.filter(system=self.system, state=State.PLANNED, hold=None):
            paper = self.paper_of(act)
            if paper.said[-1] != (self.step, "suspected"):
                self.note(paper, "told" if act.decision else "given back")
        revoking.carry_out_due()

    def prove(self, _: Paper) -> None:
        """All that was sent: a removal closes its grant, a suspension does not, what is given back may be a new one."""
        for act in Remediation.objects.filter(system=self.system, state=State.SENT):
            paper = self.paper_of(act)
            self.note(paper, "cleared" if act.decision else "there again")
            if act.act == "remove" and paper.open:
                self.note(paper, "closed")
        verifying.verify_sent()
        known = [paper.grant.pk for paper in self.papers]
        for grant in Grant.objects.filter(account__system=self.system).exclude(pk__in=known):
            self.found(grant)

    def give_up(self, paper: Paper) -> None:
        """What the system does not restore."""
        act = self.act(paper)
        if act and act.state == State.PLANNED and act.undo:
            self.scene.target.trouble.append(NotPermitted("our role may not restore it"))
            revoking.carry_out(act)
            self.note(paper, "stays taken")
            handling.cancel(remediation=act, by=self.scene.governor, reason="The role is gone.", at=clock.now())

    def undo(self, paper: Paper) -> None:
        decision = Decision.objects.filter(item__grant=paper.grant).order_by("pk").last()
        ended = paper.last("keep", "revoke", "suspend", "undone", "cancelled")
        if decision is None or paper.waits or ended in {"undone", "cancelled"}:
            return
        self.note(paper, "undone")
        self.scene.undo(decision)

    def outside(self, paper: Paper) -> None:
        """A complete read does not show it any more; a suspended one stays open."""
        if paper.open and again(paper.grant).intended != "suspended":
            self.note(paper, "closed")
            self.scene.target.present.discard(key(paper.grant))
            now = clock.now()
            Grant.objects.filter(pk=paper.grant.pk).update(seen=Seen.ABSENT, seen_at=now, closed_at=now)

    def comes_back(self, paper: Paper) -> None:
        """A new grant, in place of one that has ended."""
        account, entitlement = paper.grant.account, paper.grant.entitlement
        held = Grant.objects.open().filter(account=account, entitlement=entitlement)
        if not held.exists() and not self.act(paper):
            self.held(account, entitlement, returns_to=paper.grant)

    def use(self, paper: Paper) -> None:
        """What was suspected is cleared."""
        self.note(paper, "cleared")
        actor = ledger.Actor.step("checking")
        findings.clear(Finding.objects.filter(grant=paper.grant), at=clock.now(), actor=actor, why="used")

    def withdraw(self, _: Paper) -> None:
        """Questions without a reason."""
        for paper in self.papers:
            if paper.waits and (not paper.open or paper.last("suspected", "cleared") == "cleared"):
                self.note(paper, "withdrawn")
        withdrawing.withdraw_items()

    def paper_of(self, act: Remediation) -> Paper:
        return next(paper for paper in self.papers if paper.grant == act.grant)


VERBS = ["ask", "ask", "keep", "revoke", "silence", "silence", "release", "cancel", "drift", "send", "prove", "undo"]
VERBS += ["outside", "comes_back", "use", "withdraw", "give_up"]
STEPS = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, GRANTS - 1)), max_size=14)


def all_of(*verbs: str) -> list[tuple[str, int]]:
    return [(verb, 0) for verb in verbs]


def buckets(history: History, since: datetime, until: datetime) -> dict[int, str]:
    """What is counted of these grants; it reconciles."""
    mine = {str(paper.grant.pk) for paper in history.papers}
    found = list(population.rows(Period(since, until)))
    counts = count(found)
    assert counts["difference"] == 0
    assert len(found) == len({row["grant"] for row in found}) == counts["population"]
    return {int(row["grant"]): row["bucket"] for row in found if row["grant"] in mine}


def expected(history: History, since: float, until: float) -> dict[int, str]:
    said = {paper.grant.pk: oracle(paper, since, until) for paper in history.papers}
    return {grant: bucket for grant, bucket in said.items() if bucket}


@pytest.fixture
def braked(make_scene) -> Scene:
    """Nothing is suspended by policy without a person."""
    return make_scene(brake_floor=0, brake_percent=0)


@pytest.mark.django_db
@settings(max_examples=5)
@given(first=STEPS, second=STEPS)
@example(first=all_of("ask", "silence"), second=all_of("cancel"))
@example(first=all_of("ask", "silence", "cancel"), second=[])
@example(first=all_of("ask", "silence", "cancel", "use"), second=all_of("outside"))
@example(first=all_of("ask", "silence"), second=all_of("release", "send", "prove", "undo"))
@example(first=all_of("ask", "silence", "release", "drift"), second=all_of("ask", "keep"))
@example(first=all_of("ask", "keep"), second=all_of("outside", "comes_back"))
@example(first=all_of("ask", "keep", "outside"), second=all_of("comes_back", "ask"))
@example(first=all_of("ask", "revoke", "send", "prove", "undo", "send"), second=all_of("prove"))
@example(first=all_of("ask", "revoke", "send"), second=all_of("outside", "undo"))
@example(first=all_of("ask", "revoke", "send", "undo"), second=all_of("outside", "send", "prove"))
@example(first=all_of("ask", "revoke", "send", "prove", "undo"), second=all_of("send", "give_up"))
@example(first=all_of("ask", "revoke", "send", "prove", "undo"), second=all_of("give_up"))
@example(first=all_of("ask", "revoke", "send", "undo", "give_up"), second=all_of("outside"))
@example(first=all_of("ask", "silence", "release", "send", "prove", "undo"), second=all_of("send", "prove"))
@example(first=all_of("ask", "silence", "release", "send", "prove", "undo", "send"), second=all_of("use", "prove"))
@example(first=all_of("ask", "silence", "release", "send", "prove", "undo", "give_up"), second=all_of("ask"))
@example(first=all_of("ask", "revoke"), second=all_of("undo", "outside"))
@example(first=all_of("ask", "keep", "undo"), second=all_of("use"))
def test_every_history_is_counted_as_on_paper(braked, first, second):
    history = History(braked)
    begin = clock.now() - timedelta(days=1)
    for verb, place in first:
        history.do(verb, history.papers[place])
    middle, after = clock.now(), history.step + 1
    history.step += 1
    at_once = buckets(history, begin, middle)
    for verb, place in second:
        history.do(verb, history.papers[place])
    end = clock.now()
    assert at_once == expected(history, 0, after)
    assert buckets(history, begin, middle) == at_once, "what came after the period changed it"
    assert buckets(history, middle, end) == expected(history, after, math.inf)
