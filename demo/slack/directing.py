"""What whoever plays with the workspace can do to it: tricks, outages, the clock, the installation, the connections."""

from dataclasses import dataclass
from enum import StrEnum
from threading import Event
from typing import Any

from demo.slack import events
from demo.slack.clicking import NotThere, click_anew
from demo.slack.delivering import Courier
from demo.slack.directory import Person
from demo.slack.events import Events
from demo.slack.mischief import Outage, Trick
from demo.slack.records import Delivery
from demo.slack.sockets import Sockets
from demo.slack.workspace import Workspace

Json = dict[str, Any]


class Installation(StrEnum):
    """How the app stands in the workspace."""

    INSTALLED = "installed"
    REVOKED = "revoked"
    UNINSTALLED = "uninstalled"


GONE = {Installation.INSTALLED: "", Installation.REVOKED: "token_revoked", Installation.UNINSTALLED: "account_inactive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Director:
    """The hands of whoever plays with one workspace."""

    courier: Courier
    events: Events
    sockets: Sockets | None = None

    @property
    def workspace(self) -> Workspace:
        """The workspace that is played with."""
        return self.courier.workspace

    def arm(self, trick: Trick, *, times: int = 1) -> None:
        """Let it happen to the next request; 0 takes it back."""
        self.workspace.mischief.arm(trick, times=times)
        self.workspace.changed()

    def outage(self, how: Outage) -> None:
        """Let Slack go down for the app, or come back."""
        self.workspace.mischief.set_outage(how)
        self.workspace.changed()

    def again(self) -> Delivery:
        """Deliver the last request again, byte for byte. Raises NotThere."""
        delivery = self.courier.again()
        if delivery is None:
            raise NotThere("Nothing was delivered yet.")
        return delivery

    def stale(self) -> Delivery:
        """Click again what was clicked last, though it may be gone. Raises NotThere."""
        return click_anew(self.courier)

    def release(self) -> list[Delivery]:
        """Deliver what was held back. Raises NotThere."""
        if not self.courier.held:
            raise NotThere("Nothing is held back.")
        return self.courier.release()

    def advance(self, seconds: float) -> None:
        """Put the workspace's clock ahead. Raises ValueError."""
        self.workspace.clock.advance(seconds)
        self.workspace.changed()

    def install(self, how: Installation) -> None:
        """Take the app out, revoke its token, or put it back; the app is told after that."""
        workspace = self.workspace
        before, workspace.gone = workspace.gone, GONE[how]
        workspace.changed()
        if how is not Installation.INSTALLED and not before:
            self.events.happened(events.revoked(workspace)).wait()
        if how is Installation.UNINSTALLED:
            self.events.happened(events.uninstalled(workspace)).wait()

    def change(self, person: Person, **flags: Any) -> Event:
        """Change what is true of a person, and tell the app; what is returned is set after the first attempt."""
        changed = self.workspace.set_person(person.id, **flags)
        return self.happened(events.user_changed(self.workspace, changed))

    def opened(self, person: Person, *, tab: str) -> Event:
        """Note which tab a person opens, and tell the app; what is returned is set after the first attempt."""
        self.workspace.tabs[person.id] = tab
        return self.happened(events.home_opened(self.workspace, person, tab=tab))

    def happened(self, event: Json) -> Event:
        """Tell the app, while it is installed."""
        if not self.workspace.gone:
            return self.events.happened(event)
        untold = Event()
        untold.set()
        return untold

    def refresh(self) -> int:
        """Ask the app's connections to come again; return how many there were."""
        return self.sockets.refresh() if self.sockets else 0

    def status(self) -> Json:
        """Return what is armed, held back, down, and how far the clock is ahead."""
        mischief = self.workspace.mischief
        return {
            "armed": mischief.armed(),
            "held": len(self.courier.held),
            "outage": mischief.outage.value,
            "ahead": self.workspace.clock.ahead,
            "installation": next(how.value for how, word in GONE.items() if word == self.workspace.gone),
            "connections": self.sockets.connected if self.sockets else 0,
        }
