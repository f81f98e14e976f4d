"""What stands in governance's queue, kind by kind, with the forms by which a person ends it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Subquery

from governance import access
from governance.models import Entry, Finding, OrgUnit, Person, SyncRun, System
from governance.policy.checks import reason
from reviews import handling
from reviews.admin import forms
from reviews.admin.forms import Form
from reviews.admin.tables import ACTED_ON
from reviews.models import Act, Ask, Assignment, Hold, Remediation, Review, Workspace
from reviews.models.remediation import State

TO_DECIDE = ("system__unit", "system__owner")
PEOPLE_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits: its template, its row, its forms, and who may use them where the viewer may not."""

    kind: str
    row: Any
    since: datetime
    forms: tuple[Form, ...] = ()
    only: str = ""
    those: tuple[Remediation, ...] = ()
    words: str = ""

    @property
    def template(self) -> str:
        """How it is shown."""
        return f"admin/queue/{self.kind}.html"

    @property
    def chooses(self) -> bool:
        """Whether somebody can be chosen here."""
        return any(form.verb == "choose" for form in self.forms)


@dataclass(frozen=True, slots=True)
class Looking:
    """Somebody who looks at the queue, what they may decide (the verbs ask it again), and what was just refused."""

    person: Person
    at: datetime
    refused: Mapping[str, Any]
    units: set[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", set(access.units_of(self.person, access.Right.GOVERN)))

    def everything(self) -> list[Waiting]:
        """All that waits, the oldest first within each kind."""
        kinds = (held, shrunken, stuck, contradicted, unassigned, unreached, paused, stale, missed)
        return [self.as_typed(waiting) for kind in kinds for waiting in kind(self)]

    def people(self) -> QuerySet[Person]:
        """Who is offered where somebody is chosen: those who can act and whom the viewer sees."""
        able = Person.objects.able(self.at)
        return access.visible(able, to=self.person).order_by("name", "pk")[:PEOPLE_AT_MOST]

    def as_typed(self, waiting: Waiting) -> Waiting:
        """With what was typed into a form that was refused."""
        return replace(waiting, forms=tuple(forms.as_typed(form, self.refused) for form in waiting.forms))

    def governs(self, unit: OrgUnit) -> bool:
        """Whether they govern a unit."""
        return self.person.is_superuser or unit.pk in self.units

    def about(self, system: System, waiting: Waiting) -> Waiting:
        """What waits in a system: its forms, or who has them."""
        if system.owner_id == self.person.pk or self.governs(system.unit):
            return waiting
        only = f"Only {system.owner.name} or who governs {system.unit.name} can decide this."
        return replace(waiting, forms=(), only=only)

    def about_review(self, review: Review, waiting: Waiting) -> Waiting:
        """What waits in a review: its form, or who has it."""
        if self.governs(review.unit):
            return waiting
        return replace(waiting, forms=(), only=f"Only who governs {review.unit.name} can choose somebody.")


def held(looking: Looking) -> Iterator[Waiting]:
    """Open holds, with what waits in each."""
    holds = access.visible(Hold.objects.filter(closed_at=None), to=looking.person).select_related(*TO_DECIDE)
    acts: dict[int | None, list[Remediation]] = {}
    for act in Remediation.objects.filter(hold__in=holds, state=State.PLANNED).select_related(*ACTED_ON).order_by("pk"):
        acts.setdefault(act.hold_id, []).append(act)
    for hold in holds.order_by("opened_at", "pk"):
        those = tuple(acts.get(hold.pk, []))
        verbs = (
            forms.release(hold.pk, system=hold.system.name, number=len(those)),
            forms.cancel(hold.pk, number=len(those)),
        )
        yield looking.about(hold.system, Waiting("held", hold, hold.opened_at, verbs, those=those))


def shrunken(looking: Looking) -> Iterator[Waiting]:
    """Reads that showed much less than before."""
    runs = access.visible(SyncRun.objects.filter(state=SyncRun.State.HELD), to=looking.person)
    for run in runs.select_related(*TO_DECIDE).order_by("started_at", "pk"):
        verbs = (forms.accept(run.pk), forms.discard(run.pk))
        yield looking.about(run.system, Waiting("shrunken", run, run.started_at, verbs))


def stuck(looking: Looking) -> Iterator[Waiting]:
    """Acts that a system does not carry out."""
    for act in acts(Remediation.objects.filter(state=State.STUCK), looking):
        again = () if act.beyond_us else (forms.try_now(act.pk, system=act.system.name),)
        verbs = (*again, forms.attest(act.pk), forms.give_up(act.pk, gives=Act(act.act).gives))
        yield looking.about(act.system, Waiting("stuck", act, act.planned_at, verbs))


def contradicted(looking: Looking) -> Iterator[Waiting]:
    """Acts that somebody said they did, and that a later read shows undone."""
    for act in acts(handling.contradicted(Remediation.objects.all()), looking):
        verbs = (forms.try_now(act.pk, system=act.system.name),)
        yield looking.about(act.system, Waiting("contradicted", act, act.planned_at, verbs))


def acts(queryset: QuerySet[Remediation], looking: Looking) -> Iterable[Remediation]:
    """Those that the person sees."""
    seen = access.visible(queryset, to=looking.person)
    return seen.select_related(*ACTED_ON, *TO_DECIDE).order_by("planned_at", "pk")


def unassigned(looking: Looking) -> Iterator[Waiting]:
    """Questions for which there is nobody."""
    reviews = access.visible(Review.objects.unassigned(), to=looking.person)
    for review in reviews.select_related("unit").order_by("due_at", "pk"):
        yield looking.about_review(review, Waiting("unassigned", review, review.opened_at, (forms.choose(review.pk),)))


def unreached(looking: Looking) -> Iterator[Waiting]:
    """Reviews whose person of now no surface could reach: what was tried last has failed."""
    last = Ask.objects.questions_of_assignment().order_by("-pk")
    reviews = access.visible(Review.objects.open(), to=looking.person)
    asked = Assignment.objects.filter(until=None, review__in=reviews.values("pk")).annotate(
        said=Subquery(last.values("state")[:1]),
        made_at=Subquery(last.values("made_at")[:1]),
        trouble=Subquery(last.values("trouble")[:1]),
    )
    failed = asked.filter(said=Ask.State.FAILED).select_related("person", "review__unit")
    for each in failed.order_by("made_at", "pk"):
        form = forms.choose(each.review_id, instead=each.person.name)
        yield looking.about_review(each.review, Waiting("unreached", each, each.made_at, (form,), words=each.trouble))


def paused(looking: Looking) -> Iterator[Waiting]:
    """Slack workspaces that refuse us, for everybody who governs: nobody is asked there."""
    if not (looking.units or looking.person.is_superuser):
        return
    for workspace in Workspace.objects.filter(state=Workspace.State.PAUSED).order_by("pk"):
        told = Entry.objects.about(kind="workspace", key=workspace.pk).newest_first().first()
        yield Waiting("paused", workspace, told.at if told else looking.at, words=workspace.trouble)


def stale(looking: Looking) -> Iterator[Waiting]:
    """Systems that could not be read for long."""
    lagging: QuerySet[Any] = access.visible(System.objects.stale(looking.at), to=looking.person)
    for system in lagging.order_by("stale_since", "pk"):
        yield Waiting("stale", system, system.stale_since, words=system.trouble)


def missed(looking: Looking) -> Iterator[Waiting]:
    """What we found against ourselves, about a system. It ends by itself when a full check finds it no more."""
    standing = access.visible(Finding.objects.uncleared().about_systems(), to=looking.person)
    for finding in standing.select_related("system").order_by("raised_at", "pk"):
        words = reason(finding.check_name, finding.facts)
        yield Waiting("missed", finding, finding.raised_at, words=words)
