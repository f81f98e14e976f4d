"""Grants: what is known of them, and what was asked and done about it."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString

from governance import access
from governance.admin import viewing
from governance.admin.filters import Seen
from governance.admin.inventory import findings
from governance.admin.page import AT_MOST, Counted, Page, Table
from governance.admin.site import site
from governance.models import Grant, GrantScore, Person
from governance.policy import rating
from governance.policy.terms import Terms
from reviews.admin.filters import HeldBy, Stands
from reviews.admin.sight import assigned
from reviews.admin.tables import acts, asked_about


@admin.register(Grant, site=site)
class GrantPage(Page):
    """Grants, most risk first."""

    lead = "Entitlements held directly by an account, most risk first. One row is one continuous period of holding."
    list_display = ("entitlement", "account", "band", "stands", "held_since", "lease_ends_at")
    list_filter = (Stands, HeldBy, "seen", "intended", "held_since_basis", ("account__system", Seen))
    list_select_related = ("entitlement", "account__system")
    search_fields = ("entitlement__name", "account__name")
    ordering = ("-risk", "-pk")
    paginator = Counted
    facts = (
        "entitlement",
        "account",
        "band",
        "seen",
        "intended",
        "effect",
        "condition",
        "held_since",
        "held_since_basis",
        "used",
        "lease_ends_at",
        "revocable",
        "expires_at",
        "origin",
        "on_behalf_of",
        "instance",
        "unit",
        "opened_at",
        "closed_at",
        "returns_to",
        "native",
    )

    def words(self, row: Grant, person: Person) -> str:
        """Who holds what, and where it stands: what the system shows, and what people decided."""
        return (
            f"{row.account.name} holds {row.entitlement.name} in {row.account.system.name}: "
            f"{row.get_seen_display().lower()} in the system, {row.get_intended_display().lower()} by people."
        )

    @admin.display(description="risk", ordering="risk")
    def band(self, grant: Grant) -> SafeString:
        """Its band."""
        return viewing.risk(grant.band)

    @admin.display(description="state", ordering="seen")
    def stands(self, grant: Grant) -> str:
        """What the system shows and what people decided; a period that ended is closed."""
        shown, decided = grant.get_seen_display(), grant.get_intended_display().lower()
        return "Closed" if grant.closed_at else f"{shown}, {decided}"

    @admin.display(description="last use known")
    def used(self, grant: Grant) -> Any:
        """When it was last used, as far as anybody reported."""
        use = getattr(grant, "use", None)
        return use.last_used_at if use else "No use recorded. Whether it could have been seen stands in Coverage."

    def tables(self, row: Grant, person: Person) -> Iterable[Table]:
        """How its risk adds up, what is suspected, until when it may be held, what was asked and done."""
        yield terms(row)
        yield findings(row.findings.all(), person)
        leases = access.visible(row.leases.order_by("-ends_at", "-pk"), to=person)[:AT_MOST]
        yield Table(
            "Leases",
            ("Basis", "From", "Until"),
            [(each.get_basis_display(), each.starts_at, each.ends_at) for each in leases],
            empty="None: it is asked about at once.",
        )
        yield asked_about(row.items.all(), person, assigned("review", person))
        yield acts(row.remediations.all(), person)


def terms(grant: Grant) -> Table:
    """Every term of its score as it is now, and what was stored when the score was last written."""
    written = GrantScore.objects.filter(grant=grant).first()
    made = rating.of_grant(grant, Terms.of())
    note = (
        f"written as {written.risk} on {written.at:%-d %b %Y}, by tables of version {written.version} under policy"
        f" {written.policy}"
        if written
        else "not written yet: its first score is that of what it allows"
    )
    return Table(
        f"How its risk adds up: {rating.total(made)}",
        ("Term", "Points", "Why"),
        [(each.label, each.points if each.known else "unknown: 0", each.says) for each in made],
        empty="",
        note=note,
    )
