"""Entitlements: what one can do with each, what it makes possible, and a person's word about that."""

from collections.abc import Container, Iterable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from governance import access, clock, registering
from governance.admin.filters import Seen
from governance.admin.inventory import holdings
from governance.admin.page import Page, Table
from governance.admin.site import site
from governance.admin.viewing import viewer
from governance.errors import Refusal
from governance.models import Entitlement, EntitlementTag, Person, TagName

HOLDS, HOLDS_NOT = "yes", "no"  # any other answer takes what people said back


@admin.register(Entitlement, site=site)
class EntitlementPage(Page):
    """Entitlements."""

    lead = "What can be held in a system: a function to execute, a table to read, a role to be a member of."
    record_template = "admin/entitlement.html"
    list_display = ("name", "system", "native_type", "makes_possible", "privileged", "seen")
    list_filter = ("native_type", ("system", Seen))
    list_select_related = ("system",)
    search_fields = ("name", "native_id")
    facts = ("system", "native_type", "native_id", "resource", "privileged", "confers", "seen", "definition_digest")

    @admin.display(description="makes possible")
    def makes_possible(self, entitlement: Entitlement) -> str:
        """The tags that count."""
        return ", ".join(each.label for each in TagName.among(entitlement.tag_bits))

    def get_urls(self) -> list[URLPattern]:
        """A list and a record, and the form by which a person says what it makes possible."""
        said = self.admin_site.admin_view(require_POST(self.say))
        return [path("<int:key>/tag/", said, name="governance_entitlement_tag"), *super().get_urls()]

    def record(self, request: HttpRequest, key: int) -> HttpResponse:
        """One entitlement, and the form for who may say something of it."""
        response = super().record(request, key)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            system = response.context_data["original"].system
            may = access.may_steer(viewer(request), system)
            response.context_data |= {"may_say": may, "names": TagName, "holds": HOLDS, "holds_not": HOLDS_NOT}
        return response

    def tables(self, row: Entitlement, person: Person) -> Iterable[Table]:
        """What one can do with it and what is said of it (no unit of their own: they go with it), and who holds it."""
        actions = row.actions.order_by("action", "resource")
        yield tags(row)
        yield Table(
            "What it allows",
            ("Action", "Resource", "Meant"),
            [
                (each.action, each.resource, "as patterns: * any, ? one" if each.wild else "as it is")
                for each in actions
            ],
            empty="Unknown.",
        )
        yield holdings(row.grants.all(), person)

    def say(self, request: HttpRequest, key: int) -> HttpResponse:
        """Let a person say what it makes possible, or that it does not, or take that back."""
        entitlement: Entitlement = self.one(request, key)
        tag, answer = request.POST.get("tag", ""), request.POST.get("answer", "")
        given: dict[str, Any] = {
            "entitlement": entitlement,
            "tag": tag,
            "by": viewer(request),
            "at": clock.now(),
        }
        try:
            if answer in {HOLDS, HOLDS_NOT}:
                registering.state_tag(holds=answer == HOLDS, **given)
            else:
                registering.withdraw_tag(**given)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "It counts at once; what hangs on it is worked out within a minute.")
        return HttpResponseRedirect(reverse("admin:governance_entitlement_change", args=[entitlement.pk]))


def tags(row: Entitlement) -> Table:
    """Who says what it makes possible, how sure that is, and what of it counts."""
    counting = set(TagName.among(row.tag_bits))
    said = row.tags.select_related("said_by").order_by("tag", "source")
    return Table(
        "What it makes possible",
        ("Tag", "Says who", "Sure", "Counts"),
        [(each.get_tag_display(), word_of(each), f"{each.confidence} %", counts(each, counting)) for each in said],
        empty="Nobody has said anything of it: neither our rules, nor the system's catalogue, nor a person.",
        note="a person's word counts alone",
    )


def word_of(tag: EntitlementTag) -> str:
    """Who says it, and whether that is a no."""
    if tag.said_by is None:
        return tag.get_source_display()
    return f"{tag.said_by.name}{': it does not' if tag.denied else ''}, {tag.said_at:%-d %b %Y}"


def counts(tag: EntitlementTag, counting: Container[TagName]) -> str:
    """Whether the tag counts, whoever says it."""
    return "yes" if TagName(tag.tag) in counting else "no"
