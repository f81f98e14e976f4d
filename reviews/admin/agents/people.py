"""Who answers for an agent, in the order in which they are asked, why them, and how fast they answered before."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Q

from governance import clock
from governance.models import Agent, Employment, Ownership, Person
from reviews.models import Answer, Verdict

RECENT = 200  # answers that count


@dataclass(frozen=True, slots=True)
class Answering:
    """One person of the line."""

    person: Person
    role: str
    why: str
    pace: str

    @property
    def initials(self) -> str:
        """Two letters beside a name that stands in full."""
        words = self.person.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def people(agent: Agent) -> list[Answering]:
    """The owner, the deputies in order, the owner's manager."""
    line = agent.line()
    found = list(in_order(line))
    paces = pace(agent, [person for person, _, _ in found])
    return [Answering(person, role, f"{why}{absent(person)}", paces.get(person.pk, "")) for person, role, why in found]


def in_order(line: Sequence[Ownership]) -> Iterator[tuple[Person, str, str]]:
    """Who, as what, and when they are asked."""
    owner = next((each for each in line if each.role == Ownership.Role.OWNER), None)
    first = owner.person.name if owner else "nobody"
    for each in line:
        if each is owner:
            yield each.person, "owner", f"since {each.since:%-d %b %Y}; asked first"
        else:
            yield each.person, "deputy", f"asked when {first} is away, has left or is silent"
    if owner is not None and owner.person.manager is not None:
        yield owner.person.manager, "manager of the owner", "asked when nobody before them can or does"


def absent(person: Person) -> str:
    """Whether they are away or have left."""
    match person.employment:
        case Employment.LEFT:
            return ". Has left"
        case Employment.AWAY:
            return f". Away until {person.away_until:%-d %b}"
        case _:
            return ""


def pace(agent: Agent, people: Sequence[Person]) -> dict[int, str]:
    """How long they typically took to answer about this agent; nothing of who never did."""
    about = Q(item__agent=agent) | Q(item__subject_agent=agent)
    said = Answer.objects.filter(about, person__in=people).exclude(verdict=Verdict.SUSPEND)  # nobody asked them that
    took: dict[int, list[timedelta]] = defaultdict(list)
    recent = said.order_by("-pk").values_list("person", "assignment__since", "at")[:RECENT]
    for person, since, at in recent:
        took[person].append(at - since)
    return {person: typical(spans) for person, spans in took.items()}


def typical(spans: Sequence[timedelta]) -> str:
    """The median, in the largest unit, and of how many."""
    number = len(spans)
    middle = median(span.total_seconds() for span in spans)
    return f"Answers in {roughly(middle)} (median of {number})."


def roughly(span: float) -> str:
    """So many seconds in one unit, rounded."""
    seconds = max(round(span), 1)
    size = next((size for size in clock.UNITS.values() if seconds >= size), 1)
    return clock.lasting(timedelta(seconds=round(seconds / size) * size))


def first_able(found: Sequence[Answering], at: datetime) -> Person | None:
    """Who is asked now."""
    return next((each.person for each in found if each.person.able(at)), None)
