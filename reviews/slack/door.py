"""The door through which Slack comes in: whatever is not signed by it, and fresh, is turned away before it is read."""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from slack_bolt.adapter.django import SlackRequestHandler
from slack_sdk.signature import SignatureVerifier

from reviews.slack import app

logger = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def interactivity(request: HttpRequest) -> HttpResponse:
    """Take a click. 401 without Slack's signature of the last five minutes, 404 where Slack is not set up."""
    secret = settings.SLACK_SIGNING_SECRET
    if not secret:
        return HttpResponseNotFound()
    if not signed(request, secret):
        logger.warning("a request without Slack's signature was refused")
        return HttpResponse(status=401)
    built = app.built(signing_secret=secret, base_url=settings.SLACK_API_BASE_URL)
    response: HttpResponse = SlackRequestHandler(built).handle(request)
    return response


def signed(request: HttpRequest, secret: str) -> bool:
    """Whether Slack has signed these very bytes within five minutes."""
    stamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    try:
        return SignatureVerifier(signing_secret=secret).is_valid(request.body, stamp, signature)
    except (ValueError, TypeError):  # a time that is no number, a signature that is not ASCII, a body that is not UTF-8
        return False
