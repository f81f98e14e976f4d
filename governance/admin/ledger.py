"""The ledger, read-only: entries and signed checkpoints. Its moments are in UTC, as they were hashed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from governance.admin import naming, viewing
from governance.admin.filters import worded
from governance.admin.page import Listing, Page
from governance.admin.site import site
from governance.admin.viewing import viewer
from governance.ledger import Act
from governance.models import Checkpoint, Entry, Person

KINDS = {name: name for name in ("person", "policy", "step", "operator", "agent")}


class Entries(Listing):
    """A list of entries whose subjects have names: one query a kind, however many rows."""

    def get_results(self, request: HttpRequest) -> None:
        """With the names of all that stands on the page."""
        super().get_results(request)
        rows = list(self.result_list)  # it keeps them: the page reads the same ones
        found = naming.names(rows, to=viewer(request))
        for row in rows:
            row.names = found


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
        "clock",
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        """One with names."""
        return Entries

    def one(self, request: HttpRequest, key: int) -> Any:
        """An entry with names."""
        row = super().one(request, key)
        row.names = naming.names([row], to=viewer(request))
        return row

    def words(self, row: Any, person: Person) -> str:
        """Who did what, about what."""
        about = ", ".join(naming.called(each["kind"], each["id"], row.names) for each in row.subjects)
        actor = naming.called(row.actor_kind, row.actor_id, row.names)
        return f"{actor[0].upper()}{actor[1:]}: {row.act}{f', about {about}' if about else ''}."

    @admin.display(description="clock")
    def clock(self, entry: Entry) -> str:
        """Whether the moment is that of a clock that was shifted; who was simulated, the assurance says."""
        return "shifted, as a test may do" if entry.simulated else "real"

    @admin.display(description="at", ordering="id")
    def happened(self, entry: Entry) -> SafeString:
        """When, in UTC."""
        return viewing.exactly(entry.at)

    @admin.display(description="by")
    def actor(self, entry: Any) -> SafeString | str:
        """Who acted."""
        return naming.linked(entry.actor_kind, entry.actor_id, entry.names)

    @admin.display(description="about")
    def about(self, entry: Any) -> SafeString:
        """The subjects, by name where the viewer sees them."""
        return naming.subjects(entry, entry.names)

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
