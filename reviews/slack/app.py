"""
Bolt as a thin adapter: it routes and acknowledges, and knows nothing else.

`process_before_response`: the listener runs in the request's thread and its transaction is committed before the 200.
(In Bolt's usual mode a process that dies after the acknowledgement has lost a decision that the person saw accepted.)
Who may speak was found out before: by the door's signatures, or by the token that opened the socket.
"""

import logging
from functools import cache

from django.conf import settings
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from governance.errors import Invalid
from governance.sole import sole
from reviews.models import Workspace
from reviews.slack import events, handlers, linking, workspaces
from reviews.slack.signing import Sender

logger = logging.getLogger("reviews.slack.bolt")


class Wordless(logging.Filter):
    """Bolt puts the bodies of requests into its log lines, in brackets; ours end before them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep the line's first words."""
        record.msg, record.args = record.getMessage().partition("(")[0].strip(), ()
        return True


logger.setLevel(logging.WARNING)
logger.addFilter(Wordless())


@cache
def built(*, base_url: str) -> App:
    """Return the app. Built without a word to Slack: a web process starts while Slack is down."""
    app = App(
        name="countersign",
        logger=logger,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        authorize=authorize,
        token_verification_enabled=False,
        process_before_response=True,
        client=WebClient(base_url=base_url, timeout=workspaces.CLICK_SECONDS, retry_handlers=[]),
    )
    handlers.register(app)
    events.register(app)
    linking.register(app)
    return app


def answer(given: BoltRequest, *, sender: Sender) -> BoltResponse:
    """Answer what this workspace has said; what was decided is committed then."""
    given.context["team_id"] = sender.team_id  # Bolt would look in places for which nobody has vouched
    response: BoltResponse = built(base_url=settings.SLACK_API_BASE_URL).dispatch(given)
    return response


def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Find the token for answering; an unknown workspace gets none, and its people a refusal from identity."""
    workspace = sole(Workspace.objects.filter(team_id=team_id or "", state=Workspace.State.ACTIVE))
    return AuthorizeResult(
        enterprise_id=enterprise_id, team_id=team_id, bot_token=token(workspace) if workspace else None
    )


def token(workspace: Workspace) -> str | None:
    """The workspace's token; None where it is missing: a decision does not need it."""
    try:
        return workspaces.bot_token(workspace)
    except Invalid as error:
        logger.error("a Slack token is missing", extra={"because": str(error)})  # noqa: TRY400  (the sentence says it all)
        return None
