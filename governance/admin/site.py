"""Our own admin site. Whoever may open it sees what `access.visible` gives, and nothing else."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from governance import access
from governance.admin.viewing import viewer
from governance.models import Person
from governance.vetting import seen

# Doors to rows that go round the pages; nothing here is edited, so that nothing needs them.
CLOSED = {"autocomplete", "view_on_site"}


class LogIn(AuthenticationForm):  # type: ignore[misc]
    """The log-in form, which says to people who have left that they have."""

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse at the form what every page would refuse."""
        super().confirm_login_allowed(user)
        if not access.present(user):
            raise ValidationError("Who has left can't log in. Ask whoever governs your unit.", code="left")


class Site(UnfoldAdminSite):  # type: ignore[misc]
    """The site: for active people who may open the admin. Its front page is governance's queue."""

    site_title = site_header = "Countersign"
    index_title = "Access review for AI agents"
    site_url = None
    enable_nav_sidebar = True
    login_form = LogIn

    def has_permission(self, request: HttpRequest) -> bool:
        """Not for people who have left, whatever their session says."""
        person = request.user
        return isinstance(person, Person) and person.is_staff and access.present(person)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Django's, without the doors that go round the pages."""
        return [each for each in super().get_urls() if getattr(each, "name", None) not in CLOSED]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Without a way back to a site: there is none beside this one, and the log-in would lead to itself."""
        return {**super().each_context(request), "site_url": None}

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The pages on which there can be a row for this person, with where each is and whether it is open."""
        hidden = self.hidden_from(viewer(request))
        groups: list[dict[str, Any]] = super().get_sidebar_list(request)
        shown = ((group, [item for item in group["items"] if item["name"] not in hidden]) for group in groups)
        return [{**group, "items": [located(item, at=request.path) for item in items]} for group, items in shown]

    def hidden_from(self, person: Person) -> set[str]:
        """The lists, by the names of their addresses, that are always empty for a person."""
        everything = access.oversees_all(person)
        something = access.sees_some(person)
        hidden = {
            "imports": everything and access.governs_all(person),
            "unclaimed": something or person.systems.exists(),
        }
        return {name for name, shown in hidden.items() if not shown} | {
            f"{page.opts.app_label}_{page.opts.model_name}_changelist"
            for page in self._registry.values()
            if not (everything if page.opts.label in access.WHOLE else something or page.also(person) is not None)
        }

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """What needs a person comes first."""
        return HttpResponseRedirect(reverse("admin:queue"))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """None: the sidebar lists the pages."""
        return []

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is no second list."""
        return self.index(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Log in, then go where one wanted to go; to the queue where one said nothing."""
        if request.method == "GET" and "next" not in request.GET:
            return HttpResponseRedirect(f"{request.path}?next={reverse('admin:queue')}")
        if request.method == "GET" and isinstance(request.user, Person) and not self.has_permission(request):
            said = f"You are logged in as {request.user.name}, who may not govern. What you are asked is at"
            messages.info(request, f"{said} {request.build_absolute_uri('/')}. Log in here as somebody else.")
        answer: HttpResponse = super().login(request, extra_context)
        return answer

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., HttpResponseBase]:
        """Every page in the viewer's own time zone; it is rendered in here, as long as the zone holds."""
        inner = super().admin_view(view, cacheable)

        def in_their_zone(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            with timezone.override(zone_of(request.user)):
                answer: HttpResponseBase = inner(request, *args, **kwargs)
                return written_out(answer) if isinstance(answer, TemplateResponse) else answer

        return in_their_zone


def located(item: dict[str, Any], *, at: str) -> dict[str, Any]:
    """A page of the sidebar, with its address, looked up once; it is open where we are `at` it or below."""
    link = str(item["link"])
    return {**item, "link": link, "active": at.startswith(link)}


def written_out(page: TemplateResponse) -> HttpResponseBase:
    """A page, rendered, in which no sign hides or turns what is read: systems call their own what they like."""
    page.content = seen(page.rendered_content, keep="\n\r\t")
    return page


def zone_of(person: object) -> ZoneInfo:
    """A person's zone; UTC for strangers, and where what is stored names none."""
    try:
        return ZoneInfo(person.time_zone if isinstance(person, Person) else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


site = Site(name="admin")
