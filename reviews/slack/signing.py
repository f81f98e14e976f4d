"""
Who may speak for which workspace: each has an app of its own, and so a signing secret of its own.

A body is taken from a workspace only if that workspace's secret signed these very bytes within five minutes, and if it
names that workspace and its app: what another workspace's secret signed is nobody's.
"""

import logging
import time
from dataclasses import dataclass

from django.conf import settings
from slack_sdk.signature import SignatureVerifier

from governance.errors import Invalid
from reviews.models import Workspace
from reviews.slack import payloads, workspaces
from reviews.slack.payloads import Body

logger = logging.getLogger(__name__)

KEPT_SECONDS = 10
MISSED_SECONDS = 1  # what fits no workspace has them read again, but no more often than this


@dataclass(frozen=True, slots=True)
class Sender:
    """A workspace with its app, as a request names them."""

    team_id: str
    app_id: str

    @classmethod
    def named(cls, body: Body) -> "Sender":
        """Read them from what came, whatever kind it is."""
        return cls(payloads.team_of(body), payloads.text(body, "api_app_id"))

    @classmethod
    def of(cls, workspace: Workspace) -> "Sender":
        """What this workspace's requests name."""
        return cls(workspace.team_id, workspace.app_id)


@dataclass(frozen=True, slots=True)
class Signed:
    """Bytes as they came, with the two headers that vouch for them."""

    body: bytes
    stamp: str
    signature: str

    def by(self, secret: str) -> bool:
        """Whether this secret signed them within five minutes."""
        try:
            return SignatureVerifier(signing_secret=secret).is_valid(self.body, self.stamp, self.signature)
        except (ValueError, TypeError):  # a time that is no number, a signature not in ASCII, a body not in UTF-8
            return False


class Ring:
    """The workspaces' secrets, kept for seconds: a flood of bytes that nobody signed does not reach the database."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Read them at the next request."""
        self.own: dict[Sender, str] = {}
        self.read_at = float("-inf")

    def secrets(self, *, kept: float = KEPT_SECONDS) -> dict[Sender, str]:
        """Each workspace's secret, or the one for all, read at most so many seconds ago."""
        if time.monotonic() - self.read_at > kept:
            self.own, self.read_at = read(), time.monotonic()
        given = {sender: secret or settings.SLACK_SIGNING_SECRET for sender, secret in self.own.items()}
        return {sender: secret for sender, secret in given.items() if secret}

    def vouches(self, signed: Signed, *, kept: float = KEPT_SECONDS) -> set[Sender]:
        """Who may have sent this: every workspace whose secret, read so lately, signed it. Empty: nobody."""
        found = vouching(signed, self.secrets(kept=kept))
        return found or vouching(signed, self.secrets(kept=min(kept, MISSED_SECONDS)))


def vouching(signed: Signed, secrets: dict[Sender, str]) -> set[Sender]:
    """Whose secret signed it; a secret that several share is tried once."""
    good = {secret for secret in set(secrets.values()) if signed.by(secret)}
    return {sender for sender, secret in secrets.items() if secret in good}


def read() -> dict[Sender, str]:
    """
    The workspaces with their own secret; "" where they have none.

    A secret that is not to be had leaves its workspace out: it does not fall back to the one for all.
    """
    found = {}
    for workspace in Workspace.objects.order_by("pk"):
        try:
            found[Sender.of(workspace)] = workspaces.signing_secret(workspace)
        except Invalid as error:
            logger.error("a signing secret is missing", extra={"because": str(error)})  # noqa: TRY400  (the sentence says it)
    return found


ring = Ring()
