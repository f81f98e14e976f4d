"""The ledger, read-only: entries and signed checkpoints. Its moments are in UTC, as they were hashed."""

from django.contrib import admin
from django.utils.safestring import SafeString

from governance.admin import viewing
from governance.admin.filters import worded
from governance.admin.page import Page
from governance.admin.site import site
from governance.ledger import Act
from governance.models import Checkpoint, Entry, Person

KINDS = {name: name for name in ("person", "policy", "step", "operator", "agent")}


@admin.register(Entry, site=site)
class EntryPage(Page):
    """Entries, newest first."""

    lead = "What happened, written with the fact and never changed. Check it without us: manage.py verify_ledger."
    empty = "The ledger is read by who governs or audits the whole organisation."
    list_display = ("id", "happened", "act", "actor", "about", "surface", "assurance")
    list_filter = (worded("act", {act.value: act.value for act in Act}, "act"), worded("actor_kind", KINDS, "actor"))
    ordering = ("-id",)
    facts = (
        "happened",
        "act",
        "actor",
        "authority",
        "surface",
        "assurance",
        "about",
        "body",
        "commitments",
        "place",
        "simulated",
    )

    def words(self, row: Entry, person: Person) -> str:
        """Who did what, about what."""
        return f"{self.actor(row).capitalize()}: {row.act}, about {self.about(row)}."

    @admin.display(description="at", ordering="id")
    def happened(self, entry: Entry) -> SafeString:
        """When, in UTC."""
        return viewing.exactly(entry.at)

    @admin.display(description="by")
    def actor(self, entry: Entry) -> str:
        """Who acted."""
        return f"{entry.actor_kind} {entry.actor_id}"

    @admin.display(description="about")
    def about(self, entry: Entry) -> str:
        """The subjects."""
        return ", ".join(f"{each['kind']} {each['id']}" for each in entry.subjects)

    @admin.display(description="place in the tree")
    def place(self, entry: Entry) -> str:
        """Its leaf, and the first signed size that holds it."""
        leaf = getattr(entry, "leaf", None)
        if leaf is None:
            return "Not sequenced yet; it follows within seconds of the commit."
        signed = Checkpoint.objects.covering(entry=entry.pk).first()
        return f"Leaf {leaf.index}, {signed or 'not under a signed checkpoint yet'}; hash {bytes(leaf.hash).hex()}"


@admin.register(Checkpoint, site=site)
class CheckpointPage(Page):
    """Signed sizes, newest first. Keep a copy outside: it is what a rewritten ledger cannot match."""

    lead = "Signed sizes of the ledger. Keep a copy outside: it is what a rewritten ledger cannot match."
    empty = "The ledger is read by who governs or audits the whole organisation."
    list_display = ("size", "signed", "root_shown")
    ordering = ("-size",)
    facts = ("size", "signed", "root_shown", "note_shown")

    @admin.display(description="at", ordering="size")
    def signed(self, checkpoint: Checkpoint) -> SafeString:
        """When, in UTC."""
        return viewing.exactly(checkpoint.at)

    @admin.display(description="root")
    def root_shown(self, checkpoint: Checkpoint) -> str:
        """The tree's root, in hex."""
        return bytes(checkpoint.root).hex()

    @admin.display(description="signed note")
    def note_shown(self, checkpoint: Checkpoint) -> SafeString:
        """To be copied as it is."""
        return viewing.verbatim(checkpoint.note)
