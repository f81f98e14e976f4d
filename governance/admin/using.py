"""
Import what agents did: the same files as the command, taken in by the same verb.

A file is tried first, or taken in at once: taken in twice it stores nothing twice. Whose word it is, is named here too.
For who governs the whole organisation.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from governance import access, clock, observing, registering
from governance.admin.filling import Filled
from governance.admin.importing import APPLY
from governance.admin.site import site
from governance.admin.viewing import viewer
from governance.errors import Invalid
from governance.ledger import Actor
from governance.models import Person, Source, System
from governance.observing.judging import bound

MOST_BYTES = 20_000_000  # what can be taken in while somebody waits
MOST_SAID = 3  # refused lines of a file that are said at once; more stand below
NAME = "name"


class File(forms.FileField):
    """A file that can be taken in while somebody waits."""

    def clean(self, data: "UploadedFile[Any] | None", initial: Any = None) -> Any:
        """Refuse a larger one."""
        if data and (data.size or 0) > MOST_BYTES:
            raise forms.ValidationError(f"More than {MOST_BYTES:,} bytes. The command takes files of any size.")
        return super().clean(data, initial)


class Moment(forms.CharField):
    """One end of the time for which a file is complete."""

    def clean(self, value: Any) -> datetime | None:
        """The moment, read as the command reads it; what is none is refused by the field's own name."""
        text = super().clean(value)
        try:
            return bound(text)
        except Invalid as refusal:
            raise forms.ValidationError(f"{self.label} {str(refusal).removeprefix('covers ')}") from refusal


class SourceForm(Filled):
    """A source of use: of which system, what it is called, and whose word it is."""

    system = forms.ModelChoiceField(System.objects.none(), label="System", empty_label=None)
    name = forms.SlugField(
        label="Its name",
        max_length=50,
        help_text="Letters, numbers, _ and -, such as audit-log. It stays for ever.",
        error_messages={"required": "Its name is missing.", "invalid": "Letters, numbers, _ and - only."},
    )
    provenance = forms.ChoiceField(
        label="Whose word it is",
        choices=Source.Provenance.choices,
        initial=Source.Provenance.AGENT,
        help_text="The system's log only if it is that: what it must show and does not will look unused.",
    )
    shows_all = forms.BooleanField(
        label="The log was set to show all that it can",
        required=False,
        help_text="Of a system's log: data events of CloudTrail, every class in pgaudit.log. If not, rights to such are"
        " not observable.",
    )
    rhythm = forms.IntegerField(
        label="Hours between deliveries, at most",
        required=False,
        min_value=1,
        max_value=Source.LONGEST_RHYTHM,
        help_text="Empty: a day. What is silent for longer no longer counts as watching.",
    )

    def __init__(self, data: QueryDict | None, *, by: Person) -> None:
        super().__init__(data)
        self.by = by
        systems = self.fields["system"]
        if isinstance(systems, forms.ModelChoiceField):
            systems.queryset = System.objects.filter(unit__in=access.governed_by(by)).order_by("name")

    def clean_name(self) -> str:
        """A name that is free: to name a source changes no other."""
        name = str(self.cleaned_data["name"])
        if Source.objects.filter(name=name).exists():
            raise forms.ValidationError(f"There is a source {name} already. Give this one another name.")
        return name

    def save(self) -> Source:
        """Name it. Raises Invalid."""
        return registering.set_source(**self.cleaned_data, at=clock.now(), actor=Actor.person(self.by))

    def clean_rhythm(self) -> timedelta | None:
        """How long its silence may last."""
        hours = self.cleaned_data["rhythm"]
        return timedelta(hours=hours) if hours else None


