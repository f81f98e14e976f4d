"""
The web process. It refuses to start without a secret key, or with a log-in that owns evidence.

Everything is loaded when this is imported, the pages too: gunicorn does it once and forks (`--preload`), and the first
click is answered as fast as the others.
"""

import os

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("COUNTERSIGN_PROCESS", "web")
application = get_wsgi_application()


def refuse_to_start() -> None:
    """Raise ImproperlyConfigured where this process would be unsafe."""
    from governance import ledger  # noqa: PLC0415  (Django is set up above)

    if settings.SECRET_KEY == "unset":  # noqa: S105
        raise ImproperlyConfigured(
            "COUNTERSIGN_SECRET_KEY is not set. Make one: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    ledger.refuse_owner()
    connection.close()  # what is forked from here has its own


refuse_to_start()
resolve("/healthz")  # reads where every page is
