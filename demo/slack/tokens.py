"""Who calls: the bot's token or the app's own, and whether its scopes allow the method."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo.slack.calls import Args, Refused
from demo.slack.workspace import Workspace

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the Web API: what it does, the scope that it needs, and its rate limit's tier (0: none)."""

    act: Callable[[Workspace, Args], Json]
    scope: str = ""
    tier: int = 0
    by_app: bool = False  # asks for the app-level token, in the header alone


def admit(workspace: Workspace, method: Method, *, header: str, argument: str) -> None:
    """Let the call pass. Raises Refused."""
    token = header or ("" if method.by_app else argument)
    if not token:
        raise Refused("not_authed")
    if same(token, workspace.app.app_token) != method.by_app:
        raise Refused("not_allowed_token_type" if known(workspace, token) else "invalid_auth")
    if not known(workspace, token):
        raise Refused("invalid_auth")
    if workspace.gone and not method.by_app:
        raise Refused(workspace.gone)
    if method.scope and method.scope not in workspace.app.scopes:
        raise Refused("missing_scope", needed=method.scope, provided=",".join(workspace.app.scopes))


def known(workspace: Workspace, token: str) -> bool:
    """Whether it is one of the app's two tokens."""
    return same(token, workspace.app.bot_token) or same(token, workspace.app.app_token)


def same(token: str, ours: str) -> bool:
    """Whether it is this token, without telling by the time taken; one that was never given is nobody's."""
    return bool(ours) and hmac.compare_digest(token.encode(), ours.encode())