class UsageForm(Filled):
    """Two files, whose they are, and for what time they are complete."""

    source = forms.ModelChoiceField(
        Source.objects.order_by("name"),
        to_field_name="name",
        empty_label=None,
        label="Source",
        help_text="Whose word it is. One that is not here yet is named below.",
    )
    starts = Moment(label="Complete from", help_text="Such as 2026-10-01, its midnight in UTC, or a time.")
    ends = Moment(label="Until", help_text="This moment is no part of it any more, such as 2026-11-01.")
    file = File(label="Events", help_text="CSV, one JSON object a line, or a system's own log; may be gzip.")
    runs = File(label="Runs", required=False, help_text="The runs of that time, used something or not.")

    def clean(self) -> dict[str, Any]:
        """Refuse a time that has not come, or ends before it starts, where it ends."""
        filled = super().clean() or {}
        starts, ends, now = filled.get("starts"), filled.get("ends"), clock.now()
        if starts and ends and starts >= ends:
            self.add_error("ends", "Until ends before it starts: it must be later than Complete from.")
        elif ends and ends > now:
            self.add_error("ends", f"Until is in the future, which nobody has seen yet; now is {now.isoformat()}.")
        return filled

    @contextmanager
    def order(self, *, dry_run: bool) -> Iterator[observing.Order]:
        """What is to be imported. Raises Invalid, which names the files as they are called."""
        given = self.cleaned_data
        with TemporaryDirectory() as folder:
            files = {Path(folder, name): given[name] for name in ("file", "runs") if given[name]}
            events, *runs = [kept(upload, path) for path, upload in files.items()]
            try:
                yield observing.Order(
                    source=given["source"].name,
                    interval=observing.Cover(given["starts"], given["ends"]),
                    events=events,
                    runs=runs[0] if runs else None,
                    dry_run=dry_run,
                )
            except Invalid as refusal:
                said = str(refusal)
                for path, upload in files.items():
                    said = said.replace(str(path), upload.name or path.name)
                raise Invalid(said, field=refusal.field) from refusal


def kept(upload: "UploadedFile[Any]", path: Path) -> Path:
    """A file, for as long as its folder stands, under a name of ours: its own may be longer than a path can be."""
    with path.open("wb") as file:
        file.writelines(upload.chunks())
    return path


@require_http_methods(["GET", "HEAD", "POST"])
def import_usage(request: HttpRequest) -> HttpResponse:
    """Try files, take them in, or name the source whose they are."""
    person = viewer(request)
    if not access.governs_all(person):
        raise Http404("Imports are for who governs the whole organisation.")
    if request.method == "POST" and request.POST.get("verb") == NAME:
        return name_source(request, SourceForm(request.POST, by=person))
    if request.method == "POST":
        return take_in(request, UsageForm(request.POST, request.FILES))
    return shown(request, beginning(request))


def beginning(request: HttpRequest) -> UsageForm:
    """The form as it is at first, with the source that was asked for."""
    return UsageForm(initial={"source": request.GET.get("source", "")})


def name_source(request: HttpRequest, naming: SourceForm) -> HttpResponse:
    """Name a source, and go on with it chosen."""
    if naming.is_valid():
        try:
            source = naming.save()
        except Invalid as refusal:
            naming.refuse(refusal)
        else:
            messages.success(request, f"{source} is named. It stands in the ledger under your name.")
            return HttpResponseRedirect(f"{reverse('admin:import-use')}?{urlencode({'source': source.name})}")
    naming.focus()
    return shown(request, beginning(request), naming)


def take_in(request: HttpRequest, form: UsageForm) -> HttpResponse:
    """Try files, or take them in."""
    words: list[str] = []
    if form.is_valid():
        try:
            with form.order(dry_run=request.POST.get("verb") != APPLY) as order:
                imported = observing.import_usage(order, actor=Actor.person(viewer(request)))
                words = observing.in_words(imported, order.interval)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            say(request, imported)
    form.focus()
    return shown(request, form, words=words)


def say(request: HttpRequest, imported: observing.Imported) -> None:
    """Say above the page what was done; a try changed nothing, and stands below alone."""
    files = [("line", imported.events)] + ([("runs, line", imported.runs)] if imported.runs else [])
    if not imported.dry_run and not imported.none_kept:
        kept = any(count.kept for _, count in files)
        told = "The files were taken in. It stands in the ledger under your name."
        messages.success(request, told if kept else "The files were taken in. No line of them was new.")
    if not imported.dry_run and (refused := imported.refused):
        messages.warning(request, f"{refused:,} line{'s' * (refused != 1)} refused: {reasons(files, refused)}")


def reasons(files: list[tuple[str, observing.Count]], refused: int) -> str:
    """The first refused lines with why, how many there are beside, and what to do about them."""
    first = [f"{word} {number}: {why}" for word, count in files for number, why in count.shown[:MOST_SAID]]
    more = [f"and {refused - len(first):,} more"] if refused > len(first) else []
    mend = "A mended line can be imported again with the same Complete from and Until: nothing is stored twice."
    return f"{'; '.join(first + more)}. {mend}"


def shown(
    request: HttpRequest, form: UsageForm, naming: SourceForm | None = None, words: list[str] | None = None
) -> HttpResponse:
    """The page."""
    naming = naming or SourceForm(None, by=viewer(request))
    context = {
        **site.each_context(request),
        "title": "Import use",
        "form": form,
        "naming": naming,
        "words": words,
    }
    return TemplateResponse(request, "admin/import_use.html", context)
