"""The ledger, read-only: entries and signed checkpoints."""

from django.contrib import admin
from django.utils.safestring import SafeString

from governance.admin.page import Page, pairs
from governance.admin.site import site
from governance.models import Checkpoint, Entry


@admin.register(Entry, site=site)
class EntryPage(Page):
    """Entries, newest first."""

    list_display = ("id", "at", "act", "actor_kind", "actor_id", "surface", "assurance", "about")
    list_filter = ("act", "actor_kind", "surface")
    ordering = ("-id",)
    readonly_fields = ("about", "said")
    fields = (
        "id",
        "at",
        "act",
        "actor_kind",
        "actor_id",
        "authority",
        "surface",
        "assurance",
        "about",
        "said",
        "simulated",
    )

    @admin.display(description="about")
    def about(self, entry: Entry) -> str:
        """The subjects."""
        return ", ".join(f"{each['kind']} {each['id']}" for each in entry.subjects)

    @admin.display(description="body")
    def said(self, entry: Entry) -> SafeString:
        """Name and value."""
        return pairs(entry.body)


@admin.register(Checkpoint, site=site)
class CheckpointPage(Page):
    """Signed sizes, newest first. Keep a copy outside: it is what a rewritten ledger cannot match."""

    list_display = ("size", "at")
    ordering = ("-size",)
    fields = ("size", "at", "note")
