"""Sources of use, and the tokens by which they deliver it: issued here, shown once, and revoked."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from governance import access, clock, registering
from governance.admin.filling import Filled
from governance.admin.page import Page
from governance.admin.site import site
from governance.admin.viewing import viewer
from governance.errors import Invalid, Refusal
from governance.ledger import Actor
from governance.models import Person, Source, SourceToken


class TokenForm(Filled):
    """A token: who holds it, and what it may be used for."""

    name = forms.CharField(
        label="Who holds it",
        max_length=50,
        help_text="Letters, numbers, _ and -, such as collector-2.",
        error_messages={"required": "Say who holds it, such as collector-2."},
    )
    scope = forms.ChoiceField(
        label="What it may be used for",
        choices=SourceToken.Scope.choices,
        initial=SourceToken.Scope.DELIVER,
        help_text="Who says for what time a source is complete lets grants be called unused.",
    )

    def issue(self, source: Source, by: Person) -> str:
        """Issue it; return what is shown once. Raises Invalid."""
        name, scope = self.cleaned_data["name"], self.cleaned_data["scope"]
        _, characters = registering.issue_token(
            source=source, name=name, scope=scope, by=by, at=clock.now(), actor=Actor.person(by)
        )
        return characters


@admin.register(Source, site=site)
class SourcePage(Page):
    """Sources."""

    lead = (
        "Streams that report use. A system's own log shows everybody's. An agent's own word shows that agent's alone, "
        "and alone never clears a finding on a high-risk grant."
    )
    empty = "No source reports use yet: use is not observable, and nothing is called unused."
    record_template = "admin/source.html"
    list_display = ("name", "system", "provenance", "rhythm")
    list_select_related = ("system",)
    facts = ("system", "provenance", "rhythm", "shows_all", "since", "mapping")

    def get_urls(self) -> list[URLPattern]:
        """A list and a record, and the tokens."""
        return [
            path("<int:key>/tokens/", self.guarded(self.issue), name="governance_source_token"),
            path("<int:key>/tokens/<int:token>/revoke/", self.guarded(self.revoke), name="governance_source_revoke"),
            *super().get_urls(),
        ]

    def guarded(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """For people who may open the admin, by a button."""
        inside: Callable[..., Any] = self.admin_site.admin_view(never_cache(require_POST(view)))
        return inside

    def record(self, request: HttpRequest, key: int) -> HttpResponse:
        """One source, and its tokens."""
        return self.shown(request, key, TokenForm(None))

    def shown(self, request: HttpRequest, key: int, form: TokenForm, issued: str = "") -> HttpResponse:
        """The record, with the form as it stands; and with a token that has just been issued."""
        response = super().record(request, key)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            source = response.context_data["original"]
            response.context_data |= {
                "form": form,
                "issued": issued,
                "tokens": source.tokens.standing().select_related("issued_by").order_by("name"),
                "may_change": access.may_govern(viewer(request), source.system.unit),
                "door": request.build_absolute_uri(reverse("api-usage")),
            }
        return response

    def issue(self, request: HttpRequest, key: int) -> HttpResponse:
        """Issue a token and show it, on the answer to this request and nowhere else."""
        source = self.governed(request, key)
        form = TokenForm(request.POST)
        issued = ""
        if form.is_valid():
            try:
                issued = form.issue(source, viewer(request))
                form = TokenForm(None)
            except Invalid as refusal:
                form.refuse(refusal)
        form.focus()
        return self.shown(request, key, form, issued)

    def revoke(self, request: HttpRequest, key: int, token: int) -> HttpResponse:
        """End a token."""
        source = self.governed(request, key)
        row = get_object_or_404(source.tokens.all(), pk=token)
        try:
            registering.revoke_token(token=row, at=clock.now(), actor=Actor.person(viewer(request)))
            messages.success(request, f"{row} is revoked. It stands in the ledger under your name.")
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("admin:governance_source_change", args=[source.pk]))

    def governed(self, request: HttpRequest, key: int) -> Source:
        """A source of a system that the viewer governs; Http404 for any other."""
        source: Source = get_object_or_404(self.get_queryset(request).select_related("system__unit"), pk=key)
        if not access.may_govern(viewer(request), source.system.unit):
            raise Http404("Tokens are for who governs the system.")
        return source
