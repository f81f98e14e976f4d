"""The one-time link by which somebody sets their first password; `manage.py setup` gives one to the administrator."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from governance import access, registering
from governance.ledger import Actor
from governance.models import Person
from reviews.web.pages import strict


class Welcome(SetPasswordForm):  # type: ignore[type-arg]  # Django does not let it be subscripted
    """A new password, twice."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts())

    def save(self, commit: bool = True) -> Person:
        """Set it by the verb, so that the ledger is told."""
        person: Person = self.user
        registering.set_password(person=person, password=self.cleaned_data["new_password1"], actor=Actor.person(person))
        return person


class Welcoming(PasswordResetConfirmView):
    """Django's own page for a link that works once, for a few days, until a password is set by it."""

    form_class = Welcome
    template_name = "registration/welcome.html"
    success_url = "/"  # by the log-in, to what matters to them

    def get_user(self, uidb64: str) -> Any:
        """Nobody who has left or may not log in."""
        person = super().get_user(uidb64)
        return person if isinstance(person, Person) and access.present(person) else None

    def form_valid(self, form: Any) -> HttpResponse:
        """Say so on the page that comes next."""
        messages.success(self.request, "Your password is set. Log in with it.")
        return super().form_valid(form)


def welcome(request: HttpRequest, **link: str) -> HttpResponseBase:
    """The page, as strict as the others."""
    response = Welcoming.as_view()(request, **link)
    render = getattr(response, "render", None)
    return strict(render() if render else response)


def link_for(person: Person, *, secret: str) -> str:
    """Where a person sets their password, below the site's address; signed with this secret key."""
    generator = PasswordResetTokenGenerator()
    generator.secret = secret
    key = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("welcome", args=[key, generator.make_token(person)])
