"""What systems hold, how they were read, and findings. Agents and grants have their pages in `reviews.admin`."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from governance import access
from governance.admin import viewing
from governance.admin.credentials import credentials
from governance.admin.filters import Seen, worded
from governance.admin.page import AT_MOST, Page, Table
from governance.admin.site import site
from governance.models import Account, Finding, Person, SyncRun
from governance.policy.checks import CHECKS, reason

SUBJECTS = ("grant__entitlement", "grant__account", "credential__account", "account__system", "agent", "system")
TITLES = {name: check.title for name, check in CHECKS.items()}


@admin.register(SyncRun, site=site)
class SyncRunPage(Page):
    """Syncs: pages, rows, and what was left out by which rule."""

    lead = "Every read of a system. Only a complete one marks anything as gone."
    list_display = ("__str__", "system", "state", "started_at", "ended_at", "identity")
    list_filter = ("state", ("system", Seen))
    list_select_related = ("system",)
    ordering = ("-pk",)
    facts = (
        "system",
        "state",
        "started_at",
        "ended_at",
        "identity",
        "connector_version",
        "counts",
        "trouble",
        "accepted_by",
        "digest",
    )

    def tables(self, row: SyncRun, person: Person) -> Iterable[Table]:
        """What was read, stream by stream."""
        yield Table(
            "What was read",
            ("Stream", "Pages", "Rows", "Complete", "Left out by rule"),
            [
                (name, each.get("pages", 0), each.get("rows", 0), each.get("complete", False), each.get("left_out", {}))
                for name, each in row.streams.items()
            ],
            empty="Nothing yet.",
        )


@admin.register(Account, site=site)
class AccountPage(Page):
    """Accounts."""

    lead = "Identities in systems. Everyone is one account: what it holds, everybody holds."
    list_display = ("name", "system", "kind", "enabled", "seen")
    list_filter = ("kind", ("system", Seen))
    list_select_related = ("system",)
    search_fields = ("name", "native_id")
    facts = ("system", "kind", "native_type", "native_id", "enabled", "seen", "owner_hints")

    def tables(self, row: Account, person: Person) -> Iterable[Table]:
        """Who uses it, and what it holds."""
        yield claims(row.claims.all(), person, title="Used by", empty="No agent that you may see is known to use it.")
        said = access.visible(row.disclaimers.select_related("by").order_by("-pk"), to=person)[:AT_MOST]
        yield Table(
            "Said to be no agent's",
            ("Who or what uses it", "Said by", "Since", "Until"),
            [(each.reason, each.by, each.since, each.until) for each in said],
            empty="Nobody has said that no agent uses it.",
        )
        yield credentials(row.credentials.all(), person)
        yield holdings(row.grants.all(), person)


@admin.register(Finding, site=site)
class FindingPage(Page):
    """Findings, newest first, with the reason in words."""

    lead = "Everything that should cause a question, whoever noticed it."
    empty = (
        "Nothing is suspicious to you. The checks go on: what falls due is checked within a minute, all of it nightly."
    )
    list_display = ("title", "subject", "band", "state", "raised_at", "why")
    list_filter = (worded("check_name", TITLES, "check"), "state", "severity")
    list_select_related = SUBJECTS
    ordering = ("-pk",)
    facts = ("why", "subject", "band", "state", "quiet_until", "raised_at", "cleared_at", "unit", "seen_then")

    def words(self, row: Finding, person: Person) -> str:
        """Why it was raised."""
        return self.why(row)

    @admin.display(description="finding", ordering="check_name")
    def title(self, finding: Finding) -> str:
        """What the check is called."""
        return TITLES.get(finding.check_name, finding.check_name)

    @admin.display(description="about")
    def subject(self, finding: Finding) -> Any:
        """The subject."""
        return finding.subject

    @admin.display(description="risk", ordering="severity")
    def band(self, finding: Finding) -> SafeString:
        """Its band."""
        return viewing.risk(finding.severity)

    @admin.display(description="reason")
    def why(self, finding: Finding) -> str:
        """One sentence."""
        return reason(finding.check_name, finding.facts)

    @admin.display(description="facts")
    def seen_then(self, finding: Finding) -> dict[str, Any]:
        """What the check saw."""
        return dict(finding.facts)


def claims(queryset: Any, person: Person, *, title: str, empty: str) -> Table:
    """Agents and the accounts that they use."""
    rows = access.visible(queryset.select_related("agent", "account__system").order_by("until", "pk"), to=person)
    return Table(
        title,
        ("Agent", "Account", "Since", "Until", "Basis"),
        [(each.agent, each.account, each.since, each.until or "now", each.basis) for each in rows[:AT_MOST]],
        empty=empty,
    )


def holdings(queryset: Any, person: Person) -> Table:
    """Open grants, most risk first."""
    rows = access.visible(
        queryset.open().select_related("entitlement", "account__system", "use").order_by("-risk", "-pk"), to=person
    )
    chosen = list(rows[: AT_MOST + 1])
    return Table(
        "Held now",
        ("What", "Held by", "Granted by", "Risk", "Held since", "Last use known", "State", "Lease ends"),
        [
            (
                viewing.Named(each, each.entitlement.name),
                each.account.name,
                each.native.get("grantor") or each.origin,
                viewing.risk(each.band),
                each.held_since,
                each.use.last_used_at if hasattr(each, "use") else "no use recorded",
                f"{each.get_seen_display()}, {each.get_intended_display().lower()}",
                each.lease_ends_at,
            )
            for each in chosen[:AT_MOST]
        ],
        empty="Nothing that you may see.",
        note=f"The {AT_MOST} of most risk; Grants has all." if len(chosen) > AT_MOST else "Most risk first.",
    )


def findings(queryset: Any, person: Person) -> Table:
    """What is suspected, and was."""
    rows = access.visible(queryset.select_related(*SUBJECTS).order_by("-pk"), to=person)[:AT_MOST]
    return Table(
        "Findings",
        ("Finding", "About", "Risk", "State", "Raised", "Cleared"),
        [
            (
                viewing.Named(each, reason(each.check_name, each.facts)),
                str(each.subject),
                viewing.risk(each.severity),
                each.get_state_display(),
                each.raised_at,
                each.cleared_at,
            )
            for each in rows
        ],
        empty="Nothing is suspected of it.",
    )


__all__ = ["claims", "findings", "holdings"]
