"""The control API from Python: a person's eyes and hands, for the demo and for tests."""

from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from demo.slack.web import trust

Json = dict[str, Any]


class Unwilling(Exception):
    """The workspace did not do it; the argument is its answer."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulated workspace at an address such as `http://127.0.0.1:8100`."""

    base_url: str
    _client: httpx.Client = field(
        default_factory=lambda: httpx.Client(trust_env=False, timeout=10, verify=trust()), repr=False
    )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def messages(self, user: str) -> list[Json]:
        """Return a person's direct messages, the oldest first: text, blocks, ts, channel, ephemeral."""
        found: list[Json] = self._get("messages", user=user)["messages"]
        return found

    def modal(self, user: str) -> Json | None:
        """Return the modal in front of a person: view, errors, trouble."""
        view: Json | None = self._get("views", user=user)["modal"]
        return view

    def home(self, user: str) -> Json | None:
        """Return a person's App Home."""
        view: Json | None = self._get("views", user=user)["home"]
        return view

    def log(self) -> list[Json]:
        """Return the last requests, the newest first."""
        entries: list[Json] = self._get("log")["log"]
        return entries

    def click(self, user: str, ts: str, action_id: str, *, confirm: bool = False, **more: Any) -> Json:
        """
        Click a button as a person; `more` may be `block_id`, `value`, or `view_id` in place of `ts`.

        Returns status, body, ms and error of the app's answer. Raises Unwilling: not there, or not confirmed.
        """
        return self._post("click", user=user, ts=ts, action_id=action_id, confirm=confirm, **more)

    def submit(self, user: str, view_id: str, values: Json) -> Json:
        """
        Send a modal, with values by block and action; Returns as `click` does.

        Raises Unwilling: the modal is gone, or Slack itself would not send it yet.
        """
        return self._post("submit", user=user, view_id=view_id, values=values)

    def close(self, user: str, view_id: str) -> None:
        """Close a modal. Raises Unwilling: it is gone."""
        self._post("close", user=user, view_id=view_id)

    def open(self, user: str, tab: str = "home") -> None:
        """Open the app's tab `home` or `messages`; the app has been told once when this returns."""
        self._post("open", user=user, tab=tab)

    def command(self, user: str, line: str) -> Json:
        """Type a command, such as `/access list`. Returns as `click` does. Raises Unwilling: it is none."""
        return self._post("command", user=user, line=line)

    def set_person(self, user: str, **flags: Any) -> Json:
        """
        Change what is true of a person, and return the user object; the app has been told once.

        Flags: deleted, is_restricted, is_ultra_restricted, is_stranger, is_bot, away, team_id, tz.
        """
        person: Json = self._post("people", user=user, **flags)["user"]
        return person

    # what goes wrong

    def status(self) -> Json:
        """Return what is armed, held, outage, ahead (seconds), installation, connections."""
        return self._get("status")

    def arm(self, trick: str, *, times: int = 1) -> None:
        """
        Let the next requests go wrong.

        From the workspace: twice, hold, late, other_person, other_team, other_app, old_time, wrong_secret.
        From the app: ratelimited, reply_lost.
        """
        self._post("mischief", trick=trick, times=times)

    def outage(self, how: str) -> None:
        """Let Slack be down for the app: `503`, `timeout`, or `none`."""
        self._post("outage", how=how)

    def replay(self) -> Json:
        """Deliver the last request again, byte for byte."""
        return self._post("replay")

    def stale(self) -> Json:
        """Click what was clicked last once more, as a screen would that was not refreshed."""
        return self._post("stale")

    def release(self) -> list[Json]:
        """Deliver what was held back."""
        deliveries: list[Json] = self._post("release")["deliveries"]
        return deliveries

    def advance(self, seconds: float) -> None:
        """Put the workspace's clock ahead."""
        self._post("clock", seconds=seconds)

    def install(self, state: str) -> None:
        """Let the app be `installed`, `revoked` or `uninstalled`; it has been told once when this returns."""
        self._post("installation", state=state)

    def disconnect(self) -> int:
        """Ask the app's connections to come again; return how many there were."""
        return int(self._post("disconnect")["connections"])

    def _get(self, what: str, **query: str) -> Json:
        return answered(self._client.get(f"{self.base_url}/control/{what}", params=query))

    def _post(self, what: str, **content: Any) -> Json:
        return answered(self._client.post(f"{self.base_url}/control/{what}", json=content))


def answered(response: httpx.Response) -> Json:
    """Return the answer's content. Raises Unwilling."""
    if not response.is_success:
        raise Unwilling(response.text)
    content: Json = response.json()
    return content
