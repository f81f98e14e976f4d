"""
Requests to the app: signed, form-encoded, and given 3 seconds to be acknowledged, as Slack does.

What went wrong is kept for the person who clicked; Slack does not try again.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from demo.slack import signing
from demo.slack.api import SHOWN, pretty
from demo.slack.records import Delivery, Entry, Signed
from demo.slack.workspace import Workspace

Json = dict[str, Any]
ACK_SECONDS = 3.0
SLACK_IS = "Slackbot 1.0 (+https://api.slack.com/robots)"
TOO_LATE = "no answer within 3 s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Takes payloads to the app's interactivity URL."""

    workspace: Workspace
    url: str
    _client: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=ACK_SECONDS, trust_env=False, follow_redirects=False)
    )

    def signed(self, payload: Json, *, name: str) -> Signed:
        """Make the request of a payload, signed now."""
        body = urlencode({"payload": json.dumps(payload)}).encode()
        at = self.workspace.clock()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": SLACK_IS,
            **signing.headers(secret=self.workspace.app.signing_secret, body=body, at=at),
        }
        return Signed(name=name, user_id=payload["user"]["id"], body=body, headers=headers, shown=pretty(payload))

    def deliver(self, request: Signed, *, remark: str = "") -> Delivery:
        """Post it, wait at most 3 s, and log what came of it."""
        workspace = self.workspace
        workspace.last = request
        at = workspace.clock()
        delivery = self._posted(request)
        workspace.note(
            Entry(
                at=at,
                to_app=True,
                name=request.name,
                status=delivery.status,
                ms=delivery.ms,
                remark=delivery.error or remark,
                request=f"POST {httpx.URL(self.url).path}\n{shown(request.headers)}\n\n{request.shown}",
                response=f"{delivery.status or 'no answer'}\n{delivery.body[:SHOWN]}",
            )
        )
        return delivery

    def again(self) -> Delivery | None:
        """Deliver the last request once more, byte for byte; None if there was none."""
        last = self.workspace.last
        return None if last is None else self.deliver(last, remark="delivered again")

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _posted(self, request: Signed) -> Delivery:
        started = time.perf_counter()
        status, body, error = 0, "", ""
        try:
            response = self._client.post(self.url, content=request.body, headers=dict(request.headers))
            status, body = response.status_code, response.text
        except httpx.TimeoutException:
            error = TOO_LATE
        except httpx.HTTPError as problem:
            error = f"no connection: {type(problem).__name__}"
        seconds = time.perf_counter() - started
        if seconds > ACK_SECONDS and not error:
            status, error = 0, TOO_LATE
        return Delivery(status=status, body=body, ms=round(seconds * 1000), error=error)


def shown(headers: Mapping[str, str]) -> str:
    """Return a request's headers for reading; of the signature its two ends."""
    signature = headers["X-Slack-Signature"]
    short = {**headers, "X-Slack-Signature": f"{signature[:11]}…{signature[-4:]}"}
    return "\n".join(f"{name}: {value}" for name, value in short.items())


def trouble(delivery: Delivery, *, app: str) -> str:
    """Say to the person what went wrong, or nothing."""
    if delivery.accepted:
        return ""
    if delivery.error == TOO_LATE:
        return f"{app} did not answer in time. It may still have acted: look at the message before you click again."
    if delivery.error:
        return f"{app} could not be reached, so nothing was decided by this click."
    return f"{app} answered with {delivery.status} instead of 200. Look at the message before you click again."
