"""Remediations with every attempt, and holds."""

from django.contrib import admin
from django.utils.safestring import SafeString

from governance.admin.page import Lines, Page, pairs
from governance.admin.site import site
from reviews.evidence import execution_text
from reviews.models import Attempt, Hold, Remediation


class AttemptLines(Lines):
    """Every time it was tried or read."""

    model = Attempt
    fields = ("number", "kind", "outcome", "request", "response", "at")


@admin.register(Remediation, site=site)
class RemediationPage(Page):
    """Acts, newest first, and what became of each."""

    list_display = ("__str__", "system", "state", "level", "automatic", "hold", "sent_at", "verified_at")
    list_filter = ("state", "act", "automatic", "system")
    list_select_related = ("grant__entitlement", "grant__account", "account__system", "system", "hold__system")
    ordering = ("-pk",)
    readonly_fields = ("became", "showed")
    exclude = ("outcome", "before", "facts")
    inlines = (AttemptLines,)

    @admin.display(description="what became of it")
    def became(self, remediation: Remediation) -> str:
        """In words."""
        return execution_text(remediation)

    @admin.display(description="last read")
    def showed(self, remediation: Remediation) -> SafeString:
        """Direct, effective, other paths."""
        return pairs(remediation.outcome)


@admin.register(Hold, site=site)
class HoldPage(Page):
    """Holds; release and cancel are in governance's queue."""

    list_display = ("system", "opened_at", "why", "released_count", "closed_at")
    ordering = ("-pk",)
