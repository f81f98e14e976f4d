"""
The door for use: `POST /api/v1/usage`, events and runs as one JSON object a line.

Its answer comes after the commit: what it says was kept, is kept. docs/how-to/send-usage.md says how to send.
"""

import hashlib
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from governance import clock, observing
from governance.api.bodies import body_of, unpacked
from governance.api.refusing import Refused, unauthorised, unavailable
from governance.errors import Invalid
from governance.models import SourceToken

logger = logging.getLogger(__name__)

BEARER, COVERS = "bearer", "covers "
MEND = "mend them, and send them with from and to for that time"
View = Callable[[HttpRequest], HttpResponse]


def refusing(view: View) -> View:
    """Answer what is refused."""

    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except Refused as refused:
            return refused.answer()
        except (OperationalError, InterfaceError):
            logger.exception("a delivery could not be stored")
            return unavailable().answer()

    return answered


@never_cache
@csrf_exempt
@require_POST
@refusing
def usage(request: HttpRequest) -> HttpResponse:
    """Take in a delivery."""
    token = bearer(request)
    interval = interval_of(request, token)
    body = body_of(request)
    digest = hashlib.sha256(body).hexdigest()
    text = unpacked(request, body)
    del body
    try:
        received = observing.receive(
            text, source=token.source, digest=digest, interval=interval, may_cover=token.may_cover
        )
    except Invalid as refusal:
        raise nothing_taken(refusal) from refusal
    return JsonResponse(told(received))


def bearer(request: HttpRequest) -> SourceToken:
    """The token that the request bears. Raises Refused."""
    scheme, _, characters = request.headers.get("Authorization", "").partition(" ")
    token = SourceToken.objects.bearer(characters.strip()) if scheme.lower() == BEARER else None
    if token is None:
        raise unauthorised()
    token.note_use(clock.now())
    return token


def interval_of(request: HttpRequest, token: SourceToken) -> observing.Cover | None:
    """The time for which the body is said to be complete. Raises Refused."""
    if unknown := sorted(request.GET.keys() - {"from", "to"}):
        raise Refused(400, f"{unknown[0]!r} is no parameter of this address; there are from and to.")
    if not request.GET:
        return None
    if not token.may_cover:
        said = "This token may not say for what time the source is complete. Leave from and to out, or use one of scope"
        raise Refused(403, f"{said} {SourceToken.Scope.COVER.value}.")
    starts, ends = request.GET.get("from"), request.GET.get("to")
    if not (starts and ends):
        raise Refused(400, "Give both from and to, or neither.")
    try:
        return observing.Cover.parse(f"{starts}..{ends}")
    except Invalid as refusal:
        raise nothing_taken(refusal) from refusal


def nothing_taken(refusal: Invalid) -> Refused:
    """The whole of it is wrong; what an import calls `covers` is the interval here."""
    said = str(refusal).rstrip(".")
    if said.startswith(COVERS):
        said = f"the interval {said.removeprefix(COVERS)}"
    return Refused(400, f"Nothing was taken: {said}.")


def told(received: observing.Received) -> dict[str, Any]:
    """The answer: the sums of all lines, and the first refused ones with their reasons."""
    both = (received.events, received.runs)
    counts = {name: sum(getattr(each, name) for each in both) for name in ("lines", "kept", "already_there", "refused")}
    return counts | {
        "unmatched": received.events.unmatched,
        "elsewhere": received.events.elsewhere,
        "unmapped": received.events.unmapped.total(),
        "runs": received.runs.lines - received.runs.refused,
        "refused_lines": [{"line": number, "reason": reason} for number, reason in received.refused],
        "observed": observed(received),
        "not_observed": not_observed(received),
    }


def not_observed(received: observing.Received) -> str | None:
    """Why nothing counts as seen by it, where refused lines are to blame, and what to do about that."""
    if not received.withholding:
        return None
    return f"{received.withholding:,} refused may tell of the time of this body, so nothing counts as observed: {MEND}."


def observed(received: observing.Received) -> dict[str, Any] | None:
    """When use counts as seen by it; `agents` is null where that is everybody's."""
    stretches = [each for covers in received.observed.values() for each in covers]
    if not stretches:
        return None
    return {
        "agents": None if None in received.observed else len(received.observed),
        "from": min(each.starts_at for each in stretches).isoformat(),
        "to": max(each.ends_at for each in stretches).isoformat(),
        "stretches": len(stretches),
    }
