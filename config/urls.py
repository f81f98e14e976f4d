"""The map of the site."""

from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from config.health import healthz
from governance.admin import importing, site, using
from governance.api.usage import usage
from reviews.admin import agents, queue, unclaimed
from reviews.web import entering, welcoming

urlpatterns: list[URLPattern | URLResolver] = [
    path("", entering.front),
    path("favicon.ico", RedirectView.as_view(url=static("brand/icon-light.svg"), permanent=True)),
    path("healthz", healthz, name="healthz"),
    path("login/", entering.log_in, name="login"),
    path("logout/", entering.log_out, name="logout"),
    path("welcome/<str:uidb64>/<str:token>/", welcoming.welcome, name="welcome"),
    path("", include("reviews.web.urls")),
    path("slack/", include("reviews.slack.urls")),
    path("api/v1/usage", usage, name="api-usage"),
    path(
        "admin/",
        (
            [
                path("queue/", site.admin_view(queue.queue), name="queue"),
                *(
                    path(f"queue/{name}/<int:key>", site.admin_view(view), name=f"queue-{name}")
                    for name, view in queue.VIEWS.items()
                ),
                *(
                    path(f"agent/{name}/<int:key>", site.admin_view(view), name=f"agent-{name}")
                    for name, view in agents.VIEWS.items()
                ),
                path("unclaimed/", site.admin_view(unclaimed.unclaimed_accounts), name="unclaimed"),
                *(
                    path(f"unclaimed/{name}/<int:key>", site.admin_view(view), name=f"unclaimed-{name}")
                    for name, view in unclaimed.VIEWS.items()
                ),
                path("import/", site.admin_view(importing.import_lines), {"kind": "people"}, name="imports"),
                path("import/use/", site.admin_view(using.import_usage), name="import-use"),
                path("import/<str:kind>/", site.admin_view(importing.import_lines), name="import"),
                *site.get_urls(),
            ],
            "admin",
            "admin",
        ),
    ),
]
