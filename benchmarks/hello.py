"""A bare Django: one view that says hello, without a database. What any answer of Django costs at least."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def hello(_request: HttpRequest) -> HttpResponse:
    """Say it."""
    return HttpResponse("hello")


urlpatterns = [path("hello", hello)]
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="bare")  # noqa: S106  (nothing is signed)
application = get_wsgi_application()
