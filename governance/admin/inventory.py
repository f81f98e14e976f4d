"""Agents, systems, accounts, entitlements, grants, findings."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from governance.admin.page import Lines, Page, pairs
from governance.admin.site import site
from governance.models import (
    Account,
    Agent,
    Claim,
    Entitlement,
    EntitlementAction,
    Finding,
    Grant,
    Lease,
    Ownership,
    SyncRun,
    System,
)
from governance.policy.checks import reason


class OwnershipLines(Lines):
    """Who answers for it."""

    model = Ownership
    fields = ("person", "role", "position", "since", "until")


class ClaimLines(Lines):
    """Which accounts it uses."""

    model = Claim
    fields = ("account", "since", "until", "basis")


class FindingLines(Lines):
    """What is suspected of it."""

    model = Finding
    fields = ("check_name", "severity", "state", "raised_at", "cleared_at")


@admin.register(Agent, site=site)
class AgentPage(Page):
    """Agents."""

    list_display = ("name", "unit", "autonomy", "lifecycle", "registered_at")
    list_filter = ("lifecycle", "autonomy")
    search_fields = ("name", "purpose")
    inlines = (OwnershipLines, ClaimLines, FindingLines)


@admin.register(System, site=site)
class SystemPage(Page):
    """Systems. The configuration holds no secret; secrets have no page."""

    list_display = ("name", "kind", "owner", "unit", "synced_at", "next_at", "trouble")
    fields = (
        "name",
        "kind",
        "config",
        "owner",
        "unit",
        "enforced_by",
        "capabilities",
        "active",
        "first_synced_at",
        "synced_at",
        "next_at",
        "trouble",
    )


@admin.register(SyncRun, site=site)
class SyncRunPage(Page):
    """Syncs: pages, rows, and what was left out by which rule."""

    list_display = ("__str__", "system", "state", "started_at", "ended_at", "identity")
    list_filter = ("state", "system")
    ordering = ("-pk",)


@admin.register(Account, site=site)
class AccountPage(Page):
    """Accounts."""

    list_display = ("name", "system", "kind", "enabled", "seen")
    list_filter = ("kind", "system")
    search_fields = ("name", "native_id")
    inlines = (ClaimLines,)


class ActionLines(Lines):
    """What one can do with it."""

    model = EntitlementAction
    fields = ("action", "resource")


@admin.register(Entitlement, site=site)
class EntitlementPage(Page):
    """Entitlements."""

    list_display = ("name", "system", "native_type", "privileged", "seen")
    list_filter = ("native_type", "system")
    search_fields = ("name", "native_id")
    inlines = (ActionLines,)


class LeaseLines(Lines):
    """Until when it may be held."""

    model = Lease
    fields = ("basis", "starts_at", "ends_at")


@admin.register(Grant, site=site)
class GrantPage(Page):
    """Grants, most risk first."""

    list_display = ("entitlement", "account", "seen", "intended", "risk", "held_since", "lease_ends_at", "closed_at")
    list_filter = ("seen", "intended", "held_since_basis", "account__system")
    list_select_related = ("entitlement", "account__system")
    search_fields = ("entitlement__name", "account__name")
    ordering = ("-risk", "-pk")
    inlines = (FindingLines, LeaseLines)


@admin.register(Finding, site=site)
class FindingPage(Page):
    """Findings, newest first, with the reason in words."""

    list_display = ("check_name", "about", "severity", "state", "raised_at", "why")
    list_filter = ("check_name", "state", "severity")
    list_select_related = ("grant__entitlement", "grant__account", "account", "agent", "system")
    ordering = ("-pk",)
    readonly_fields = ("why", "facts_shown")
    exclude = ("facts",)

    @admin.display(description="about")
    def about(self, finding: Finding) -> str:
        """The subject."""
        return str(finding.subject)

    @admin.display(description="reason")
    def why(self, finding: Finding) -> str:
        """One sentence."""
        return reason(finding.check_name, finding.facts)

    @admin.display(description="facts")
    def facts_shown(self, finding: Finding) -> SafeString:
        """Name and value."""
        facts: dict[str, Any] = finding.facts
        return pairs(facts)
