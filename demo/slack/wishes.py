"""The control API's other half: let things go wrong, put the clock ahead, take the app out. JSON in, JSON out."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeVar

from demo.slack.directing import Director, Installation
from demo.slack.mischief import Outage, Trick
from demo.slack.web import BadRequest, Request, Response, answer

Json = dict[str, Any]
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What can be asked of the director of one workspace."""

    director: Director

    def handlers(self) -> dict[str, Callable[[Request], Response]]:
        """Return the handlers by name."""
        return {
            "replay": self.replay,
            "stale": self.stale,
            "release": self.release,
            "mischief": self.mischief,
            "outage": self.outage,
            "clock": self.clock,
            "installation": self.installation,
            "disconnect": self.disconnect,
        }

    def status(self, _request: Request) -> Response:
        """Say what is armed, held back, down, and how far the clock is ahead."""
        return answer(self.director.status())

    def replay(self, _request: Request) -> Response:
        """Deliver the last request again: the same bytes under the same signature."""
        return answer(asdict(self.director.again()))

    def stale(self, _request: Request) -> Response:
        """Click what was clicked last once more, as a screen would that was not refreshed."""
        return answer(asdict(self.director.stale()))

    def release(self, _request: Request) -> Response:
        """Deliver what was held back."""
        return answer({"deliveries": [asdict(delivery) for delivery in self.director.release()]})

    def mischief(self, request: Request) -> Response:
        """Arm a `trick` for the next request, or the next `times`."""
        content = request.json()
        self.director.arm(word(Trick, content, "trick"), times=int(number(content, "times", usual=1)))
        return self.status(request)

    def outage(self, request: Request) -> Response:
        """Let Slack be down: `how` is `503`, `timeout` or `none`."""
        self.director.outage(word(Outage, request.json(), "how"))
        return self.status(request)

    def clock(self, request: Request) -> Response:
        """Put the clock ahead by so many `seconds`."""
        try:
            self.director.advance(number(request.json(), "seconds"))
        except ValueError as error:
            raise BadRequest(str(error)) from error
        return self.status(request)

    def installation(self, request: Request) -> Response:
        """Let the app be `installed`, `revoked` or `uninstalled`."""
        self.director.install(word(Installation, request.json(), "state"))
        return self.status(request)

    def disconnect(self, _request: Request) -> Response:
        """Ask the app's connections to come again."""
        return answer({"connections": self.director.refresh()})


def word(kind: type[Word], content: Json, name: str) -> Word:
    """Return an argument that is one of these words. Raises BadRequest."""
    try:
        return kind(str(content.get(name)))
    except ValueError as error:
        raise BadRequest(f"{name} is one of {', '.join(kind)}, not {content.get(name)!r}") from error


def number(content: Json, name: str, *, usual: float | None = None) -> float:
    """Return an argument that is a number, 0 or more. Raises BadRequest."""
    value = content.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise BadRequest(f"{name} is a number, 0 or more, not {value!r}")
    return value
