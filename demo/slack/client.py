"""The control API from Python: a person's eyes and hands, for the demo and for tests."""

from dataclasses import dataclass, field
from typing import Any, Self

import httpx

Json = dict[str, Any]


class Unwilling(Exception):
    """The workspace did not do it; the argument is its answer."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulated workspace at an address such as `http://127.0.0.1:8100`."""

    base_url: str
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=10), repr=False)

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

    def click(self, user: str, ts: str, action_id: str, *, confirm: bool = False, **more: str) -> Json:
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

    def replay(self) -> Json:
        """Deliver the last request again, byte for byte."""
        return self._post("replay")

    def set_person(self, user: str, **flags: Any) -> Json:
        """Change what is true of a person: deleted, is_restricted, away, team_id, tz. Returns the user object."""
        person: Json = self._post("people", user=user, **flags)["user"]
        return person

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
