"""
Policies: what is in force, and the weights of risk, which who governs the whole organisation may change here.

Before weights are in force it is shown what they would change; both are the same form.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from governance import access, clock, registering
from governance.admin import viewing
from governance.admin.filling import Filled
from governance.admin.page import Page, Table
from governance.admin.site import site
from governance.admin.viewing import viewer
from governance.errors import Refusal
from governance.ledger import Actor
from governance.models import Band, Combination, Parameters, Person, Policy
from governance.models.policy import GATED, POINTS

CHANGED = ("risk_weights", "combination_floors")
LABELS = {
    "everyone": "Everyone holds it: adds",
    "grantable": "Its holder may pass it on: adds",
    "admin_option": "A member may admit others: adds",
    "use": "Use: adds where unused, takes where used",
    "credential": "Age of credentials: adds where old, takes where a day old",
    "tainted": "The agent reads what outsiders write: adds",
    "autonomy": "Autonomy: adds where unattended, takes where approved",
    "accountability": "Who answers: adds where nobody, takes where a deputy too",
    **{str(each): f"{each.label}: at least" for each in Combination},
    GATED: "Lethal trifecta, rule of two, where a person approves what is risky: at most",
}


class Weights(Filled):
    """Every weight and every floor, as whole points."""

    def __init__(self, data: Any, parameters: Parameters) -> None:
        super().__init__(data)
        for part in CHANGED:
            stored = getattr(parameters, part)
            for name in filter(stored.__contains__, LABELS):
                self.fields[f"{part}.{name}"] = forms.IntegerField(
                    label=LABELS[name], initial=stored[name], min_value=0, max_value=POINTS
                )

    def parameters(self) -> dict[str, dict[str, int]]:
        """What was filled in, as policy takes it."""
        return {
            part: {
                key.partition(".")[2]: value for key, value in self.cleaned_data.items() if key.startswith(f"{part}.")
            }
            for part in CHANGED
        }


def worded(name: str, value: Any) -> Any:
    """A parameter as it is stored, bands in their order; where it is a duration, in words too: `7 days (604800)`."""
    if isinstance(value, dict):
        ordered = [key for key in Band if key in value] or value
        return viewing.text({key: worded(name, value[key]) for key in ordered})
    lasts = name.endswith("_seconds")
    return f"{clock.lasting(timedelta(seconds=value))} ({value})" if lasts else value


@admin.register(Policy, site=site)
class PolicyPage(Page):
    """Policies; the newest that has begun is in force. `manage.py set_policy` sets the next."""

    lead = "What policy decides. The newest that has begun is in force; manage.py set_policy sets the next."
    empty = "Policies are read by who governs or audits the whole organisation."
    list_before_template = "admin/policy_list.html"
    list_display = ("__str__", "in_force_from", "set_by")
    list_select_related = ("set_by",)
    ordering = ("-number",)
    facts = ("number", "in_force_from", "set_by")

    def tables(self, row: Policy, person: Person) -> Iterable[Table]:
        """All parameters, by the names and with the values that `manage.py set_policy` takes."""
        parameters = row.parameters.as_json().items()
        yield Table(
            "Parameters",
            ("Parameter", "Value"),
            [(viewing.code(name), worded(name, value)) for name, value in parameters],
            empty="None.",
            note="Of a duration, the seconds in brackets are what is set.",
        )

    def get_urls(self) -> list[URLPattern]:
        """A list and a record, and the form for the weights of risk."""
        weights = self.admin_site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(self.weights))
        return [path("weights/", weights, name="governance_policy_weights"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the way to the weights for who may change them."""
        may = access.governs_all(viewer(request))
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "may_weigh": may})
        return answer

    def weights(self, request: HttpRequest) -> HttpResponse:
        """The form; what it would change; and, once that was looked at, the act."""
        person, at = viewer(request), clock.now()
        if not access.governs_all(person):
            raise Http404("What risk weighs is for who governs the whole organisation.")
        form = Weights(request.POST or None, Policy.parameters_at(at))
        preview = None
        if request.method == "POST" and form.is_valid():
            try:
                if "set" in request.POST:
                    policy = registering.set_policy(
                        parameters=form.parameters(), at=at, actor=Actor.person(person), by=person
                    )
                    messages.success(request, f"{str(policy).capitalize()} is in force; scores follow within minutes.")
                    return HttpResponseRedirect(reverse("admin:governance_policy_changelist"))
                preview = registering.preview_policy(parameters=form.parameters(), at=at)
            except Refusal as refusal:
                form.refuse(refusal)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "What risk weighs",
            "form": form,
            "preview": preview,
        }
        return TemplateResponse(request, "admin/weights.html", context)
