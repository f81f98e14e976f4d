"""The list of agents, and the page about one: a sentence, acts with their consequence, and what is known of it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from governance import access, clock
from governance.admin import viewing
from governance.admin.credentials import credentials
from governance.admin.inventory import SUBJECTS, TITLES
from governance.admin.page import Page, Table
from governance.admin.site import site
from governance.admin.viewing import viewer
from governance.models import Account, Agent, Band, Credential, Employment, Finding, Grant, Ownership, Person, Policy
from governance.policy import use
from governance.policy.checks import reason
from governance.policy.wording import counted
from governance.reaching import Path
from reviews.admin import forms
from reviews.admin.agents import acting, asked, changes, grouping, people, picture, reached, toxic
from reviews.admin.agents import use as using
from reviews.admin.agents.grouping import Row
from reviews.admin.agents.reached import Reached
from reviews.admin.filters import Answered

FINDINGS = 12
BANDS = list(Band)


@admin.register(Agent, site=site)
class AgentPage(Page):
    """Agents."""

    lead = "Non-humans that act on their own, who answers for each, and how much harm the worst that it holds can do."
    empty = "No agent that you may see is registered yet: manage.py import_agents."
    record_template = "admin/agent.html"
    list_display = ("name", "owner", "risk", "unit", "autonomy", "lifecycle", "registered_at")
    list_filter = (Answered, "lifecycle", "autonomy")
    list_select_related = ("unit",)
    search_fields = ("name", "purpose")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        """Each with its owner's name, and the greatest risk of what its accounts hold themselves."""
        owner = Ownership.objects.filter(agent=OuterRef("pk"), until=None, role=Ownership.Role.OWNER)
        held = Grant.objects.held().filter(account__claims__agent=OuterRef("pk"), account__claims__until=None)
        rows: QuerySet[Agent] = super().get_queryset(request)
        return rows.annotate(
            owner_name=Subquery(owner.values("person__name")),
            owner_employment=Subquery(owner.values("person__employment")),
            held_risk=Subquery(held.order_by("-risk").values("risk")[:1]),
        )

    @admin.display(description="owner", ordering="owner_name", empty_value=viewing.NOTHING)
    def owner(self, agent: Any) -> str | None:
        """Who answers for it first, and that they have left."""
        gone = agent.owner_employment == Employment.LEFT
        return f"{agent.owner_name}, who has left" if gone else agent.owner_name

    @admin.display(description="direct risk", ordering="held_risk", empty_value=viewing.NOTHING)
    def risk(self, agent: Any) -> SafeString | None:
        """The band of the riskiest grant of its accounts; what they reach over roles is on its page."""
        return None if agent.held_risk is None else viewing.risk(Band.of(agent.held_risk))

    def record(self, request: HttpRequest, key: int) -> HttpResponse:
        """One agent."""
        agent = self.one(request, key)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": agent,
            "title": str(agent),
            **about(agent, viewer(request), refused=forms.refused_before(request)),
            "tables": self.hanging(request, agent),
        }
        return TemplateResponse(request, self.record_template, context)

    def tables(self, row: Agent, person: Person) -> Iterator[Table]:
        """What its accounts prove themselves with, where a system lists that."""
        found = credentials(Credential.objects.filter(account__in=used_by(row)), person)
        if found.rows:
            yield found


def about(agent: Agent, person: Person, *, refused: Any) -> dict[str, Any]:
    """All that the page shows, as of one moment."""
    at = clock.now()
    accounts = used_by(agent)
    reach = reached.reached(agent, accounts, to=person, at=at)
    keys = reach.grants
    rows = grouping.rows(reach, reviews=asked.in_review(agent, person, keys), still=asked.still_open(keys))
    tools = using.used(agent, accounts, rows, at=at)
    found = suspected(agent, accounts, person)
    answering = people.people(agent)
    return {
        "agent": agent,
        "at": at,
        "words": sentence(agent, rows, reach, tools.runs),
        "band": max(
            (*(row.band for row in rows), *(each.band for each in reach.abilities)), key=BANDS.index, default=None
        ),
        "people": answering,
        **acting.acts(agent, person, answering, at=at, refused=refused),
        "rows": rows,
        "reach": reach,
        "several_systems": len({account.system_id for account in accounts}) > 1,
        "picture": picture.picture(agent.name, rows),
        "read": oldest_read(accounts),
        "unread": [account for account in accounts if account.system.synced_at is None],
        "used": tools,
        "toxic": toxic.toxic(agent, person, Policy.parameters_at(at)),
        "findings": found[:FINDINGS],
        "finding_count": len(found),
        "reviews": asked.last(agent, person),
        "review_count": asked.items(agent, person).count(),
        "changes": changes.changes(agent, accounts, person),
        "claims": agent.claims.filter(until=None).select_related("account__system").order_by("pk"),
    }


