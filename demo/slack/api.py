"""The Web API: `/api/<method>` for the real slack_sdk. Arguments by JSON, form or address; a bearer token."""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo.slack import chat, history, people, showing
from demo.slack.calls import Args, Refused
from demo.slack.mischief import Outage, Trick
from demo.slack.records import Entry
from demo.slack.tokens import Method, admit
from demo.slack.web import Dropped, Request, Response, Route, answer, route
from demo.slack.workspace import Workspace

Json = dict[str, Any]
SHOWN = 6000  # characters of a body that the log keeps
NO_ARGS = Args({})

METHODS: Mapping[str, Method] = {
    "auth.test": Method(people.auth_test),
    "apps.connections.open": Method(people.apps_connections_open, tier=3, by_app=True),
    "users.info": Method(people.users_info, "users:read", tier=4),
    "users.list": Method(people.users_list, "users:read", tier=2),
    "users.lookupByEmail": Method(people.users_lookup_by_email, "users:read.email", tier=3),
    "conversations.open": Method(people.conversations_open, "im:write", tier=3),
    "conversations.history": Method(history.conversations_history, "im:history", tier=3),
    "conversations.replies": Method(history.conversations_replies, "im:history", tier=3),
    "chat.postMessage": Method(chat.post_message, "chat:write"),
    "chat.postEphemeral": Method(chat.post_ephemeral, "chat:write", tier=4),
    "chat.update": Method(chat.update, "chat:write", tier=3),
    "views.open": Method(showing.views_open, tier=4),
    "views.push": Method(showing.views_push, tier=4),
    "views.update": Method(showing.views_update, tier=4),
    "views.publish": Method(showing.views_publish, tier=4),
}


@dataclass(frozen=True, slots=True)
class Api:
    """The methods of one workspace."""

    workspace: Workspace

    def routes(self) -> list[Route]:
        """Return where it is reached."""
        return [route(verb, r"/api/(?P<method>[\w.]+)", self.call) for verb in ("GET", "POST")]

    def call(self, request: Request, *, method: str) -> Response:
        """Answer one call and log it. Slack says *no* with a 200; only 429 is a status. Raises Dropped on purpose."""
        if self.workspace.mischief.wait_while_silent():
            self.note(method, Response(status=0), remark="Slack was silent")
            raise Dropped
        started = time.perf_counter()
        args = Args(arguments(request))
        response = self.answered(request, method=method, args=args)
        ms = round((time.perf_counter() - started) * 1000)
        if self.workspace.mischief.take(Trick.REPLY_LOST):
            self.note(method, response, args=args, ms=ms, remark="done, but the reply was lost")
            raise Dropped
        self.note(method, response, args=args, ms=ms, remark=remark_of(response))
        return response

    def note(self, method: str, response: Response, *, args: Args = NO_ARGS, ms: int = 0, remark: str = "") -> None:
        """Log a call, without its token."""
        self.workspace.note(
            Entry(
                at=self.workspace.clock(),
                to_app=False,
                name=method,
                status=response.status,
                ms=ms,
                remark=remark,
                request=pretty({key: value for key, value in args.given.items() if key != "token"}),
                response=pretty(response.json()),
            )
        )

    def answered(self, request: Request, *, method: str, args: Args) -> Response:
        """Check who asks, and do it."""
        workspace = self.workspace
        if workspace.mischief.outage is Outage.REFUSING:
            return answer({"ok": False, "error": "service_unavailable"}, status=503)
        if method not in METHODS:
            return answer({"ok": False, "error": "unknown_method", "req_method": method})
        called = METHODS[method]
        try:
            admit(
                workspace,
                called,
                header=request.authorization.removeprefix("Bearer "),
                argument=args.text("token"),
            )
            slow_down(workspace, method=method, tier=called.tier)
            return answer({"ok": True, **called.act(workspace, args)}, headers=scopes(workspace, called))
        except Refused as refusal:
            return refused(refusal, headers=scopes(workspace, called))


def slow_down(workspace: Workspace, *, method: str, tier: int) -> None:
    """Count the call. Raises Refused: too many of them."""
    wait = 1.0 if workspace.mischief.take(Trick.RATELIMITED) else workspace.limits.call(method, tier=tier)
    if wait:
        raise Refused("ratelimited", wait=wait)


def scopes(workspace: Workspace, method: Method) -> Mapping[str, str]:
    """Return the headers that say which scopes there are, and which were needed."""
    return {"X-OAuth-Scopes": ",".join(workspace.app.scopes), "X-Accepted-OAuth-Scopes": method.scope}


def refused(refusal: Refused, *, headers: Mapping[str, str]) -> Response:
    """Say no as Slack does."""
    body = {"ok": False, "error": refusal.word, **refusal.more}
    if refusal.wait:
        return answer(body, status=429, headers={**headers, "Retry-After": str(math.ceil(refusal.wait))})
    return answer(body, headers=headers)


def arguments(request: Request) -> Json:
    """Return the arguments, wherever they stand. Raises BadRequest."""
    given: Json = {key: values[-1] for key, values in request.query.items()}
    if not request.body:
        return given
    if request.is_json:
        return {**given, **request.json()}
    return {**given, **{key: values[-1] for key, values in request.form().items()}}


def remark_of(response: Response) -> str:
    """Return the error's word, or how long to wait."""
    if wait := response.headers.get("Retry-After"):
        return f"retry in {wait} s"
    return str(response.json().get("error", ""))


def pretty(content: Any) -> str:
    """Return JSON for reading, cut off where it is long."""
    text = json.dumps(unwrapped(content), indent=1, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}\n…"


def unwrapped(content: Any) -> Any:
    """Return arguments with the JSON that stands in strings read."""
    if not isinstance(content, dict):
        return content
    return {key: decoded(value) for key, value in content.items()}


def decoded(value: Any) -> Any:
    """Read JSON in a string, if it is an array or an object."""
    if not isinstance(value, str) or not value.startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
