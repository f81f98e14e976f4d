"""Attestations, and their files."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from governance.admin import viewing
from governance.admin.page import Page
from governance.admin.site import site
from reviews.models import Attestation


@admin.register(Attestation, site=site)
class AttestationPage(Page):
    """Attestations, newest first. The files verify without us: `manage.py verify_attestation`."""

    lead = "Signed statements over the evidence of a period. They verify without us: manage.py verify_attestation."
    empty = "Nothing is attested yet: a period closes by the calendar, or on demand by manage.py attest."
    list_display = ("__str__", "population", "checkpoint_size", "at", "files")
    list_select_related = ("signed_by",)
    ordering = ("-pk",)
    facts = (
        "starts_at",
        "ends_at",
        "files",
        "counts",
        "manifest_digest",
        "checkpoint_size",
        "note_shown",
        "assurance",
        "signed_by",
        "at",
    )

    def get_urls(self) -> list[URLPattern]:
        """The two files of an attestation."""
        file = self.admin_site.admin_view(self.file)
        return [path("<int:key>/<str:name>", file, name="reviews_attestation_file"), *super().get_urls()]

    def file(self, request: HttpRequest, key: int, name: str) -> HttpResponse:
        """One of the files, for those who may see the attestation; never kept by a cache."""
        found = self.get_queryset(request).filter(pk=key).first()
        contents = {
            "attestation.json": ("document", "application/json"),
            "attestation.csv": ("table", "text/csv; charset=utf-8"),
        }
        if found is None or name not in contents or not found.sealed_at:
            raise Http404
        field, kind = contents[name]
        answer = HttpResponse(getattr(found, field).encode(), content_type=kind)
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        answer["Cache-Control"] = "no-store"
        return answer

    @admin.display(description="checkpoint")
    def note_shown(self, attestation: Attestation) -> SafeString:
        """The signed note, to be copied as it is."""
        return viewing.verbatim(attestation.checkpoint_note)

    @admin.display(description="grants")
    def population(self, attestation: Attestation) -> int:
        """How many grants were counted."""
        return int(attestation.counts["population"])

    @admin.display(description="files")
    def files(self, attestation: Attestation) -> SafeString | str:
        """Where the files are."""
        if not attestation.sealed_at:
            return "being sealed"
        urls = [
            reverse("admin:reviews_attestation_file", args=[attestation.pk, f"attestation.{kind}"])
            for kind in ("json", "csv")
        ]
        return format_html('<a href="{}">JSON</a> <a href="{}">CSV</a>', *urls)
