"""What accounts prove themselves with: the list, and the table on the page of an account or an agent."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString

from governance import access
from governance.admin import viewing
from governance.admin.filters import Seen
from governance.admin.page import AT_MOST, Page, Table
from governance.admin.site import site
from governance.models import Credential, Person
from governance.models.grant import Seen as There
from governance.policy.checks import reason

NEVER = "never"


@admin.register(Credential, site=site)
class CredentialPage(Page):
    """Credentials."""

    lead = (
        "What accounts prove themselves with, as their systems list it. The secrets themselves are read by nobody here."
    )
    empty = "No system that you may see lists credentials."
    list_display = ("name", "account", "made", "expires", "used", "state")
    list_filter = ("kind", "active", ("account__system", Seen))
    list_select_related = ("account__system",)
    search_fields = ("native_id", "account__name")
    facts = ("account", "kind", "native_id", "state", "made", "expires", "used", "first_seen_at", "read_at")

    @admin.display(description="credential", ordering="native_id")
    def name(self, credential: Credential) -> str:
        """Its kind and its id."""
        return credential.name

    @admin.display(description="made", ordering="created_at")
    def made(self, credential: Credential) -> str:
        """When."""
        return made(credential)

    @admin.display(description="expires", ordering="expires_at")
    def expires(self, credential: Credential) -> str:
        """When, if ever."""
        return day(credential.expires_at) or NEVER

    @admin.display(description="last used", ordering="last_used_at")
    def used(self, credential: Credential) -> str:
        """When, as its system tells."""
        return used(credential)

    @admin.display(description="state", ordering="active")
    def state(self, credential: Credential) -> SafeString:
        """What the system shows, and what was decided."""
        return state(credential)

    def tables(self, row: Credential, person: Person) -> Iterable[Table]:
        """What is suspected of it."""
        found = access.visible(row.findings.order_by("-pk"), to=person)[:AT_MOST]
        yield Table(
            "Findings",
            ("Finding", "Risk", "State", "Raised", "Cleared"),
            [
                (
                    viewing.Named(each, reason(each.check_name, each.facts)),
                    viewing.risk(each.severity),
                    each.get_state_display(),
                    each.raised_at,
                    each.cleared_at,
                )
                for each in found
            ],
            empty="Nothing is suspected of it.",
        )


def credentials(queryset: Any, person: Person) -> Table:
    """Those of an account, or of an agent's accounts, that are there; what can be used first."""
    there = queryset.exclude(seen=There.ABSENT).select_related("account__system").order_by("-active", "pk")
    rows = access.visible(there, to=person)[:AT_MOST]
    return Table(
        "Credentials",
        ("Credential", "Of", "Made", "Expires", "Last used", "State"),
        [
            (
                viewing.Named(each, each.name),
                each.account,
                made(each),
                day(each.expires_at) or NEVER,
                used(each),
                state(each),
            )
            for each in rows
        ],
        empty="None is listed.",
        note="As their systems list them; the secrets themselves are read by nobody here.",
    )


def made(credential: Credential) -> str:
    """When it was made."""
    return day(credential.created_at) or "not told"


def used(credential: Credential) -> str:
    """When it was last used; unknown is never *never*."""
    return day(credential.last_used_at) or (NEVER if credential.tracked else "not observable")


def day(at: datetime | None) -> str:
    """A day with its year, which is what matters of something old; empty for none."""
    return f"{timezone.localtime(at):%-d %b %Y}" if at else ""


def state(credential: Credential) -> SafeString:
    """What the system shows, and what was decided."""
    shown = "Can be used" if credential.usable else ("Gone" if credential.seen == There.ABSENT else "Disabled")
    return viewing.chip(credential.intended, f"{shown}, {credential.get_intended_display().lower()}")
