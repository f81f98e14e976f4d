"""
Requests to the app: signed, posted, and given 3 seconds to be acknowledged, as Slack does.

While the app is connected in Socket Mode they go there instead. Clicks and commands are never tried again; what went
wrong is kept for the person.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import httpx

from demo.slack.api import SHOWN, pretty
from demo.slack.mischief import Trick
from demo.slack.records import Delivery, Entry, Kind, Parcel
from demo.slack.tampering import signature, tampered, words
from demo.slack.web import trust
from demo.slack.workspace import Workspace

Json = dict[str, Any]
Carry = Callable[[Parcel], Delivery | None]
"""Takes a parcel to the app over a socket; None where nobody is connected."""
ACK_SECONDS = 3.0
SLACK_IS = "Slackbot 1.0 (+https://api.slack.com/robots)"
TOO_LATE = "no answer within 3 s"
HELD = "held back"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def no_socket(_parcel: Parcel) -> Delivery | None:
    """Carry nothing: the app is not connected."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """Takes payloads to the app: each kind to its address, or over a socket."""

    workspace: Workspace
    urls: Mapping[Kind, str]
    socket: Carry = no_socket
    patience: float = ACK_SECONDS
    held: list[Parcel] = field(default_factory=list)
    _client: httpx.Client = field(
        default_factory=lambda: httpx.Client(trust_env=False, follow_redirects=False, verify=trust())
    )

    def send(self, payload: Json, *, kind: Kind, name: str) -> Delivery:
        """Take what a person did to the app, with whatever is to go wrong."""
        workspace = self.workspace
        tricks = workspace.mischief.taken()
        body = encoded(tampered(payload, tricks, workspace), kind=kind)
        headers = {**usual(kind), **signature(body, tricks, workspace)}
        sent = tampered(payload, tricks, workspace)
        parcel = workspace.last = Parcel(kind=kind, name=name, payload=sent, body=body, headers=headers)
        if Trick.HOLD in tricks:
            self.held.append(parcel)
            return self.logged(parcel, Delivery(status=0, body="", ms=0, error=HELD))
        delivery = self.deliver(parcel, remark=words(tricks), lost=Trick.LATE in tricks)
        if Trick.TWICE in tricks:
            self.deliver(parcel, remark="delivered again")
        return delivery

    def tell(self, envelope: Json, *, attempt: int, reason: str) -> Delivery:
        """Take an event to the app, signed anew at each attempt."""
        body = encoded(envelope, kind=Kind.EVENT)
        again = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason} if attempt else {}
        headers = {**usual(Kind.EVENT), **again, **signature(body, frozenset(), self.workspace)}
        name = envelope["event"]["type"]
        parcel = Parcel(
            kind=Kind.EVENT, name=name, payload=envelope, body=body, headers=headers, attempt=attempt, reason=reason
        )
        return self.deliver(parcel, remark=f"attempt {attempt + 1}: {reason}" if attempt else "")

    def deliver(self, parcel: Parcel, *, remark: str = "", lost: bool = False) -> Delivery:
        """Deliver it, wait at most 3 s, and log what came of it. `lost`: the answer comes too late, on purpose."""
        delivery = self.socket(parcel) or self._posted(parcel)
        if lost:
            delivery = replace(delivery, status=0, error=TOO_LATE)
        return self.logged(parcel, delivery, remark=remark)

    def again(self) -> Delivery | None:
        """Deliver the last request once more, byte for byte; None if there was none."""
        last = self.workspace.last
        return None if last is None else self.deliver(last, remark="delivered again")

    def release(self) -> list[Delivery]:
        """Deliver what was held back, in the order in which it was made."""
        released = [self.held.pop(0) for _ in range(len(self.held))]
        return [self.deliver(parcel, remark="held back until now") for parcel in released]

    def logged(self, parcel: Parcel, delivery: Delivery, *, remark: str = "") -> Delivery:
        """Write it into the log."""
        workspace = self.workspace
        path = httpx.URL(self.urls[parcel.kind]).path
        workspace.note(
            Entry(
                at=workspace.clock(),
                to_app=True,
                name=parcel.name,
                status=delivery.status,
                ms=delivery.ms,
                remark=", ".join(word for word in (remark, delivery.error) if word),
                request=f"POST {path}\n{shown(parcel.headers)}\n\n{pretty(parcel.payload)}",
                response=f"{delivery.status or 'no answer'}\n{delivery.body[:SHOWN]}",
            )
        )
        return delivery

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _posted(self, parcel: Parcel) -> Delivery:
        started = time.perf_counter()
        status, body, error, no_retry = 0, "", "", False
        try:
            url, headers = self.urls[parcel.kind], dict(parcel.headers)
            response = self._client.post(url, content=parcel.body, headers=headers, timeout=self.patience)
            status, body = response.status_code, response.text
            no_retry = response.headers.get("X-Slack-No-Retry") == "1"
        except httpx.TimeoutException:
            error = TOO_LATE
        except httpx.HTTPError as problem:
            error = f"no connection: {type(problem).__name__}"
        seconds = time.perf_counter() - started
        if seconds > self.patience and not error:
            status, error = 0, TOO_LATE
        return Delivery(status=status, body=body, ms=round(seconds * 1000), error=error, no_retry=no_retry)


def encoded(payload: Json, *, kind: Kind) -> bytes:
    """Return the body of a request of this kind."""
    match kind:
        case Kind.INTERACTION:
            return urlencode({"payload": json.dumps(payload)}).encode()
        case Kind.COMMAND:
            return urlencode(payload).encode()
        case _:
            return json.dumps(payload).encode()


def usual(kind: Kind) -> Mapping[str, str]:
    """Return the headers that every request of this kind has."""
    return {"Content-Type": JSON if kind is Kind.EVENT else FORM, "User-Agent": SLACK_IS}


def shown(headers: Mapping[str, str]) -> str:
    """Return a request's headers for reading; of the signature its two ends."""
    signed = headers["X-Slack-Signature"]
    short = {**headers, "X-Slack-Signature": f"{signed[:11]}…{signed[-4:]}"}
    return "\n".join(f"{name}: {value}" for name, value in short.items())


def trouble(delivery: Delivery, *, app: str) -> str:
    """Say to the person what went wrong, or nothing."""
    if delivery.accepted or delivery.error == HELD:
        return ""
    if delivery.error == TOO_LATE:
        return f"{app} did not answer in time. It may still have acted: look at the message before you click again."
    if delivery.error:
        return f"{app} could not be reached, so nothing was decided by this click."
    return f"{app} answered with {delivery.status} instead of 200. Look at the message before you click again."
