"""
Import what agents did: the same files as the command, taken in by the same verb.

A file is tried first, or taken in at once: taken in twice it stores nothing twice. For who governs the whole
organisation.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from governance import access, observing
from governance.admin.filling import Filled
from governance.admin.importing import APPLY
from governance.admin.site import site
from governance.admin.viewing import viewer
from governance.errors import Invalid
from governance.ledger import Actor
from governance.models import Source

MOST_BYTES = 20_000_000  # what can be taken in while somebody waits


class File(forms.FileField):
    """A file that can be taken in while somebody waits."""

    def clean(self, data: "UploadedFile[Any] | None", initial: Any = None) -> Any:
        """Refuse a larger one."""
        if data and (data.size or 0) > MOST_BYTES:
            raise forms.ValidationError(f"More than {MOST_BYTES:,} bytes. The command takes files of any size.")
        return super().clean(data, initial)


class UsageForm(Filled):
    """Two files, whose they are, and for what time they are complete."""

    source = forms.ModelChoiceField(
        Source.objects.order_by("name"),
        to_field_name="name",
        empty_label=None,
        label="Source",
        help_text="Whose word it is. A source is named when its system is connected by the command.",
    )
    starts = forms.CharField(label="Complete from", help_text="Such as 2026-10-01, its midnight in UTC, or a time.")
    ends = forms.CharField(label="Until", help_text="This moment is no part of it any more, such as 2026-11-01.")
    file = File(label="Events", help_text="CSV or one JSON object a line; may be gzip.")
    runs = File(label="Runs", required=False, help_text="The runs of that time, used something or not.")

    @contextmanager
    def order(self, *, dry_run: bool) -> Iterator[observing.Order]:
        """What is to be imported. Raises Invalid, which names the files as they are called."""
        given = self.cleaned_data
        with TemporaryDirectory() as folder:
            try:
                yield observing.Order(
                    source=given["source"].name,
                    interval=observing.Cover.parse(f"{given['starts']}..{given['ends']}"),
                    events=kept(given["file"], Path(folder, "events")),
                    runs=kept(given["runs"], Path(folder, "runs")) if given["runs"] else None,
                    dry_run=dry_run,
                )
            except Invalid as refusal:
                raise Invalid(re.sub(rf"{re.escape(folder)}/\w+/", "", str(refusal)), field=refusal.field) from refusal


def kept(upload: "UploadedFile[Any]", folder: Path) -> Path:
    """A file for as long as its folder stands, under its own name."""
    folder.mkdir()
    path = folder / Path(upload.name or "file").name
    with path.open("wb") as file:
        file.writelines(upload.chunks())
    return path


@require_http_methods(["GET", "HEAD", "POST"])
def import_usage(request: HttpRequest) -> HttpResponse:
    """Try files, or take them in."""
    person = viewer(request)
    if not access.governs_all(person):
        raise Http404("Imports are for who governs the whole organisation.")
    form = UsageForm(request.POST, request.FILES) if request.method == "POST" else UsageForm()
    words: list[str] = []
    if form.is_valid():
        applies = request.POST.get("verb") == APPLY
        try:
            with form.order(dry_run=not applies) as order:
                imported = observing.import_usage(order, actor=Actor.person(person))
                words = observing.in_words(imported, order.interval)
        except Invalid as refusal:
            form.refuse(refusal)
        else:
            if applies:
                messages.success(request, "The files were taken in. It stands in the ledger under your name.")
    form.focus()
    context = {**site.each_context(request), "title": "Import use", "form": form, "words": words}
    return TemplateResponse(request, "admin/import_use.html", context)
