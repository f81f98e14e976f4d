"""Where Slack comes in: mounted at /slack/ by config.urls."""

from django.urls import path

from reviews.slack.door import interactivity

urlpatterns = [path("interactivity", interactivity, name="slack-interactivity")]
