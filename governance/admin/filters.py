"""Filters beside a list. They offer what the viewer may see: a list of all systems would name those of other units."""

from typing import Any

from django.contrib.admin import ModelAdmin, RelatedFieldListFilter, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from governance import access
from governance.admin.viewing import viewer

# What a filter may say about its field; another lookup could feel its way through rows that the viewer may not see.
LOOKUPS = {"exact", "in", "isnull", "id__exact", "pk__exact"}


class Seen(RelatedFieldListFilter):
    """By another noun's row, among those that the viewer may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[Any]:
        """Key and name of each."""
        rows = access.visible(field.remote_field.model.objects.all(), to=viewer(request))
        return sorted(((str(row.pk), str(row)) for row in rows), key=lambda choice: choice[1].casefold())


class Worded(SimpleListFilter):
    """By one of a known list of words. Looking which of them occur would read every row."""

    words: dict[str, str]

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        """The words."""
        return list(self.words.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows with this word."""
        return queryset.filter(**{str(self.parameter_name): self.value()}) if self.value() else queryset


def worded(name: str, words: dict[str, str], title: str) -> type[Worded]:
    """Make a filter by words for the field of this name."""
    return type(f"By{name}", (Worded,), {"parameter_name": name, "title": title, "words": words})


def asked_for(lookup: str, filters: list[Any]) -> bool:
    """Whether a lookup in the address is one that these filters make."""
    names = [each[0] if isinstance(each, tuple) else getattr(each, "parameter_name", each) for each in filters]
    return any(lookup in {name, *(f"{name}__{each}" for each in LOOKUPS)} for name in names)
