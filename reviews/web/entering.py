"""Logging in and out. Who is asked needs no right to the admin, only a password."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from governance import access
from governance.models import Person
from reviews.web.pages import page, strict


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


log_in = strictly(LoginView.as_view(authentication_form=LogIn))
log_out = strictly(LogoutView.as_view())


@page
def front(_request: HttpRequest, person: Person) -> HttpResponse:
    """The way to what matters to whoever comes: governance's queue where they may open it, else their own."""
    return redirect("admin:queue" if person.is_staff else "web:queue")
