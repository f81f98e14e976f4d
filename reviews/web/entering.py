"""Logging in and out. Who is asked needs no right to the admin, only a password."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from governance import access, clock
from governance.models import Person
from reviews.web.pages import page, strict

ENTERED = "entered_at"  # in the session
OPENED_WITHIN, ANSWERED_WITHIN = timedelta(minutes=15), timedelta(minutes=60)  # what is being written is not lost


class LogIn(AuthenticationForm):
    """E-mail and password; people who have left are told that they have."""

    use_required_attribute = False  # what is missing is said in our words

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].error_messages["required"] = "Give your e-mail address."
        self.fields["password"].error_messages["required"] = "Give your password."

    def confirm_login_allowed(self, user: Any) -> None:
        """Refuse at the form what every page would refuse."""
        super().confirm_login_allowed(user)
        if isinstance(user, Person) and not access.present(user):
            raise ValidationError("Who has left can't log in. Ask whoever governs your unit.", code="left")


def strictly(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page for strangers, as strict as the others."""

    def shown(request: HttpRequest) -> HttpResponseBase:
        response = view(request)
        render = getattr(response, "render", None)
        return strict(render() if render else response)

    return shown


class Door(LoginView):
    """The page, which notes in the session when its password was given."""

    authentication_form = LogIn

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """They are in."""
        response = super().form_valid(form)
        self.request.session[ENTERED] = clock.now().timestamp()
        return response


def lately(request: HttpRequest) -> bool:
    """Whether the password of this session was given so lately that what is critical may be kept by it."""
    within = ANSWERED_WITHIN if request.method == "POST" else OPENED_WITHIN
    given = float(request.session.get(ENTERED, 0))
    return clock.now().timestamp() - given <= within.total_seconds()


def once_more(request: HttpRequest) -> HttpResponse:
    """Have them give their password again, and come back to this page."""
    there = urlencode({"again": "1", "next": request.get_full_path()})
    return redirect(f"{reverse('login')}?{there}")


log_in = strictly(Door.as_view())
log_out = strictly(LogoutView.as_view())


@page
def front(_request: HttpRequest, person: Person) -> HttpResponse:
    """The way to what matters to whoever comes: governance's queue where they may open it, else their own."""
    return redirect("admin:queue" if person.is_staff else "web:queue")
