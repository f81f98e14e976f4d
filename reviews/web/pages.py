"""What all pages share: who looks, in their own time zone, under a policy that lets nothing but our own style in."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth import get_user
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from governance import access
from governance.models import Person
from reviews.evidence.plain import seen
from reviews.hours import zone_of

BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")  # what is below is escaped by the templates
View = Callable[..., HttpResponseBase]

HERE = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'"
POLICY = f"{HERE}; base-uri 'none'; frame-ancestors 'none'"


def page(view: View) -> View:
    """A page for people who are here: it gets who looks. Others log in first, and then come back."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.user = person = get_user(request)  # the row itself: the ledger knows no lazy one
        if not isinstance(person, Person) or not access.present(person):
            return strict(redirect_to_login(request.get_full_path()))
        with timezone.override(zone_of(person)):
            try:
                return strict(view(request, person, *args, **kwargs))
            except Http404:
                return strict(render(request, "404.html", status=404))

    return shown


def strict(response: HttpResponseBase) -> HttpResponseBase:
    """No script, nothing from elsewhere, in no frame, in nobody's cache, and no character that nobody sees."""
    if isinstance(response, HttpResponse):
        response.content = BEYOND_ASCII.sub(lambda found: seen(found.group()), response.content.decode())
    response.headers["Content-Security-Policy"] = POLICY
    add_never_cache_headers(response)
    return response
