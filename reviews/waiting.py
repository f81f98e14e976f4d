"""
What waits for a person because no sweep can finish it: governance's queue, kind by kind, the oldest first within each.

Every matter is in words here, so that each surface says the same: what happened, and what follows or is to be done. It
is narrowed to what the reader sees; who owns a system sees what waits in it besides, because they may end it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q, QuerySet, Subquery

from connectors.errors import NotPermitted
from governance import access, clock
from governance.models import Entry, Finding, OrgUnit, Person, Source, SyncRun, System
from governance.policy.checks import MISSED, reason
from governance.policy.observed import RHYTHM
from governance.policy.wording import counted
from reviews.hours import zone_of
from reviews.models import Ask, Assignment, Hold, Remediation, Review, Workspace
from reviews.models.remediation import State

IN_SYSTEM = ("system__unit", "system__owner")
ACTED_ON = ("grant__entitlement", "grant__account", "credential__account", "account__system", *IN_SYSTEM)
STAYS = "It stays here until"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One thing that waits; `chip` is the state that it looks like, `unit` and `system` say who may end it."""

    kind: str
    row: Any
    since: datetime
    label: str
    chip: str
    title: str
    words: str  # what happened
    then: str = ""  # what to do, or what follows by itself
    unit: OrgUnit | None = None  # none: whoever governs anything
    system: System | None = None
    acts: tuple[Remediation, ...] = ()

    @property
    def icon(self) -> str:
        """The icon beside its label."""
        return self.chip or "person"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to whom it is said, and what they may see and end."""

    person: Person
    at: datetime
    governed: frozenset[int] = field(init=False)
    seen: frozenset[int] = field(init=False)
    zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        for name, rights in (("governed", (access.Right.GOVERN,)), ("seen", tuple(access.Right))):
            object.__setattr__(self, name, frozenset(access.units_of(self.person, *rights)))
        object.__setattr__(self, "zone", zone_of(self.person))

    def when(self, moment: datetime) -> str:
        """A moment by the reader's clock."""
        return f"{moment.astimezone(self.zone):%a %-d %b, %H:%M}"

    def governs(self, unit: OrgUnit | None) -> bool:
        """Whether they govern a unit; None is any."""
        return self.person.is_superuser or (bool(self.governed) if unit is None else unit.pk in self.governed)

    def sees(self, unit: OrgUnit | None) -> bool:
        """Whether the pages about what lies in a unit open for them."""
        return self.person.is_superuser or unit is None or unit.pk in self.seen

    def may_end(self, matter: Matter) -> bool:
        """Whether they may end it: the verbs ask this again."""
        return self.governs(matter.unit) or (matter.system is not None and matter.system.owner_id == self.person.pk)

    def theirs(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Of what lies in a system: what they see, and what is in a system of theirs."""
        return access.visible(queryset, to=self.person, also=Q(system__owner=self.person))


def matters(reader: Reader) -> Iterator[Matter]:
    """All that waits."""
    for kind in KINDS:
        yield from kind(reader)


def held(reader: Reader) -> Iterator[Matter]:
    """Open holds, with what waits in each."""
    holds = reader.theirs(Hold.objects.filter(closed_at=None)).select_related(*IN_SYSTEM)
    acts: dict[int | None, list[Remediation]] = {}
    waiting = Remediation.objects.filter(hold__in=holds, state=State.PLANNED)
    for act in waiting.select_related(*ACTED_ON).order_by("pk"):
        acts.setdefault(act.hold_id, []).append(act)
    for hold in holds.order_by("opened_at", "pk"):
        those = tuple(acts.get(hold.pk, ()))
        yield in_system(
            hold,
            kind="held",
            since=hold.opened_at,
            label="Held by the brake",
            chip="held",
            title=f"{len(those)} suspension{'' if len(those) == 1 else 's'} in {hold.system.name}",
            words=f"{hold.why} Nothing happens until a person says so; until then the access is used as before.",
            acts=those,
        )


def shrunken(reader: Reader) -> Iterator[Matter]:
    """Reads that showed much less than before."""
    runs = reader.theirs(SyncRun.objects.filter(state=SyncRun.State.HELD)).select_related(*IN_SYSTEM)
    for run in runs.order_by("started_at", "pk"):
        yield in_system(
            run,
            kind="shrunken",
            since=run.started_at,
            label="Read held",
            chip="held",
            title=f"{run.system.name} showed much less than before",
            words=f"{run.trouble} Nothing was marked as gone, and it is not read again until a person decides.",
        )


def stuck(reader: Reader) -> Iterator[Matter]:
    """Acts that a system does not carry out."""
    for act in those(Remediation.objects.filter(state=State.STUCK), reader):
        words = f"{act.system.name} did not do it: {act.trouble or 'no reason was given.'}"
        if act.trouble.startswith(NotPermitted.__name__):
            words += f" The page of {act.system.name} says which right its credential lacks."
        tried = f"Tried {act.attempts} time{'' if act.attempts == 1 else 's'}. It is tried again, more and more slowly,"
        then = f"{tried} and stays here until a fresh read proves it or a person ends it."
        by_hand = f"{STAYS} a person says that it is done, or gives it up. It counts as said by them, not as proven."
        yield in_system(
            act,
            kind="stuck",
            since=act.planned_at,
            label="By hand" if act.beyond_us else "Stuck",
            chip="stuck",
            title=f"{act.get_act_display()}: {act.target}",
            words=act.task if act.beyond_us else words,
            then=by_hand if act.beyond_us else then,
        )


def contradicted(reader: Reader) -> Iterator[Matter]:
    """Acts that somebody said they did, and that a later read shows undone."""
    for act in those(Remediation.objects.contradicted(), reader):
        since_then = f"A complete read of {act.system.name} since then still shows it."
        yield in_system(
            act,
            kind="contradicted",
            since=act.planned_at,
            label="Still there",
            chip="stuck",
            title=f"{act.get_act_display()}: {act.target}",
            words=f"{act.outcome['attested_by']} said that it was done by hand. {since_then}",
            then=f"They wrote: {act.outcome['reason']}",
        )


def those(acts: QuerySet[Remediation], reader: Reader) -> Iterable[Remediation]:
    """Those that are the reader's to see."""
    return reader.theirs(acts).select_related(*ACTED_ON).order_by("planned_at", "pk")


def in_system(row: Any, **said: Any) -> Matter:
    """A matter that lies in the row's system."""
    return Matter(row=row, unit=row.system.unit, system=row.system, **said)


def unassigned(reader: Reader) -> Iterator[Matter]:
    """Questions for which there is nobody."""
    reviews = access.visible(Review.objects.unassigned(), to=reader.person)
    for review in reviews.select_related("unit").order_by("due_at", "pk"):
        choose = "Choose somebody; or name an owner or somebody who governs"
        yield Matter(
            kind="unassigned",
            row=review,
            since=review.opened_at,
            label="Nobody to ask",
            chip="",
            title=f"{review} {review.question}",
            words=f"Nobody in its line can act. {choose} {review.unit.name}, and they are asked within a minute.",
            then=after(review, reader),
            unit=review.unit,
        )


def unreached(reader: Reader) -> Iterator[Matter]:
    """Reviews whose person of now no surface could reach: what was tried last has failed."""
    last = Ask.objects.questions_of_assignment().order_by("-pk")
    reviews = access.visible(Review.objects.open(), to=reader.person)
    asked = Assignment.objects.filter(until=None, review__in=reviews.values("pk")).annotate(
        said=Subquery(last.values("state")[:1]),
        made_at=Subquery(last.values("made_at")[:1]),
        trouble=Subquery(last.values("trouble")[:1]),
    )
    failed: QuerySet[Any] = asked.filter(said=Ask.State.FAILED).select_related("person", "review__unit")
    for each in failed.order_by("made_at", "pk"):
        why = each.trouble or "no reason was given."
        yield Matter(
            kind="unreached",
            row=each,
            since=each.made_at,
            label="Not reached",
            chip="not-observable",
            title=f"{each.review} {each.review.question}",
            words=f"{each.person.name} is asked and was not reached: {why}",
            then=after(each.review, reader),
            unit=each.review.unit,
        )


def after(review: Review, reader: Reader) -> str:
    """What silence does where nobody was reached."""
    where = "where the question reached nobody, a person must release that here first"
    return f"After {reader.when(review.due_at)} policy decides to suspend; {where}. Silence never keeps."


def paused(reader: Reader) -> Iterator[Matter]:
    """Slack workspaces that refuse us, for everybody who governs: nobody is asked there."""
    if not reader.governs(None):
        return
    for workspace in Workspace.objects.filter(state=Workspace.State.PAUSED).order_by("pk"):
        told = Entry.objects.about(kind="workspace", key=workspace.pk).newest_first().first()
        why = workspace.trouble or "no reason was given."
        other = "What people there are asked goes out by other ways; what stands there is not brought up to date."
        token = "with a good token, and with the scopes that the manifest names. It leaves this list then."  # noqa: S105  (a sentence)
        yield Matter(
            kind="paused",
            row=workspace,
            since=told.at if told else reader.at,
            label="Slack refuses us",
            chip="stuck",
            title=f"Nobody is asked in {workspace.name} ({workspace.team_id})",
            words=f"Slack said: {why} {other}",
            then=f"Run manage.py connect_slack {workspace.team_id} {token}",
        )


def stale(reader: Reader) -> Iterator[Matter]:
    """Systems that could not be read for long."""
    own = Q(owner=reader.person)
    lagging: QuerySet[Any] = access.visible(System.objects.stale(reader.at), to=reader.person, also=own)
    for system in lagging.select_related("unit", "owner").order_by("stale_since", "pk"):
        leaves = "It is tried again by itself and leaves this list with its next complete read."
        yield Matter(
            kind="stale",
            row=system,
            since=system.stale_since,
            label="Not readable",
            chip="not-observable",
            title=f"{system.name} could not be read for long",
            words=system.trouble or "No read has come to its end.",
            then=f"Nothing there is marked as gone, and no removal there counts as proven. {leaves}",
            unit=system.unit,
            system=system,
        )


def silent(reader: Reader) -> Iterator[Matter]:
    """Sources of use that are silent for longer than their rhythm: one matter a source."""
    quiet: QuerySet[Any] = reader.theirs(Source.objects.silent(reader.at, usually=RHYTHM))
    for source in quiet.select_related(*IN_SYSTEM).order_by("heard_until", "pk"):
        often, heard = f"every {clock.lasting(source.rhythm or RHYTHM)}", source.heard_until
        last, more, then = (
            (f"the last delivery ends at {reader.when(heard)}", " any more", " since then")
            if heard
            else ("nothing has come yet", "", "")
        )
        yield in_system(
            source,
            kind="silent",
            since=heard or source.since,
            label="Source silent",
            chip="not-observable",
            title=f"{source.name} does not tell of use in {source.system.name}{more}",
            words=f"It should deliver at least {often}; {last}. "
            f"Use that it alone could show is not observable{then}, and nothing is called unused for it.",
            then="See why nothing comes: the log that it is made of, or what carries it here. It leaves this list with "
            "its next delivery.",
        )


def missed(reader: Reader) -> Iterator[Matter]:
    """What we found against ourselves, about a system. It ends by itself when a full check finds it no more."""
    standing = reader.theirs(Finding.objects.uncleared().about_systems().filter(check_name=MISSED.name))
    for finding in standing.select_related(*IN_SYSTEM).order_by("raised_at", "pk"):
        yield in_system(
            finding,
            kind="missed",
            since=finding.raised_at,
            label="Our mistake",
            chip="stuck",
            title=f"{finding.system.name} was not checked in time",
            words=reason(finding.check_name, finding.facts),
            then="It leaves this list when a nightly check finds nothing that was missed.",
        )


def unclaimed(reader: Reader) -> Iterator[Matter]:
    """Accounts that no agent claims and that are asked about: one matter a system, until none of them is nobody's."""
    standing = Finding.objects.uncleared().filter(check_name="unclaimed")
    seen = access.visible(standing, to=reader.person, also=Q(account__system__owner=reader.person))
    found: Any = seen.values_list("account__system").annotate(number=Count("pk"), since=Min("raised_at"))
    systems = System.objects.select_related("unit", "owner").in_bulk([system for system, _, _ in found])
    for key, number, since in found.order_by("since", "account__system"):
        one = number == 1
        yield Matter(
            kind="unclaimed",
            row=systems[key],
            since=since,
            label="Unclaimed",
            chip="",
            title=f"{counted(number, 'account')} in {systems[key].name} {'is' if one else 'are'} being asked about",
            words=f"{'It' if one else 'Each'} may sign in, and no agent is known to use it: somebody is asked whose.",
            then="Claim it for an agent, say that none uses it, or ask somebody who knows. Silence disables it.",
            unit=systems[key].unit,
            system=systems[key],
        )


KINDS = (held, shrunken, stuck, contradicted, unassigned, unreached, unclaimed, paused, stale, silent, missed)
