"""What was asked about an agent, and on its behalf: decision and execution as two facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from governance import access
from governance.models import Agent, Grant, Person
from reviews.admin.sight import assigned
from reviews.admin.tables import ABOUT, ACTED_ON, decided, state
from reviews.evidence import execution_text, title
from reviews.models import Item, Remediation, Review

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """One item, its decision, and the newest act that it caused."""

    item: Item
    about: str
    decision: Any
    act: Remediation | None

    @property
    def state(self) -> Any:
        """Where its act stands."""
        return state(self.act) if self.act else ""

    @property
    def became(self) -> str:
        """What became of it, in words."""
        return execution_text(self.act)

    @property
    def by(self) -> str:
        """The decision in a few words."""
        return decided(self.item) or ""


def items(agent: Agent, person: Person) -> QuerySet[Item]:
    """Items about the agent itself, or asked on its behalf, that the viewer sees."""
    about = Item.objects.filter(Q(agent=agent) | Q(subject_agent=agent))
    return access.visible(about, to=person, also=assigned("review", person))


def last(agent: Agent, person: Person) -> list[Asked]:
    """The newest of them."""
    chosen = list(
        items(agent, person)
        .select_related("review", *ABOUT, "decision__answer__person", "decision__policy", "decision__undo")
        .order_by("-pk")[:SHOWN]
    )
    acts = newest(chosen, person)
    return [Asked(item, title(item.subject), getattr(item, "decision", None), acts.get(item.pk)) for item in chosen]


def newest(items: Sequence[Item], person: Person) -> dict[int, Remediation]:
    """The newest act that each of these caused, where the viewer may see it."""
    caused = Q(decision__item__in=items) | Q(undo__decision__item__in=items)
    seen = access.visible(Remediation.objects.filter(caused), to=person)
    acts = seen.select_related(*ACTED_ON, "system__owner", "decision", "undo__decision").order_by("pk")
    return {(act.decision or act.undo.decision).item_id: act for act in acts}  # type: ignore[union-attr]


def in_review(agent: Agent, person: Person, grants: set[int]) -> dict[int, Review]:
    """Which of these grants are asked about now, and where, as far as the viewer sees."""
    now = items(agent, person).filter(state="open", grant__in=grants).select_related("review")
    return {item.grant_id: item.review for item in now if item.grant_id}


def still_open(grants: set[int]) -> set[int]:
    """Through which of these grants something that was taken away lives on."""
    found = Grant.objects.filter(pk__in=grants, findings__check_name="still_effective")
    return set(found.exclude(findings__state="cleared").values_list("pk", flat=True))
