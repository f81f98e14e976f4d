"""
One kind of admin page: a list and a record, both read-only, narrowed to what the person may see.

A record names the rows that it points to (a grant its account, a review its person), also those of another unit:
without them it says nothing. It opens them only where the viewer may, and what hangs on it (a table) is narrowed again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import DateTimeField, Field, Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from governance import access
from governance.admin import viewing
from governance.admin.filters import asked_for
from governance.admin.viewing import viewer
from governance.models import Person

AT_MOST = 50


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that hang on a record: what they are, how each column is called, and what no row means."""

    title: str
    heads: tuple[str, ...]
    rows: Sequence[Sequence[object]]
    empty: str
    note: str = ""

    def values(self) -> Iterable[object]:
        """All cells."""
        return (cell for row in self.rows for cell in row)

    def labelled(self) -> list[list[tuple[str, object]]]:
        """Rows whose cells carry their column's name: on a phone they stand one below the other."""
        return [list(zip(self.heads, row, strict=True)) for row in self.rows]


class Counted(Paginator[Any]):
    """The first pages of a list that may be very long: it is counted so far and no further, and said to be more."""

    most = 1000
    template_name = "admin/counted.html"

    @cached_property
    def more(self) -> bool:
        """Whether there are more rows than it has pages for."""
        return self.found > self.most

    @cached_property
    def count(self) -> int:
        """How many rows it has pages for."""
        return min(self.found, self.most)

    @cached_property
    def found(self) -> int:
        """How many rows there are, or one more than it has pages for."""
        rows: Any = self.object_list
        return int(rows.order_by()[: self.most + 1].count())


class Listing(ChangeList):  # type: ignore[misc]
    """A list that counts once: without a filter, what is found is all."""

    def get_results(self, request: HttpRequest) -> None:
        """Django leaves the full count open; unfold then offers to show all that is shown already."""
        super().get_results(request)
        self.full_result_count = self.result_count


class Page(ModelAdmin):  # type: ignore[misc]
    """Evidence is read-only: nothing is added, changed or deleted here; verbs are buttons that call a step."""

    lead: ClassVar[str] = ""  # one sentence above the list
    empty: ClassVar[str] = "There is none that you may see."
    facts: ClassVar[tuple[str, ...]] = ()  # of a record: fields, or methods of the page
    record_template: ClassVar[str] = "admin/record.html"
    list_before_template = "admin/list_about.html"
    list_per_page = AT_MOST
    list_max_show_all = AT_MOST
    show_full_result_count = False
    list_fullwidth = True
    view_on_site = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What this person may see."""
        person = viewer(request)
        return access.visible(super().get_queryset(request), to=person, also=self.also(person))

    def also(self, person: Person) -> Q | None:
        """Another reason to see some rows, such as an open assignment."""
        return None

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Everybody who may open the admin has every page; what is on it is narrowed."""
        return bool(self.admin_site.has_permission(request))

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """The rows are narrowed by get_queryset, the only way to one."""
        return bool(self.admin_site.has_permission(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is added by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nothing is changed by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nothing is deleted."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the filters beside the list make: `?password__startswith=` would be a way to guess."""
        return asked_for(lookup, list(self.get_list_filter(request)))

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Rows are found by their key."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """A list and a record; no add, no delete, no history of edits that do not happen."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        listed, record = (
            self.admin_site.admin_view(require_safe(each)) for each in (self.changelist_view, self.record)
        )
        return [
            path("", listed, name=f"{name}_changelist"),
            path("<int:key>/change/", record, name=f"{name}_change"),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        """Ours."""
        return Listing

    def get_list_display(self, request: HttpRequest) -> list[str | Callable[[Any], Any]]:
        """Moments in our form, whichever page lists them."""
        return [
            moment_of(field) if isinstance(field := self.field(name), DateTimeField) else name
            for name in super().get_list_display(request)
        ]

    def field(self, name: object) -> "Field[Any, Any] | None":
        """The model's field of this name, if it is one."""
        return next((each for each in self.opts.fields if each.name == name), None)

    def record(self, request: HttpRequest, key: int) -> HttpResponse:
        """One row: a sentence, its facts, and what hangs on it."""
        row = self.one(request, key)
        facts = [self.fact(row, name) for name in self.facts]
        links = self.links(request, [value for _, value in facts])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": str(row),
            "words": self.words(row, viewer(request)),
            "facts": [(label, viewing.shown(value, links)) for label, value in facts],
            "tables": self.hanging(request, row),
            **self.more(row),
        }
        return TemplateResponse(request, self.record_template, context)

    def hanging(self, request: HttpRequest, row: Any) -> list[Table]:
        """What hangs on a record, with its cells as they are shown."""
        tables = list(self.tables(row, viewer(request)))
        links = self.links(request, [cell for table in tables for cell in table.values()])
        return [drawn(table, links) for table in tables]

    def one(self, request: HttpRequest, key: int) -> Any:
        """The row of a record; raise Http404 where it is not there, or not the viewer's to see."""
        row = self.get_queryset(request).filter(pk=key).first()
        if row is None:
            raise Http404("There is no such row, or it is not yours to see.")
        return row

    def words(self, row: Any, person: Person) -> str:
        """The sentence at the top of a record."""
        return ""

    def more(self, row: Any) -> dict[str, Any]:
        """What a record's own template wants beside these."""
        return {}

    def tables(self, row: Any, person: Person) -> Iterable[Table]:
        """What hangs on a record, narrowed to what this person may see."""
        return ()

    def fact(self, row: Model, name: str) -> tuple[str, object]:
        """The label and the value of one fact: a field, a method of the page, or a property of the row."""
        field = self.field(name)
        if field is None:
            own = getattr(self, name, None)
            label = str(capfirst(getattr(own, "short_description", name.replace("_", " "))))
            return label, own(row) if own else getattr(row, name)
        worded = getattr(row, f"get_{name}_display", None)
        return str(capfirst(field.verbose_name)), worded() if worded else getattr(row, name)

    def links(self, request: HttpRequest, values: Iterable[object]) -> dict[Model, str]:
        """Where the viewer may read more about rows: one query for each kind of row."""
        links: dict[Model, str] = {}
        rows = viewing.rows_in(values)
        for kind in {type(row) for row in rows}:
            page = self.admin_site._registry.get(kind)  # noqa: SLF001  (Django has no other way to a model's page)
            if not isinstance(page, Page):
                continue
            name = f"admin:{page.opts.app_label}_{page.opts.model_name}_change"
            keys = [row.pk for row in rows if type(row) is kind]
            open_to = set(page.get_queryset(request).filter(pk__in=keys).values_list("pk", flat=True))
            links |= {row: reverse(name, args=[row.pk]) for row in rows if type(row) is kind and row.pk in open_to}
        return links


def drawn(table: Table, links: dict[Model, str]) -> Table:
    """A table with its cells as they are shown."""
    return replace(table, rows=[[viewing.shown(cell, links) for cell in row] for row in table.rows])


def moment_of(field: "Field[Any, Any]") -> Callable[[Any], Any]:
    """A column of moments."""

    @admin.display(description=field.verbose_name, ordering=field.name)
    def column(row: Model) -> Any:
        return viewing.moment(getattr(row, field.name))

    column.__name__ = field.name
    return column
