"""The organisation: people, units, policy."""

from collections.abc import Iterable

from django.contrib import admin

from governance import access
from governance.admin.page import AT_MOST, Page, Table
from governance.admin.site import site
from governance.models import Organisation, OrgUnit, Person


@admin.register(Person, site=site)
class PersonPage(Page):
    """People."""

    lead = "Who can be asked. A person who left is asked nothing, sees nothing and stays in the evidence."
    list_display = ("name", "email", "unit", "manager", "employment", "away_until")
    list_filter = ("employment",)
    list_select_related = ("unit", "manager")
    search_fields = ("name", "email")
    facts = (
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

    def tables(self, row: Person, person: Person) -> Iterable[Table]:
        """What they answer for, and who they are elsewhere (no unit of its own: it goes with the person)."""
        owned = access.visible(row.ownerships.select_related("agent").order_by("until", "-pk"), to=person)
        yield Table(
            "Answers for",
            ("Agent", "As", "Since", "Until"),
            [(each.agent, each.get_role_display(), each.since, each.until or "now") for each in owned[:AT_MOST]],
            empty="No agent that you may see.",
        )
        yield Table(
            "Known elsewhere as",
            ("Scheme", "Where", "Identity", "No colleague there since", "Until"),
            [
                (each.scheme, each.issuer, each.value, each.outside_since or "", each.until or "now")
                for each in row.identities.order_by("scheme", "issuer", "pk")
            ],
            empty="No identity elsewhere is linked: nobody reaches them on Slack.",
        )


@admin.register(OrgUnit, site=site)
class OrgUnitPage(Page):
    """Units."""

    lead = "The parts of the organisation. Who may see or govern one may see or govern what lies below."
    list_display = ("name", "parent")
    list_select_related = ("parent",)
    search_fields = ("name",)
    facts = ("parent",)

    def tables(self, row: OrgUnit, person: Person) -> Iterable[Table]:
        """Who may govern it, the nearest first: they are asked when nobody else is left."""
        governing = access.governors(row)
        yield Table("Governed by", ("Person",), [(each,) for each in governing], empty="Nobody; superusers alone.")


@admin.register(Organisation, site=site)
class OrganisationPage(Page):
    """The one organisation."""

    empty = "The organisation is read by who governs or audits the whole of it."
    list_display = ("name", "time_zone")
    facts = ("name", "time_zone", "working_days")
