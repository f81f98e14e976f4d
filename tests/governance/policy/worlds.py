"""
Small worlds for checks and their oracles: one story a grant, each in a system of its own.

A story counts time in half days before the moment of judgement (0), so that generated times meet often.
`build` writes the stories as rows; an oracle reads the same stories in plain Python.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from governance import models
from governance.models import Parameters
from governance.policy.terms import Terms
from tests import factories

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
UNIT = timedelta(hours=12)
WEEK, SEASON, MONTH, RHYTHM = 14, 18, 16, 2  # in half days
RUNS = 3
PARAMETERS = Parameters(
    unused_runs=RUNS,
    unused_run_seconds=int(WEEK * UNIT.total_seconds()),
    unused_seconds=int(SEASON * UNIT.total_seconds()),
    rare_percent=70,  # one use is rare from five runs on
    over_scoped_seconds=int(MONTH * UNIT.total_seconds()),
    over_scoped_actions=4,
)
TERMS = Terms(AT, PARAMETERS)
REVIEW = {"low": 60, "medium": 28, "high": 14, "critical": 2}  # the default windows, in half days
RISKS = {0: "low", 39: "low", 40: "medium", 59: "medium", 60: "high", 80: "critical"}


@dataclass(frozen=True)
class Cover:
    """An interval of everybody's use, by the system's log; with `of`, of agent 0's or 1's, by its own word."""

    start: int
    end: int
    runs: bool
    of: int | None = None


@dataclass(frozen=True)
class Story:
    """
    What is true of one grant. Times are half days; a run of `others` is of a second agent that may share it.

    `retired` is which of the two is retired; its claim stays open. `actions` is when each was last used that the
    entitlement lists; the last one is a pattern.
    """

    held_since: int = -30
    resumed: int | None = None  # after a suspension
    last_use: int | None = None
    runs: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    covers: tuple[Cover, ...] = (Cover(-40, 0, runs=True),)
    rhythm: int | None = None
    tracked: bool = True
    shown: str = "always"  # by a log of the system: "always", "if_set" or "never"
    shows_all: bool = False  # it is set to
    traced: bool = True  # and names the holder
    claimed: bool = True
    shared: bool = True
    retired: int | None = None
    allowed: str = ""  # where agent 0 may work: nothing is stated, "here", or "elsewhere"
    kind: str = "login"
    native_type: str = "function"
    revocable: bool = True
    effect: str = "allow"
    seen: str = "present"
    intended: str = "undecided"
    closed: bool = False
    risk: int = 40
    used_runs: int = 0
    actions: tuple[int | None, ...] = ()
    redefined: int | None = None
    toxic: bool = False
    lease_ends: int | None = 100
    appeared: bool = False

    @property
    def in_question(self) -> bool:
        return (
            not self.closed
            and self.seen == "present"
            and self.effect == "allow"
            and self.intended in {"undecided", "held"}
        )

    @property
    def observable(self) -> bool:
        """Whether each use could be attributed."""
        return self.tracked and not self.hidden and self.traced

    @property
    def hidden(self) -> bool:
        return self.tracked and (self.shown == "never" or (self.shown == "if_set" and not self.shows_all))

    @property
    def users(self) -> tuple[int, ...]:
        """Who uses the account, as it is claimed."""
        return () if not self.claimed else (0, 1) if self.shared else (0,)

    @property
    def agents(self) -> tuple[int, ...]:
        """Those of them that somebody has to answer for."""
        return tuple(number for number in self.users if number != self.retired)

    @property
    def usable_since(self) -> int:
        return self.held_since if self.resumed is None else max(self.held_since, self.resumed)

    @property
    def idle_since(self) -> int:
        return self.usable_since if self.last_use is None else max(self.usable_since, self.last_use)


past = st.integers(-24, 0)
ahead = st.integers(0, 3)  # by a clock that goes before ours
whose = st.sampled_from([None, 0, 1])


@st.composite
def covers(draw) -> Cover:
    start = draw(st.integers(-30, -1))
    return Cover(start, draw(st.integers(start + 1, 0)), draw(st.booleans()), draw(whose))


fed = st.builds(
    lambda start, lag, runs, of: tuple(Cover(start, -lag, runs, each) for each in of),
    st.integers(-30, -10),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from([(None,), (None,), (0,), (0, 1)]),
)
TURNS = {
    "held_since": past,
    "resumed": past,
    "last_use": past,
    "runs": st.lists(past | ahead, max_size=6).map(tuple),
    "others": st.lists(past | ahead, max_size=2).map(tuple),
    "covers": fed | st.lists(covers(), max_size=4).map(tuple),
    "rhythm": st.sampled_from([1, 4]),
    "tracked": st.just(False),
    "shown": st.sampled_from(["if_set", "never"]),
    "shows_all": st.just(True),
    "traced": st.just(False),
    "claimed": st.just(False),
    "shared": st.just(False),
    "retired": st.sampled_from([0, 1]),
    "allowed": st.sampled_from(["here", "elsewhere", "elsewhere"]),
    "kind": st.sampled_from(["role", "everyone"]),
    "native_type": st.sampled_from(["schema", "membership"]),
    "revocable": st.just(False),
    "effect": st.sampled_from(["deny", "ceiling"]),
    "seen": st.sampled_from(["absent", "unknown"]),
    "intended": st.sampled_from(["held", "suspended", "gone"]),
    "closed": st.just(True),
    "risk": st.sampled_from(sorted(RISKS)),
    "used_runs": st.sampled_from([1, 2]),
    "actions": st.lists(st.none() | st.integers(-20, -1), min_size=3, max_size=6).map(tuple),
    "redefined": past,
    "toxic": st.just(True),
    "lease_ends": st.none() | st.integers(-3, 65),
    "appeared": st.just(True),
}


@st.composite
def stories(draw) -> Story:
    """A grant that is nearly suspicious, and what is different about it."""
    story = Story(
        held_since=draw(st.integers(-20, -12)),
        last_use=draw(st.none() | st.integers(-24, -12)),
        runs=tuple(draw(st.lists(st.integers(-14, -1), min_size=2, max_size=5))),
        covers=draw(fed),
        kind=draw(st.sampled_from(["login", "login", "everyone"])),
    )
    turns = draw(st.lists(st.sampled_from(sorted(TURNS)), max_size=3, unique=True))
    return replace(story, **{name: draw(TURNS[name]) for name in turns})


many_stories = st.lists(stories(), min_size=20, max_size=40)


def when(time: int) -> datetime:
    return AT + time * UNIT


@dataclass
class World:
    """The rows of some stories, and which grant is whose."""

    grants: list[models.Grant]
    story_of: dict[int, Story] = field(default_factory=dict)

    def tellers(self, spoken_of: Iterable[int]) -> set[int]:
        """The numbers of the stories whose grants these are."""
        numbers = {grant.pk: number for number, grant in enumerate(self.grants)}
        return {numbers[key] for key in spoken_of}


def build(told: Sequence[Story]) -> World:
    """Write the stories, a few statements in all."""
    person = factories.PersonFactory()
    unit = person.unit
    systems = models.System.objects.bulk_create(
        models.System(slug=f"s{n}", name=f"S {n}", kind="postgresql", owner=person, unit=unit) for n in range(len(told))
    )
    accounts = models.Account.objects.bulk_create(
        models.Account(system=system, native_type="role", native_id="1", kind=s.kind, name=f"a{n}")
        for n, (s, system) in enumerate(zip(told, systems, strict=True))
    )
    entitlements = models.Entitlement.objects.bulk_create(
        models.Entitlement(
            system=system,
            native_type=s.native_type,
            native_id="f",
            name="f",
            redefined_at=None if s.redefined is None else when(s.redefined),
        )
        for s, system in zip(told, systems, strict=True)
    )
    models.EntitlementAction.objects.bulk_create(
        models.EntitlementAction(
            entitlement=entitlement,
            action=action,
            resource="f",
            wild="*" in action,
            shown=s.shown if number == 0 else "always",
        )
        for s, entitlement in zip(told, entitlements, strict=True)
        if s.tracked
        for number, action in enumerate(listed(s))
    )
    grants = models.Grant.objects.bulk_create(
        grant(s, account=account, entitlement=entitlement, unit=unit)
        for s, account, entitlement in zip(told, accounts, entitlements, strict=True)
    )
    for s, row in zip(told, grants, strict=True):
        if s.last_use is not None:
            models.GrantUse.objects.create(grant=row, last_used_at=when(s.last_use), uses=1, runs=s.used_runs)
        if s.appeared:
            factories.FindingFactory(check_name="appeared", grant=row, unit=unit, raised_at=AT)
        if s.toxic:
            agent = factories.AgentFactory(unit=unit)
            factories.ToxicCombinationFactory(agent=agent, broken_by=row, found_at=AT)
    build_actions(grants, told)
    build_use(told, systems, accounts)
    return World(grants, {row.pk: s for s, row in zip(told, grants, strict=True)})


def listed(story: Story) -> list[str]:
    """What an entitlement allows."""
    return [f"do{n}" for n in range(len(story.actions) - 1)] + ["see_%*"] if story.actions else ["execute"]


def build_actions(grants: Sequence[models.Grant], told: Sequence[Story]) -> None:
    models.ActionUse.objects.bulk_create(
        models.ActionUse(grant=row, action=action.replace("*", "all"), last_used_at=when(time))
        for s, row in zip(told, grants, strict=True)
        for action, time in zip(listed(s), s.actions, strict=False)
        if time is not None
    )


def grant(story: Story, **of) -> models.Grant:
    return models.Grant(
        effect=story.effect,
        native={} if story.traced else {"untraced": True},
        held_since=when(story.held_since),
        resumed_at=None if story.resumed is None else when(story.resumed),
        seen=story.seen,
        intended=story.intended,
        revocable=story.revocable,
        risk=story.risk,
        opened_at=when(-40),
        closed_at=AT if story.closed else None,
        lease_ends_at=None if story.lease_ends is None else when(story.lease_ends),
        **of,
    )


def build_use(told, systems, accounts) -> None:
    unit = systems[0].unit
    by_system, by_agents = (
        models.Source.objects.bulk_create(
            models.Source(
                name=f"{word}{n}",
                system=system,
                provenance=word,
                rhythm=s.rhythm and s.rhythm * UNIT,
                shows_all=s.shows_all and word == "system",
            )
            for n, (s, system) in enumerate(zip(told, systems, strict=True))
        )
        for word in ("system", "agent")
    )
    pairs = models.Agent.objects.bulk_create(
        models.Agent(name=f"g{n}-{number}", unit=unit, registered_at=AT, lifecycle=lifecycle(s, number))
        for n, s in enumerate(told)
        for number in (0, 1)
    )
    claims, runs, covered = [], [], []
    for n, s in enumerate(told):
        both = pairs[2 * n : 2 * n + 2]
        for number, (agent, started) in enumerate(zip(both, (s.runs, s.others), strict=True)):
            until = None if number in s.users else AT
            claims.append(models.Claim(agent=agent, account=accounts[n], since=when(-1), until=until))
            runs += [
                models.Run(
                    agent=agent,
                    source=by_system[n],
                    native_id=f"{agent.pk}-{k}",
                    started_at=when(time),
                )
                for k, time in enumerate(started)
            ]
        covered += [
            models.Coverage(
                source=by_system[n] if each.of is None else by_agents[n],
                system=systems[n],
                agent=None if each.of is None else both[each.of],
                starts_at=when(each.start),
                ends_at=when(each.end),
                reports_runs=each.runs,
            )
            for each in s.covers
        ]
    models.Claim.objects.bulk_create(claims)
    models.Run.objects.bulk_create(runs)
    models.Coverage.objects.bulk_create(covered)
    allow(told, systems, pairs[::2])


def allow(told, systems, agents) -> None:
    stated = [each for each in zip(told, systems, agents, strict=True) if each[0].allowed]
    elsewhere = factories.SystemFactory() if stated else None
    models.Agent.allowed_systems.through.objects.bulk_create(
        models.Agent.allowed_systems.through(agent=agent, system=system if s.allowed == "here" else elsewhere)
        for s, system, agent in stated
    )


def lifecycle(story: Story, number: int) -> str:
    return "retired" if number == story.retired else "active"


def at(time: int) -> Terms:
    """The same terms, at another time."""
    return replace(TERMS, at=when(time))
