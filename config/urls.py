"""The map of the site."""

from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config.health import healthz
from governance.admin import site
from reviews.admin import queue
from reviews.web import entering

urlpatterns: list[URLPattern | URLResolver] = [
    path("", entering.front),
    path("favicon.ico", RedirectView.as_view(url=static("brand/icon-light.svg"), permanent=True)),
    path("healthz", healthz, name="healthz"),
    path("login/", entering.log_in, name="login"),
    path("logout/", entering.log_out, name="logout"),
    path("", include("reviews.web.urls")),
    path("slack/", include("reviews.slack.urls")),
    path(
        "admin/",
        (
            [
                path("queue/", site.admin_view(queue.queue), name="queue"),
                *(
                    path(f"queue/{name}/<int:key>", site.admin_view(view), name=f"queue-{name}")
                    for name, view in queue.VIEWS.items()
                ),
                *site.get_urls(),
            ],
            "admin",
            "admin",
        ),
    ),
]
