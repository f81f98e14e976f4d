"""A small organisation with one agent beside one system in memory, and what people and time do to it."""

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

from django.db.models import F

from governance import access, clock, connecting
from governance.ledger import Actor
from governance.models import (
    Account,
    Agent,
    Entry,
    Finding,
    Grant,
    GrantUse,
    OrgUnit,
    Ownership,
    Person,
    Policy,
    System,
)
from governance.policy import facts
from reviews import deciding, lapsing, opening, revoking, undoing, verifying
from reviews.deciding import Said
from reviews.models import Answer, Ask, Assignment, Decision, Item, Remediation, Review, Verdict
from reviews.models.decision import Task
from reviews.ruling import Via
from tests.factories import (
    AccountFactory,
    AgentFactory,
    ClaimFactory,
    FindingFactory,
    GrantFactory,
    OrganisationFactory,
    OrgUnitFactory,
    OwnershipFactory,
    PersonFactory,
    SystemFactory,
)
from tests.reviews.factories import LONG_AGO, AskFactory
from tests.reviews.target import KIND, Target

ACTOR = Actor.operator("test")
VIA = Via(surface="slack", assurance="simulated")
MEDIUM, HIGH = 45, 65
SAID = {
    "never_used": {"runs": 214, "held_since": LONG_AGO, "held_since_basis": "stated", "observed_from": LONG_AGO},
    "ownerless": {"last_owner": "Nadia Karim", "last_owner_id": 1, "employment": "left", "until": LONG_AGO},
    "appeared": {"seen_at": LONG_AGO},
}


@dataclass
class Scene:
    """Maria owns the agent, Deniz stands in for her, Tomas manages her, Ines governs, Omar owns the system."""

    target: Target
    policy: Policy
    unit: OrgUnit = field(default_factory=OrgUnitFactory)
    manager: Person = field(init=False)
    owner: Person = field(init=False)
    deputy: Person = field(init=False)
    governor: Person = field(init=False)
    system_owner: Person = field(init=False)
    system: System = field(init=False)
    account: Account = field(init=False)
    agent: Agent = field(init=False)

    def __post_init__(self) -> None:
        OrganisationFactory()
        self.manager = PersonFactory(name="Tomas", unit=self.unit)
        self.owner = PersonFactory(name="Maria", unit=self.unit, manager=self.manager)
        self.deputy = PersonFactory(name="Deniz", unit=self.unit)
        self.governor = PersonFactory(name="Ines", unit=self.unit)
        self.system_owner = PersonFactory(name="Omar", unit=self.unit)
        access.permit(who=self.governor, unit=self.unit, right=access.Right.GOVERN, actor=ACTOR)
        self.system = SystemFactory(name="Airline", kind=KIND, owner=self.system_owner, unit=self.unit)
        self.account = AccountFactory(system=self.system, name="support")
        self.agent = AgentFactory(name="airline-support", unit=self.unit)
        self.owns(self.owner)
        self.owns(self.deputy, role=Ownership.Role.DEPUTY)
        ClaimFactory(agent=self.agent, account=self.account)

    # -- what is there

    def owns(self, person: Person, **more: Any) -> Ownership:
        ownership: Ownership = OwnershipFactory(**{"agent": self.agent, "person": person} | more)
        return ownership

    def another_agent(self, name: str = "airline-rebooking") -> Agent:
        """Another agent on the same account, with an owner of its own."""
        agent: Agent = AgentFactory(name=name, unit=self.unit)
        self.owns(PersonFactory(name=f"owner of {name}", unit=self.unit), agent=agent)
        ClaimFactory(agent=agent, account=self.account)
        return agent

    def grant(self, **more: Any) -> Grant:
        """A grant of the agent's account that is there."""
        given: Grant = GrantFactory(**{"account": self.account, "risk": MEDIUM, "unit": self.unit} | more)
        self.target.present.add(key(given))
        return given

    def holds(self, grant: Grant) -> bool:
        """Whether the system itself has it."""
        return key(grant) in self.target.present

    # -- what is suspected, and asked

    def suspect(self, subject: Grant | Agent | System, check: str = "never_used", **more: Any) -> Finding:
        named = {"grant": None} | {type(subject).__name__.lower(): subject}
        found: Finding = FindingFactory(check_name=check, facts=SAID.get(check, {}), **named | more)
        return found

    def asked(self, grant: Grant | None = None, **more: Any) -> Item:
        """The open question about one grant."""
        grant = grant or self.grant(**more)
        self.suspect(grant)
        opening.open_reviews()
        return Item.objects.open().filter(grant=grant).earliest("pk")

    def asked_whose(self) -> Item:
        """The open question whose the agent is; nobody answers for it any more."""
        Ownership.objects.filter(agent=self.agent).update(until=clock.now())
        self.suspect(self.agent, "ownerless")
        opening.open_reviews()
        return Item.objects.open().get(subject_agent=self.agent)

    # -- what people do

    def decide(
        self,
        item: Item,
        verdict: Verdict,
        by: Person | None = None,
        *,
        via: Via = VIA,
        fingerprint: str = "",
        **more: Any,
    ) -> Answer:
        """A person's answer; a keep has a task, and words of its own, where none are given."""
        needed = {"reason": words(item), "task": Task.CURRENT} if verdict == Verdict.KEEP else {}
        said = Said(verdict=verdict, **needed | more)
        return deciding.decide(item=item, said=said, by=by or self.owner, via=via, fingerprint=fingerprint)

    def decided(self, verdict: Verdict, **more: Any) -> Decision:
        """The decision of the owner about a new grant."""
        item = self.asked(**more)
        self.decide(item, verdict, reason=words(item))
        return Decision.objects.get(item=item)

    def act(self, **more: Any) -> Remediation:
        """The planned removal of a new grant."""
        return only_act(self.decided(Verdict.REVOKE, **more))

    def undo(self, decision: Decision, by: Person | None = None, **more: Any) -> Any:
        return undoing.undo(decision=again(decision), by=by or self.owner, via=VIA, **more)


