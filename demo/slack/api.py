"""The Web API: `/api/<method>` for the real slack_sdk. Arguments by JSON, form or address; a bearer token."""

import hmac
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from demo.slack import chat, people, showing
from demo.slack.calls import Args, Refused
from demo.slack.records import Entry
from demo.slack.web import Request, Response, Route, answer, route
from demo.slack.workspace import Workspace

Json = dict[str, Any]
SHOWN = 6000  # characters of a body that the log keeps

METHODS: Mapping[str, Callable[[Workspace, Args], Json]] = {
    "auth.test": people.auth_test,
    "users.info": people.users_info,
    "users.list": people.users_list,
    "users.lookupByEmail": people.users_lookup_by_email,
    "conversations.open": people.conversations_open,
    "chat.postMessage": chat.post_message,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.update": chat.update,
    "views.open": showing.views_open,
    "views.push": showing.views_push,
    "views.update": showing.views_update,
    "views.publish": showing.views_publish,
}


@dataclass(frozen=True, slots=True)
class Api:
    """The methods of one workspace."""

    workspace: Workspace

    def routes(self) -> list[Route]:
        """Return where it is reached."""
        return [route(verb, r"/api/(?P<method>[\w.]+)", self.call) for verb in ("GET", "POST")]

    def call(self, request: Request, *, method: str) -> Response:
        """Answer one call and log it. Slack says *no* with a 200; only 429 is a status."""
        started = time.perf_counter()
        args = Args(arguments(request))
        response = self.answered(request, method=method, args=args)
        ms = round((time.perf_counter() - started) * 1000)
        self.workspace.note(
            Entry(
                at=self.workspace.clock(),
                to_app=False,
                name=method,
                status=response.status,
                ms=ms,
                remark=remark_of(response),
                request=pretty({key: value for key, value in args.given.items() if key != "token"}),
                response=pretty(json.loads(response.body)),
            )
        )
        return response

    def answered(self, request: Request, *, method: str, args: Args) -> Response:
        """Check who asks, and do it."""
        if method not in METHODS:
            return answer({"ok": False, "error": "unknown_method", "req_method": method})
        token = request.authorization.removeprefix("Bearer ") or args.text("token")
        if not token:
            return answer({"ok": False, "error": "not_authed"})
        if not hmac.compare_digest(token.encode(), self.workspace.app.bot_token.encode()):
            return answer({"ok": False, "error": "invalid_auth"})
        try:
            return answer({"ok": True, **METHODS[method](self.workspace, args)})
        except Refused as refusal:
            return refused(refusal)


def refused(refusal: Refused) -> Response:
    """Say no as Slack does."""
    body = {"ok": False, "error": refusal.word, **refusal.more}
    if refusal.wait:
        return answer(body, status=429, headers={"Retry-After": str(math.ceil(refusal.wait))})
    return answer(body)


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
    return str(json.loads(response.body).get("error", ""))


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
