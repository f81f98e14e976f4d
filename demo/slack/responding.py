"""Response URLs: five answers within 30 minutes to the one who clicked, or to the message that was clicked."""

from dataclasses import dataclass
from typing import Any

from demo.slack import chat
from demo.slack.calls import Args, Refused
from demo.slack.limits import Spent, Ticket
from demo.slack.records import Entry, Message
from demo.slack.web import Request, Response, Route, answer, route
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
        """Take one answer of the app."""
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
        """Add a message: to this person alone, unless the app wants it to stay."""
        channel = ticket.about[0]
        if args.text("response_type") != "in_channel":
            chat.whisper(self.workspace, channel=channel, text=text, blocks=blocks)
            return
        self.workspace.put(Message(channel=channel, ts=self.workspace.stamp(), text=text, blocks=blocks))
