"""Where Slack comes in: mounted at /slack/ by config.urls. One door; Slack wants to be told each address."""

from django.urls import path

from reviews.slack.door import enter

urlpatterns = [path(name, enter, name=f"slack-{name}") for name in ("interactivity", "events", "commands")]
