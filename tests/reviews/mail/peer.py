"""A mail server that keeps what it is given and answers as the test says: over a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Postbox:
    """What came, and what the server says next to a recipient or to a letter; "" takes it."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    to_recipient: str = ""
    to_letter: str = ""
    lost: bool = False  # it takes the next letter, and its answer does not arrive

    async def handle_RCPT(  # noqa: N802  (aiosmtpd names it)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_recipient:
            return self.to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.to_letter:
            return self.to_letter
        content: Any = envelope.content
        self.letters.append(message_from_bytes(content, policy=policy.default))
        self.recipients += envelope.rcpt_tos
        if self.lost:
            self.lost = False
            server.transport.close()
        return "250 Taken"

    def last(self) -> EmailMessage:
        return self.letters[-1]

    @contextmanager
    def listening(self) -> Iterator[None]:
        """It is there for as long, on the same port each time."""
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield
        finally:
            controller.stop()


def text(letter: EmailMessage) -> str:
    """Its plain text."""
    return letter.get_body(("plain",)).get_content().replace("\r\n", "\n")


def html(letter: EmailMessage) -> str:
    """Its HTML."""
    return letter.get_body(("html",)).get_content()
