"""
Import people, agents and since when access is held: the same files as the commands, taken in by the same verbs.

First nothing is changed: the page says of each line what would change, or why it is refused. What is then taken in is
what was looked at; a text that was changed since is looked at again. For who governs the whole organisation.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from governance import access, clock, importing
from governance.admin.filling import Filled
from governance.admin.site import site
from governance.admin.viewing import viewer
from governance.errors import Invalid
from governance.importing.reading import YAML as YAML_NAMES
from governance.importing.reading import decoded
from governance.ledger import Actor

MOST_LINES, MOST_CHARACTERS = 250, 500_000  # a page answers within seconds
CSV, YAML = "csv", "yaml"
Lines = dict[int, importing.Cells]
LOOK, APPLY = "look", "apply"


@dataclass(frozen=True, slots=True)
class About:
    """What a page says of its kind of file."""

    words: str
    example: str
    command: str
    leads_to: str


ABOUT = {
    "people": About(
        "Who works here, whom they report to, and whether they are here.",
        "email,name,manager,unit,time_zone,employment,away_until",
        "import_people",
        "admin:governance_person_changelist",
    ),
    "agents": About(
        "Which agents there are, who answers for them, and with which accounts they act.",
        "name,unit,purpose,autonomy,owner,deputies,accounts,lifecycle,allowed_systems,reads_outsiders",
        "import_agents",
        "admin:governance_agent_changelist",
    ),
    "held-since": About(
        "For grants of which the system itself does not say since when they are held.",
        "system,account,entitlement,origin,date",
        "state_held_since",
        "admin:governance_grant_changelist",
    ),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What became, or would become, of the lines."""

    outcome: importing.Outcome
    lines: Lines
    done: bool

    @property
    def summed(self) -> str:
        """The counts."""
        return summed(self.outcome)

    @property
    def changes(self) -> list[tuple[int, str, str]]:
        """Lines that change something: number, what each is about, what changes."""
        told = ((number, words) for number, words in sorted(self.outcome.told.items()) if words)
        kept = ((number, words) for number, words in told if number not in self.outcome.refused)
        return [(number, name_of(self.lines[number]), ", ".join(words)) for number, words in kept]

    @property
    def refused(self) -> list[tuple[int, str, str]]:
        """Lines that are not taken: number, what each is about, why."""
        return [(number, name_of(self.lines[number]), why) for number, why in self.outcome.refusals]


class ImportForm(Filled):
    """A file, or its text; after a first look its text, to be mended where a line was refused."""

    file = forms.FileField(
        label="A file", required=False, help_text="CSV, or YAML where its name ends in .yaml or .yml."
    )
    text = forms.CharField(
        label="Or its text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "lines", "spellcheck": "false"}),
    )
    form = forms.ChoiceField(label="The text is", choices=[(CSV, "CSV"), (YAML, "YAML")], required=False, initial=CSV)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Let an uploaded file stand in place of the text."""
        filled = super().clean() or {}
        upload = filled.get("file")
        if upload is not None:
            self.take(filled, upload.name, upload.read(MOST_CHARACTERS * 4 + 1))
        # a browser sends lines back as CR LF, whatever they were: it is the same text
        filled["text"] = filled.get("text", "").replace("\r\n", "\n")
        filled["form"] = filled.get("form") or CSV
        if not filled.get("text", "").strip():
            self.add_error("file", "Choose a file, or paste its text.")
        elif len(filled["text"]) > MOST_CHARACTERS:
            self.add_error("file", f"More than {MOST_CHARACTERS:,} characters. The command takes files of any size.")
        return filled

    def take(self, filled: dict[str, Any], name: str, raw: bytes) -> None:
        """Take a file's text."""
        try:
            filled["text"] = decoded(raw, name=name)
        except Invalid as refusal:
            self.add_error("file", str(refusal))
        filled["form"] = YAML if name.lower().endswith(YAML_NAMES) else CSV

    def lines(self, kind: type[importing.Kind]) -> Lines:
        """Its lines. Raises Invalid for what makes the whole of it unreadable, and for too many."""
        name = f"text.{self.cleaned_data['form']}"
        lines = importing.lines_of(self.cleaned_data["text"], name=name, columns=kind.columns)
        if len(lines) > MOST_LINES:
            command = ABOUT[kind.name].command
            raise Invalid(f"{len(lines):,} lines; here {MOST_LINES} at once. manage.py {command} takes any number.")
        return lines

    def as_looked_at(self) -> str:
        """A word for exactly this text."""
        return sha256(f"{self.cleaned_data['form']}\n{self.cleaned_data['text']}".encode()).hexdigest()

    def looked_at(self) -> bool:
        """Whether exactly this was looked at before."""
        return str(self.cleaned_data["seen"]) == self.as_looked_at()

    def again(self) -> "ImportForm":
        """The form for the next step: the text that was looked at, and that it was."""
        kept = {name: self.cleaned_data[name] for name in ("text", "form")}
        return ImportForm(initial=kept | {"seen": self.as_looked_at()})


@require_http_methods(["GET", "HEAD", "POST"])
def import_lines(request: HttpRequest, kind: str) -> HttpResponse:
    """Look at a file, and then take it in."""
    person = viewer(request)
    if kind not in importing.KINDS or not access.governs_all(person):
        raise Http404("Imports are for who governs the whole organisation.")
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if not form.is_valid():
        return shown(request, kind, form)
    try:
        lines = form.lines(importing.KINDS[kind])
    except Invalid as refusal:
        return shown(request, kind, form.again(), trouble=str(refusal))
    return taken_in(request, kind, form, lines)


def taken_in(request: HttpRequest, kind: str, form: ImportForm, lines: Lines) -> HttpResponse:
    """What the lines would change; or, if exactly that was looked at and is wanted now, what they did change."""
    applies = request.POST.get("verb") == APPLY and form.looked_at()
    taker = importing.KINDS[kind](at=clock.now(), actor=Actor.person(viewer(request)))
    outcome = importing.take_in(taker, lines, dry_run=not applies)
    if applies:
        messages.success(request, f"{summed(outcome)}. It stands in the ledger under your name.")
        if not outcome.refused:
            return HttpResponseRedirect(reverse(ABOUT[kind].leads_to))
    return shown(request, kind, form.again(), Result(outcome, lines, done=applies))


def shown(
    request: HttpRequest, kind: str, form: ImportForm, result: Result | None = None, trouble: str = ""
) -> HttpResponse:
    """The page."""
    context = {
        **site.each_context(request),
        "title": importing.KINDS[kind].columns.title,
        "about": ABOUT[kind],
        "columns": importing.KINDS[kind].columns,
        "kinds": [(name, each.columns.title) for name, each in importing.KINDS.items() if name != kind],
        "form": form,
        "result": result,
        "trouble": trouble,
    }
    return TemplateResponse(request, "admin/import.html", context)


def name_of(cells: importing.Cells) -> str:
    """What a line is about: its first cells."""
    return cells.get("email") or cells.get("name") or " · ".join(list(cells.values())[:3])


def summed(outcome: importing.Outcome) -> str:
    """The counts."""
    return f"{outcome.added} new, {outcome.changed} changed, {outcome.same} the same, {len(outcome.refused)} refused"