def words(item: Item) -> str:
    """A reason that nobody gave before."""
    return f"The gate staff's own tool runs it, case {item.pk}."


# -- what time does


def put(review: Review) -> Review:
    """Let the question have reached whoever is asked."""
    assignment = review.assignment
    if assignment is not None:
        sent = AskFactory(person=assignment.person, state=Ask.State.SENT, sent_at=clock.now())
        sent.reviews.add(review)
    return review


def late(review: Review, **span: float) -> Review:
    """Let so much time have passed in silence since the review was opened, and put to somebody."""
    return aged(put(review), **span)


def aged(review: Review, **span: float) -> Review:
    """Let so much time have passed since the review was opened."""
    moments = ("opened_at", "remind_at", "last_call_at", "escalate_at", "due_at")
    Review.objects.filter(pk=review.pk).update(**{name: F(name) - timedelta(**span) for name in moments})
    Assignment.objects.filter(review=review).update(since=F("since") - timedelta(**span))
    Ask.objects.filter(reviews=review).update(made_at=F("made_at") - timedelta(**span))
    return again(review)


def where_it_is(hour: int, *people: Person) -> None:
    """Let them live where it is past this hour of the day now."""
    ahead = (hour - clock.now().astimezone(UTC).hour + 12) % 24 - 12
    Person.objects.filter(pk__in=[person.pk for person in people]).update(time_zone=f"Etc/GMT{-ahead:+d}")


def used(item: Item) -> Item:
    """Its grant was used a minute ago: where risk is low, one click keeps it."""
    GrantUse.objects.create(grant=item.grant, last_used_at=clock.now() - timedelta(minutes=1), uses=1)
    now = facts.of_grant(item.grant_id)
    Item.objects.filter(pk=item.pk).update(facts=now, fingerprint=facts.fingerprint(now))
    return again(item)


def carried_out(act: Remediation) -> Remediation:
    """Run the sweep of revoking, and read the act again."""
    revoking.carry_out_due()
    return again(act)


def looked_at(act: Remediation) -> Remediation:
    """Run the sweep of verifying, and read the act again."""
    verifying.verify_sent()
    return again(act)


def done(act: Remediation) -> Remediation:
    """Carry out and look."""
    carried_out(act)
    return looked_at(act)


def overdue_now(act: Remediation) -> None:
    """It need not wait any longer."""
    Remediation.objects.filter(pk=act.pk).update(next_at=clock.now() - timedelta(seconds=1), leased_until=None)


def silence(scene: Scene, number: int) -> list[Remediation]:
    """So many grants were asked about, and nobody answered."""
    grants = [scene.grant() for _ in range(number)]
    for grant in grants:
        scene.suspect(grant)
    opening.open_reviews()
    for item in Item.objects.open().filter(grant__in=grants).select_related("review"):
        if item.review.due_at > clock.now():
            late(item.review, days=15)
    lapsing.lapse_reviews()
    return list(Remediation.objects.filter(grant__in=grants).order_by("pk"))


def held(acts: list[Remediation]) -> int:
    """How many of them wait in a hold."""
    return sum(act.hold_id is not None for act in acts)


# -- what is so


def key(grant: Grant) -> str:
    """What the system calls a grant."""
    return connecting.as_held(grant).key


def again(row: Any) -> Any:
    """The row as it is now."""
    return type(row).objects.get(pk=row.pk)


def only_act(decision: Decision) -> Remediation:
    return Remediation.objects.get(decision=decision)


def told(row: Any, kind: str = "") -> list[str]:
    """What the ledger says of a row, in order."""
    named = kind or type(row).__name__.lower()
    return list(Entry.objects.about(kind=named, key=row.pk).values_list("act", flat=True))


def entry(act: str) -> Entry:
    """The newest entry of an act."""
    return Entry.objects.filter(act=act).newest_first()[0]


def nothing_was_said() -> bool:
    return not (Answer.objects.exists() or Decision.objects.exists() or Remediation.objects.exists())


def whom(review: Review) -> str | None:
    """Who is asked now."""
    assignment = again(review).assignment
    return assignment.person.name if assignment else None
