"""The organisation: people, units, policy."""

from django.contrib import admin
from django.utils.safestring import SafeString

from governance.admin.page import Lines, Page, pairs
from governance.admin.site import site
from governance.models import ExternalIdentity, Organisation, OrgUnit, Ownership, Person, Policy


class IdentityLines(Lines):
    """Who they are elsewhere."""

    model = ExternalIdentity
    fields = ("scheme", "issuer", "value")


class AnswersForLines(Lines):
    """What they answer for."""

    model = Ownership
    fields = ("agent", "role", "position", "since", "until")


@admin.register(Person, site=site)
class PersonPage(Page):
    """People."""

    list_display = ("name", "email", "unit", "manager", "employment", "away_until")
    list_filter = ("employment",)
    search_fields = ("name", "email")
    fields = (
        "name",
        "email",
        "time_zone",
        "unit",
        "manager",
        "employment",
        "away_until",
        "is_active",
        "is_staff",
        "last_login",
    )
    inlines = (AnswersForLines, IdentityLines)


@admin.register(OrgUnit, site=site)
class OrgUnitPage(Page):
    """Units."""

    list_display = ("name", "parent")
    search_fields = ("name",)


@admin.register(Policy, site=site)
class PolicyPage(Page):
    """Policies; the newest that has begun is in force. `manage.py set_policy` sets the next."""

    list_display = ("__str__", "in_force_from", "set_by")
    ordering = ("-number",)
    fields = ("number", "in_force_from", "set_by", "shown")
    readonly_fields = ("shown",)

    @admin.display(description="parameters")
    def shown(self, policy: Policy) -> SafeString:
        """Name and value."""
        return pairs(policy.parameters.as_json())


@admin.register(Organisation, site=site)
class OrganisationPage(Page):
    """The one organisation."""

    list_display = ("name", "time_zone")
