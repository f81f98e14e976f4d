"""Use: deliveries, coverage, runs."""

from django.contrib import admin

from governance.admin.page import Page
from governance.admin.site import site
from governance.models import Coverage, Run, UsageIntake


@admin.register(UsageIntake, site=site)
class UsageIntakePage(Page):
    """Deliveries, newest first."""

    lead = "Every delivery of use: what came, what was kept, and what was refused by line."
    empty = "Nothing was delivered yet: by POST /api/v1/usage, or by manage.py import_usage."
    list_display = ("source", "starts_at", "ends_at", "rows", "kept", "refused", "unmatched", "runs", "rolled_up_at")
    list_select_related = ("source",)
    ordering = ("-pk",)
    facts = (
        "source",
        "starts_at",
        "ends_at",
        "received_at",
        "rows",
        "kept",
        "refused",
        "unmatched",
        "runs",
        "rolled_up_at",
        "digest",
    )


@admin.register(Coverage, site=site)
class CoveragePage(Page):
    """When use could have been seen."""

    lead = (
        "When use could have been seen: an agent's, or everybody's where none is named. Outside these intervals it is "
        "not observable, and nothing is called unused."
    )
    list_display = ("source", "system", "agent", "starts_at", "ends_at", "reports_runs")
    list_select_related = ("source", "system", "agent")
    ordering = ("-ends_at", "-pk")
    facts = ("source", "system", "agent", "starts_at", "ends_at", "reports_runs")


@admin.register(Run, site=site)
class RunPage(Page):
    """Runs, newest first."""

    lead = "Task executions of agents, also those that used nothing."
    list_display = ("native_id", "agent", "source", "started_at", "ended_at", "outcome")
    list_filter = ("outcome",)
    list_select_related = ("agent", "source")
    search_fields = ("agent__name", "native_id")
    ordering = ("-started_at", "-pk")
    facts = ("agent", "source", "started_at", "ended_at", "outcome")
