"""
What stands in governance's queue, as the page shows it: each matter with its page and the forms that end it.

What waits, and its words, comes from `reviews.waiting`. A kind with something of its own to show has a template of its
name in admin/queue; all others are shown by the one for a row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from governance import access
from governance.models import Person
from reviews import waiting
from reviews.admin import forms
from reviews.admin.forms import Form
from reviews.models import Act
from reviews.waiting import Matter, Reader

PEOPLE_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits: its forms, the address of its page, and who may end it where the viewer may not."""

    matter: Matter
    forms: tuple[Form, ...] = ()
    url: str = ""
    only: str = ""

    @property
    def template(self) -> tuple[str, str]:
        """How it is shown: the first of these that there is."""
        return f"admin/queue/{self.matter.kind}.html", "admin/queue/row.html"

    @property
    def chooses(self) -> bool:
        """Whether somebody can be chosen here."""
        return any(form.verb == "choose" for form in self.forms)


@dataclass(frozen=True, slots=True)
class Looking:
    """Somebody who looks at the queue, and what was just refused."""

    person: Person
    at: datetime
    refused: Mapping[str, Any]
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", Reader(self.person, self.at))

    def everything(self) -> list[Waiting]:
        """All that waits, the oldest first within each kind."""
        return [self.shown(matter) for matter in waiting.matters(self.reader)]

    def people(self) -> QuerySet[Person]:
        """Who is offered where somebody is chosen: those who can act and whom the viewer sees."""
        able = Person.objects.able(self.at)
        return access.visible(able, to=self.person).order_by("name", "pk")[:PEOPLE_AT_MOST]

    def shown(self, matter: Matter) -> Waiting:
        """A matter with its forms, or with who has them, and with what was typed into one that was refused."""
        made = FORMS.get(matter.kind, no_forms)(matter)
        url = page(matter) if self.reader.sees(matter.unit) else ""
        if not self.reader.may_end(matter):
            return Waiting(matter, url=url, only=who_may(matter) if made else "")
        return Waiting(matter, tuple(forms.as_typed(form, self.refused) for form in made), url)


def who_may(matter: Matter) -> str:
    """Who may end what the viewer may not."""
    unit = matter.unit.name if matter.unit else "anything"
    if matter.system is None:
        return f"Only who governs {unit} can choose somebody."
    return f"Only {matter.system.owner.name} or who governs {unit} can decide this."


def no_forms(_matter: Matter) -> tuple[Form, ...]:
    """It ends by itself, or elsewhere."""
    return ()


def of_hold(matter: Matter) -> tuple[Form, ...]:
    """Release some, or cancel all."""
    number = len(matter.acts)
    return (
        forms.release(matter.row.pk, system=matter.row.system.name, number=number),
        forms.cancel(matter.row.pk, number=number),
    )


def of_read(matter: Matter) -> tuple[Form, ...]:
    """Take a held read over, or throw it away."""
    return forms.accept(matter.row.pk), forms.discard(matter.row.pk)


def of_stuck(matter: Matter) -> tuple[Form, ...]:
    """Try again where we can, say that it is done, or give it up."""
    act = matter.row
    again = () if act.beyond_us else (forms.try_now(act.pk, system=act.system.name),)
    return (*again, forms.attest(act.pk), forms.give_up(act.pk, gives=Act(act.act).gives))


def of_claim(matter: Matter) -> tuple[Form, ...]:
    """Try what a read has contradicted."""
    return (forms.try_now(matter.row.pk, system=matter.row.system.name),)


def of_review(matter: Matter) -> tuple[Form, ...]:
    """Choose whom to ask."""
    return (forms.choose(matter.row.pk),)


def of_assignment(matter: Matter) -> tuple[Form, ...]:
    """Choose whom to ask instead."""
    return (forms.choose(matter.row.review_id, instead=matter.row.person.name),)


FORMS: Mapping[str, Callable[[Matter], tuple[Form, ...]]] = {
    "held": of_hold,
    "shrunken": of_read,
    "stuck": of_stuck,
    "contradicted": of_claim,
    "unassigned": of_review,
    "unreached": of_assignment,
}
# kind: the page that says more, and the field that holds its row's key
PAGES = {
    "held": ("reviews_hold", "pk"),
    "shrunken": ("governance_syncrun", "pk"),
    "stuck": ("reviews_remediation", "pk"),
    "contradicted": ("reviews_remediation", "pk"),
    "unassigned": ("reviews_review", "pk"),
    "unreached": ("reviews_review", "review_id"),
    "stale": ("governance_system", "pk"),
    "silent": ("governance_source", "pk"),
    "missed": ("governance_finding", "pk"),
}


def page(matter: Matter) -> str:
    """The address of the page that says more; empty where there is none."""
    if matter.kind == "unclaimed":
        return reverse("admin:unclaimed")
    if matter.kind not in PAGES:
        return ""
    name, key = PAGES[matter.kind]
    return reverse(f"admin:{name}_change", args=[getattr(matter.row, key)])
