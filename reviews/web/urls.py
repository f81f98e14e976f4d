"""Where the pages are; mounted at / by config.urls."""

from django.urls import path

from reviews.web import acting, answering, arriving, queue, record

app_name = "web"
urlpatterns = [
    path("reviews/", queue.queue, name="queue"),
    path("reviews/CS-<int:key>/", record.record, name="record"),
    path("reviews/CS-<int:key>/undo/<int:item_key>/", acting.undo, name="undo"),
    path("reviews/CS-<int:key>/hand-over/", acting.hand_over, name="hand-over"),
    path("reviews/CS-<int:key>/snooze/", acting.snooze, name="snooze"),
    path("reviews/CS-<int:key>/offer/", acting.offer, name="offer"),
    path("reviews/CS-<int:key>/<slug:verb>/", answering.answer, name="answer"),
    path("r/<str:token>/", arriving.record, name="link"),
    path("slack/link/", arriving.slack_user, name="slack-link"),
]
