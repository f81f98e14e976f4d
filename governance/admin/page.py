"""One kind of admin page: read-only rows, narrowed to what the person may see."""

from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline

from governance import access
from governance.models import Person

Row = TypeVar("Row", bound=Model)


class Page(ModelAdmin):  # type: ignore[misc]
    """Evidence is read-only: nothing is added, changed or deleted here; verbs are buttons that call a step."""

    list_per_page = 50
    show_full_result_count = False
    list_fullwidth = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What this person may see."""
        return access.visible(super().get_queryset(request), to=viewer(request), also=self.also(viewer(request)))

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


class Lines(TabularInline):  # type: ignore[misc]
    """Rows that hang on another row, read-only; whoever sees the one sees the others."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """With its parent."""
        return bool(self.admin_site.has_permission(request))

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nothing is added by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nothing is changed by hand."""
        return False


def viewer(request: HttpRequest) -> Person:
    """Who looks."""
    if not isinstance(request.user, Person):
        raise TypeError("The admin is for people who are logged in.")
    return request.user


def pairs(values: dict[str, Any]) -> SafeString:
    """A dictionary as lines of name and value."""
    if not values:
        return format_html("<span>{}</span>", "nothing")
    return format_html_join(
        "", "<div><code>{}</code> {}</div>", ((name, text(value)) for name, value in values.items())
    )


def text(value: object) -> str:
    """A value as a person reads it."""
    if isinstance(value, list):
        return ", ".join(map(text, value)) or "none"
    return "unknown" if value is None else str(value)
