"""Use: sources, deliveries, coverage, runs."""

from django.contrib import admin

from governance.admin.page import Page
from governance.admin.site import site
from governance.models import Coverage, Run, Source, UsageIntake


@admin.register(Source, site=site)
class SourcePage(Page):
    """Sources."""

    list_display = ("name", "system", "provenance", "rhythm")


@admin.register(UsageIntake, site=site)
class UsageIntakePage(Page):
    """Deliveries, newest first."""

    list_display = ("source", "starts_at", "ends_at", "rows", "kept", "refused", "unmatched", "runs", "rolled_up_at")
    ordering = ("-pk",)


@admin.register(Coverage, site=site)
class CoveragePage(Page):
    """When use could have been seen."""

    list_display = ("source", "system", "starts_at", "ends_at", "reports_runs")


@admin.register(Run, site=site)
class RunPage(Page):
    """Runs, newest first."""

    list_display = ("native_id", "agent", "source", "started_at", "ended_at", "outcome")
    list_filter = ("outcome", "agent")
    ordering = ("-started_at",)
