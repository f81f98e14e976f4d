"""Response URLs: five answers within 30 minutes to the one who clicked, or to the message that was clicked."""

from dataclasses import dataclass
from typing import Any

from demo.slack import chat
from demo.slack.calls import Args, Refused
from demo.slack.limits import Spent, Ticket
from demo.slack.mischief import Outage
from demo.slack.records import Entry, Message
from demo.slack.web import Dropped, Request, Response, Route, answer, route
from demo.slack.workspace import Workspace

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ResponseUrls:
    """The response URLs of one workspace."""

    workspace: Workspace

    def routes(self) -> list[Route]:
        """Return where they are reached."""
        return [route("POST", r"/response/(?P<ticket>\w+)", self.use)]

    def use(self, request: Request, *, ticket: str) -> Response:
        """Take one answer of the app. Raises Dropped while Slack is silent."""
        mischief = self.workspace.mischief
        if mischief.wait_while_silent():
            raise Dropped
        if mischief.outage is Outage.REFUSING:
            return answer({"ok": False, "error": "service_unavailable"}, status=503)
        args = Args(request.json())
        try:
            self.respond(self.workspace.response_urls.take(ticket), args)
            response = Response(body=b"ok")
        except Spent as error:
            response = answer({"ok": False, "error": str(error)}, status=404)
        except Refused as error:
            response = answer({"ok": False, "error": error.word, **error.more}, status=400)
        self.workspace.note(
            Entry(
                at=self.workspace.clock(),
                to_app=False,
                name="response_url",
                status=response.status,
                ms=0,
                response=response.body.decode(),
            )
        )
        return response

    def respond(self, ticket: Ticket, args: Args) -> None:
        """Change or delete the message, or say something. Raises Refused."""
        original = self.workspace.message(*ticket.about)
        if args.given.get("delete_original") is True and original is not None:
            self.workspace.drop(original)
            return
        text, blocks = chat.worded(args, most=chat.LONGEST), chat.blocks_of(args)
        if args.given.get("replace_original") is True and original is not None:
            chat.edit(self.workspace, original, text=text, blocks=blocks or [])
            return
        self.say(ticket, args, text=text, blocks=blocks or [])

    def say(self, ticket: Ticket, args: Args, *, text: str, blocks: list[Json]) -> None:
        """Add a message: to this person alone, unless the app wants it to stay. Raises Refused."""
        channel, kind = ticket.about[0], args.text("response_type") or "ephemeral"
        if kind not in chat.RESPONSES:
            raise Refused("invalid_response_type")
        if kind == "ephemeral":
            chat.whisper(self.workspace, channel=channel, text=text, blocks=blocks)
            return
        self.workspace.put(Message(channel=channel, ts=self.workspace.stamp(), text=text, blocks=blocks))