def used_by(agent: Agent) -> list[Account]:
    """The accounts that it uses now, each with how many agents use it."""
    mine = Account.objects.filter(claims__agent=agent, claims__until=None).values("pk")
    sharing = Count("claims__agent", distinct=True, filter=Q(claims__until=None))
    return list(Account.objects.filter(pk__in=mine).select_related("system").annotate(users=sharing).order_by("pk"))


def oldest_read(accounts: list[Account]) -> datetime | None:
    """When the least fresh of its systems was read completely."""
    return min((each.system.synced_at for each in accounts if each.system.synced_at), default=None)


def sentence(agent: Agent, rows: list[Row], reach: Reached, runs: int) -> str:
    """What it can do, that which is everything first, and what it did of that, as far as that could be seen."""
    grants = list({grant.pk: grant for row in rows for grant in row.grants}.values())
    said = [everything(path) for path in reach.everything]
    if reach.abilities:
        names = ", ".join(dict.fromkeys(each.name for each in reach.abilities))
        said.append(f"By itself, beside what it holds, it may use {names}.")
    if grants:
        told = {path.grants[-1].pk for path in reach.everything}
        said += [*rights(rows, told), known_use(grants, runs)]
    if said:
        return " ".join(said)
    return f"Nothing is known that {agent.name} can reach: no account is known to be its own, or none was read yet."


def everything(path: Path) -> str:
    """Say that it may do all there is, as whom, and whether it would have to admit itself to a role first."""
    last = path.grants[-1]
    as_whom = f"as {last.account.name}, who is {last.entitlement.name}"
    first = f", once it admits itself to {path.admits}" if path.admits else ""
    return f"It can do everything in {last.account.system.name}, {as_whom}{first}."


def rights(rows: list[Row], told: set[int]) -> Iterator[str]:
    """What it can reach as it is; then how much that was not told by admitting itself first, and how much is no use."""
    useless = {key for row in rows for key in row.useless}
    plain = {each.pk: each for row in rows if not row.admits for each in row.grants if each.pk not in useless}
    admitted = {each.pk for row in rows if row.admits for each in row.grants} - plain.keys() - useless - told
    if plain:
        where = ", ".join(sorted({row.account.system.name for row in rows}))
        yield f"It can reach {grouping.summary(list(plain.values()))} in {where}."
    if admitted:
        yield f"{counted(len(admitted), 'right')} more only once it admits itself to a role, as it may."
    if useless:
        yield f"{counted(len(useless), 'right')} are of no use to it without what it cannot reach."


def known_use(grants: list[Grant], runs: int) -> str:
    """How often it ran, and what is known of the use of these; not observable is never unused."""
    ran = f"{counted(runs, 'run').capitalize() if runs else 'No run'} {'were' if runs > 1 else 'was'} reported"
    number = Counter(map(grouping.known, grants))
    if number[use.NOT_OBSERVABLE] == len(grants):
        return f"{ran} in the last 30 days; whether it uses any of this could not be seen."
    unused = f", {number[use.UNUSED]:,} unused" if number[use.UNUSED] else ""
    blind = f", and {number[use.NOT_OBSERVABLE]:,} not observable" if number[use.NOT_OBSERVABLE] else ""
    return f"{ran} in the last 30 days; {number[use.USED]:,} of {len(grants):,} rights are in use{unused}{blind}."


def suspected(agent: Agent, accounts: list[Account], person: Person) -> list[dict[str, Any]]:
    """What stands against it or what its accounts hold, the worst first."""
    held = Q(grant__account__in=accounts) | Q(credential__account__in=accounts)
    mine = Q(agent=agent) | held | Q(account__in=accounts)
    standing: QuerySet[Finding] = Finding.objects.uncleared().filter(mine)
    seen = access.visible(standing, to=person).select_related(*SUBJECTS).order_by("-pk")
    found = [
        {
            "row": each,
            "title": TITLES.get(each.check_name, each.check_name),
            "band": Band(each.severity),
            "about": str(each.subject),
            "reason": reason(each.check_name, each.facts),
        }
        for each in seen
    ]
    return sorted(found, key=lambda each: -each["band"].rank)
