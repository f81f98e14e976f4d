"""
Connect a system, or change what is known of it: a form made from its connector's schema, and the verb behind it.

A new system is tried and read at once, by a worker; its page shows how far that has come.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from connectors import catalog
from governance import access, clock, hinting, probing, registering, sealing, syncing
from governance.admin import configuring
from governance.admin.filling import Filled
from governance.admin.site import site
from governance.admin.viewing import viewer
from governance.errors import Refusal
from governance.models import OrgUnit, Person, System


class SystemForm(Filled):
    """What a system is, and the configuration that its connector wants."""

    slug = forms.SlugField(
        label="Short name",
        max_length=50,
        help_text="Letters, numbers, _ and -. It stays for ever: imports and commands name the system by it.",
        error_messages={"required": "Short name is missing."},
    )
    name = forms.CharField(label="Name", max_length=200, error_messages={"required": "Name is missing."})
    owner = forms.EmailField(
        label="Owner",
        widget=forms.EmailInput(attrs={"list": "people", "autocomplete": "off"}),
        help_text="The e-mail address of who answers for the system, and is asked what no agent's owner can say.",
        error_messages={"required": "Owner is missing: somebody must answer for the system."},
    )
    unit = forms.ModelChoiceField(
        OrgUnit.objects.none(),
        label="Unit",
        empty_label="Choose one",
        help_text="Who governs it, or one above, can change the system and is asked where its owner can't be.",
        error_messages={"required": "Unit is missing: where does the system belong?"},
    )

    def __init__(self, data: QueryDict | None, *, kind: str, by: Person, system: System | None = None) -> None:
        self.kind, self.by, self.system = kind, by, system
        self.before: Mapping[str, Any] = system.config if system else {}
        self.schema = catalog.spec_of(kind).config_schema
        self.parts = list(configuring.parts_of(self.schema))
        super().__init__(data, initial=self.beginning())
        self.fields |= {part.name: configuring.field_of(part, self.stored()) for part in self.parts}
        units = self.fields["unit"]
        if isinstance(units, forms.ModelChoiceField):
            units.queryset = access.governed_by(by).order_by("name")
        if system is not None:
            del self.fields["slug"]

    def beginning(self) -> dict[str, Any]:
        """What stands in the fields at first."""
        said = {part.name: configuring.shown(part, self.before) for part in self.parts}
        if self.system is not None:
            said |= {"name": self.system.name, "owner": self.system.owner.email, "unit": self.system.unit}
        return said

    def stored(self) -> dict[str, str]:
        """Where each secret lies that is there: named in the environment, or sealed."""
        if self.system is None:
            return {}
        sealed = dict.fromkeys(self.system.secrets.values_list("field", flat=True), "sealed")
        return sealed | {name: str(self.before[name]) for name in self.secrets() if name in self.before}

    def secrets(self) -> list[str]:
        """The secrets' names."""
        return [part.path[-1] for part in self.parts if part.secret]

    def clean_owner(self) -> Person:
        """Somebody whom the person who fills it in may see, or they themselves."""
        email = self.cleaned_data["owner"]
        owner: Person | None = Person.objects.called(email)
        seen = access.visible(Person.objects.all(), to=self.by).filter(pk=owner.pk).exists() if owner else False
        if owner is None or not (seen or owner == self.by):
            raise forms.ValidationError(f"Nobody whom you may see has the address {email}. Import people first.")
        if not access.present(owner):
            raise forms.ValidationError(f"{owner.name} has left or may not log in. Name somebody who can answer.")
        return owner

    def clean(self) -> dict[str, Any]:
        """The configuration as a whole."""
        filled = super().clean() or {}
        config = configuring.read_back(self.parts, filled, self.before)
        for part in configuring.half_filled(self.parts, self.schema, config):
            self.add_error(part.name, f"{part.label} is missing; leave all of it empty, or none.")
        for name in self.secrets():
            if not filled.get(f"{configuring.PREFIX}.{name}") and name not in self.stored():
                self.add_error(f"{configuring.PREFIX}.{name}", f"{name.capitalize()} is missing.")
        return filled

    def connection(self) -> registering.Connection:
        """What was filled in. A secret that was left empty stays where it is."""
        filled = self.cleaned_data
        config = configuring.read_back(self.parts, filled, self.before)
        given = {name: str(filled.get(f"{configuring.PREFIX}.{name}") or "") for name in self.secrets()}
        named = {name: word for name, word in self.before.items() if name in given and not given[name]}
        named |= {name: word for name, word in given.items() if sealing.named(word)}
        return registering.Connection(
            slug=self.system.slug if self.system else filled["slug"],
            kind=self.kind,
            name=filled["name"],
            config=config | named,
            owner=filled["owner"],
            unit=filled["unit"],
            secrets={name: word for name, word in given.items() if word and not sealing.named(word)},
        )

    def save(self) -> System:
        """Connect or change it, and have it tried. Raises a Refusal."""
        at = clock.now()
        system = registering.connect_as(connection=self.connection(), system=self.system, by=self.by, at=at)
        probing.ask(system=system, by=self.by, at=at)
        hinting.hint(syncing.TASK)
        return system


@require_safe
def kinds(request: HttpRequest) -> HttpResponse:
    """Which kind of system it is; where there is one only, its form."""
    who_connects(viewer(request))
    if len(catalog.KINDS) == 1:
        return HttpResponseRedirect(reverse("admin:governance_system_connect_kind", args=list(catalog.KINDS)))
    specs = {kind: catalog.spec_of(kind) for kind in catalog.KINDS}
    context = {**site.each_context(request), "title": "Connect a system", "specs": specs}
    return TemplateResponse(request, "admin/system_kinds.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def connect(request: HttpRequest, kind: str) -> HttpResponse:
    """Connect a new system of this kind."""
    person = viewer(request)
    who_connects(person)
    if kind not in catalog.KINDS:
        raise Http404("There is no such kind of system.")
    return filled_in(request, SystemForm(request.POST or None, kind=kind, by=person))


def change(request: HttpRequest, system: System) -> HttpResponse:
    """Change what is known of a system."""
    person = viewer(request)
    if not access.may_govern(person, system.unit):
        raise Http404("There is no such system, or it is not yours to change.")
    return filled_in(request, SystemForm(request.POST or None, kind=system.kind, by=person, system=system))


def filled_in(request: HttpRequest, form: SystemForm) -> HttpResponse:
    """The form; or what became of it, and then the system's page."""
    if request.method == "POST" and form.is_valid():
        try:
            system = form.save()
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            done = "was changed" if form.system else "is connected"
            messages.success(request, f"{system.name} {done}. It is tried and read now; this page shows how far it is.")
            return HttpResponseRedirect(reverse("admin:governance_system_change", args=[system.pk]))
    form.focus()
    spec = catalog.spec_of(form.kind)
    context = {
        **site.each_context(request),
        "title": f"Change {form.system.name}" if form.system else f"Connect a system: {spec.name}",
        "form": form,
        "spec": spec,
        "system": form.system,
        "people": access.visible(Person.objects.filter(is_active=True), to=form.by).order_by("name")[:500],
    }
    return TemplateResponse(request, "admin/system_form.html", context)


def who_connects(person: Person) -> None:
    """Raise Http404 for who governs nothing: there is no form for them."""
    if not access.governed_by(person).exists():
        raise Http404("Only who governs a unit can connect a system.")
