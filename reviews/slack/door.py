"""
The door through which Slack comes in by HTTP: what it has not just signed is turned away before it is read.

Clicks, forms, events and commands all pass here. Bolt, behind it, verifies nothing again.
"""

import logging

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from slack_bolt import BoltRequest
from slack_bolt.adapter.django.handler import to_bolt_request, to_django_response

from reviews.slack import app
from reviews.slack.signing import Sender, Signed, ring

logger = logging.getLogger(__name__)

BYTES_AT_MOST = 1_000_000  # Slack's largest is a form of 250 kB, which %-escapes make up to three times as long
FORM = "application/x-www-form-urlencoded"
SAYS_SOMETHING = {"payload", "command"}


@csrf_exempt
@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """
    Take what Slack says.

    401 without the signature of the workspace that it names, 404 where Slack is not set up, 413 where it is too long.
    """
    if int(request.headers.get("content-length") or 0) > BYTES_AT_MOST:
        return HttpResponse(status=413)
    if checks_certificate(request):
        return HttpResponse()
    if not ring.secrets():
        return HttpResponseNotFound()
    given = signed(request)
    if not ring.vouches(given):
        logger.warning("a request without Slack's signature was refused")
        return HttpResponse(status=401)
    return admit(request, given)


def checks_certificate(request: HttpRequest) -> bool:
    """Whether Slack looks at our certificate alone: it says nothing then, and signs nothing."""
    if request.content_type != FORM:
        return False
    return request.POST.get("ssl_check") == "1" and not SAYS_SOMETHING & request.POST.keys()


def signed(request: HttpRequest) -> Signed:
    """The bytes and what vouches for them."""
    return Signed(
        body=request.body,
        stamp=request.headers.get("X-Slack-Request-Timestamp", ""),
        signature=request.headers.get("X-Slack-Signature", ""),
    )


def admit(request: HttpRequest, signed: Signed) -> HttpResponse:
    """Answer what one of the workspaces has signed: if it names that one, and not another."""
    try:
        given = to_bolt_request(request)
    except ValueError:
        return HttpResponse(status=400)
    sender = Sender.named(given.body)
    if not (greets(given) or vouched(sender, signed)):
        logger.warning(
            "a request was signed by one workspace and names another",
            extra={"team": sender.team_id, "app": sender.app_id},
        )
        return HttpResponse(status=401)
    response: HttpResponse = to_django_response(app.answer(given, sender=sender))
    return response


def vouched(sender: Sender, signed: Signed) -> bool:
    """Whether the workspace that it names has signed it; one that is new here may have been connected just now."""
    return sender in ring.vouches(signed) or sender in ring.vouches(signed, kept=0)


def greets(given: BoltRequest) -> bool:
    """Whether Slack only asks for its words back, to see that somebody is here; it names nobody then."""
    return given.body.get("type") == "url_verification"
