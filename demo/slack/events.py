"""
The Events API: what happens in the workspace is told to the app, and told again until it says that it has heard.

https://docs.slack.dev/apis/events-api: three more attempts, at once, after a minute and after five.
"""

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from demo.slack.clicking import VERIFICATION
from demo.slack.delivering import TOO_LATE, Courier
from demo.slack.directory import Person
from demo.slack.records import Delivery
from demo.slack.showing import wire
from demo.slack.workspace import Workspace

Json = dict[str, Any]
AGAIN = (0.0, 60.0, 300.0)  # seconds after the attempt before began
LOOK = 0.05  # seconds between two looks at the clock while an attempt is waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Tells the app what it subscribed to. Each event has a thread of its own, which ends when the app has heard."""

    courier: Courier
    again: Sequence[float] = AGAIN
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def happened(self, event: Json) -> threading.Event:
        """Tell the app of it, if it wants to know; what is returned is set after the first attempt."""
        tried = threading.Event()
        if event["type"] not in self.courier.workspace.app.events:
            tried.set()
            return tried
        told = enveloped(self.courier.workspace, event)
        thread = threading.Thread(target=self._tell, args=(told, tried), name="event", daemon=True)
        self._threads[:] = [*self.under_way(), thread]
        thread.start()
        return tried

    def under_way(self) -> list[threading.Thread]:
        """Return what is still being told, or waited for."""
        return [thread for thread in self._threads if thread.is_alive()]

    def stop(self) -> None:
        """Give up what is still waited for, and wait until nothing is under way."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _tell(self, told: Json, tried: threading.Event) -> None:
        clock, reason, began = self.courier.workspace.clock, "", 0.0
        for attempt, after in enumerate((0.0, *self.again)):
            if not self._waited(began + after):
                break
            began = clock()
            delivery = self.courier.tell(told, attempt=attempt, reason=reason)
            tried.set()
            reason = failure(delivery)
            if not reason or delivery.no_retry:
                break
        tried.set()

    def _waited(self, due: float) -> bool:
        while self.courier.workspace.clock() < due:
            if self._stopped.wait(LOOK):
                return False
        return not self._stopped.is_set()


def failure(delivery: Delivery) -> str:
    """Return Slack's word for why an event was not heard; nothing where it was."""
    if delivery.error:
        return "http_timeout" if delivery.error == TOO_LATE else "connection_failed"
    match delivery.status // 100:
        case 2:
            return ""
        case 3:
            return "too_many_redirects"
        case _:
            return "http_error"


def enveloped(workspace: Workspace, event: Json) -> Json:
    """Return the envelope in which an event is told."""
    bot = {"user_id": workspace.app.bot_user_id, "is_bot": True, "is_enterprise_install": False}
    return {
        "token": VERIFICATION,
        "team_id": workspace.team.id,
        "context_team_id": workspace.team.id,
        "context_enterprise_id": None,
        "api_app_id": workspace.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(workspace.clock()),
        "authorizations": [{"enterprise_id": None, "team_id": workspace.team.id, **bot}],
        "is_ext_shared_channel": False,
    }


def home_opened(workspace: Workspace, person: Person, *, tab: str) -> Json:
    """A person opens the app: its tab `home` or `messages`."""
    view = workspace.stage.home(person.id) if tab == "home" else None
    return {
        "type": "app_home_opened",
        "user": person.id,
        "channel": workspace.channel_of(person.id),
        "tab": tab,
        "event_ts": workspace.stamp(),
        **({"view": wire(workspace, view)} if view else {}),
    }


def user_changed(workspace: Workspace, person: Person) -> Json:
    """Something is different about a person: they may be deactivated now."""
    user = person.wire(home=workspace.team)
    return {
        "type": "user_change",
        "user": user,
        "cache_ts": int(workspace.clock()),
        "event_ts": workspace.stamp(),
    }


def revoked(workspace: Workspace) -> Json:
    """The app's token opens nothing any more."""
    tokens = {"oauth": [], "bot": [workspace.app.bot_user_id]}
    return {"type": "tokens_revoked", "tokens": tokens, "event_ts": workspace.stamp()}


def uninstalled(workspace: Workspace) -> Json:
    """The app was taken out of the workspace."""
    return {"type": "app_uninstalled", "event_ts": workspace.stamp()}
