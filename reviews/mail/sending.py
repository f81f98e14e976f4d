"""
Handing a letter to the mail server, and what its *no* means.

    NoSuchAddress  the server knows nobody there: the next in line is asked
    NotTaken       the server takes no such letter: told aloud, and not tried again

Whatever else goes wrong raises OSError as it came (smtplib's errors are some), and is tried again. `about_one` says
which of those say nothing of the next letter.
"""

import re
import smtplib
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email

from governance.errors import Invalid
from reviews.mail.letters import Letter
from reviews.mail.waiting import QueueLetter

FOR_GOOD = 500
OURS = re.compile(r"5\.7\.")  # RFC 3463: security or policy, such as a relay that does not know us
LOG_IN_FIRST = 530
HEADERS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
SAID = 200


class NoSuchAddress(Exception):
    """Nobody is reached there; the text is the server's."""


class NotTaken(Exception):
    """The server refuses what we wrote; the text is the server's."""


def send(letter: Letter | QueueLetter, *, to: str, message_id: str) -> None:
    """Hand it over. Raises as the module says, and Invalid where no mail server is set up."""
    if not settings.EMAIL_SET_UP:
        raise Invalid("No mail server is known: set EMAIL_URL.")
    message = written(letter, to=checked(to), message_id=message_id)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        [(code, reply)] = error.recipients.values()
        if code < FOR_GOOD or code == LOG_IN_FIRST or OURS.search(text(reply)):
            raise
        raise NoSuchAddress(f"{code} {text(reply)}") from error
    except smtplib.SMTPDataError as error:
        if error.smtp_code < FOR_GOOD:
            raise
        raise NotTaken(f"{error.smtp_code} {text(error.smtp_error)}") from error


def about_one(error: OSError) -> bool:
    """Whether it says nothing of other letters; else the server is away, and there is no use in trying them."""
    return isinstance(error, (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError))


def checked(address: str) -> str:
    """An address that can be written to; raise NoSuchAddress for what is none."""
    try:
        validate_email(address)
    except ValidationError as error:
        raise NoSuchAddress("not an e-mail address") from error
    return address


def written(letter: Letter | QueueLetter, *, to: str, message_id: str) -> EmailMultiAlternatives:
    """A message in both forms."""
    thread = {"In-Reply-To": letter.thread, "References": letter.thread} if letter.thread else {}
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text(),
        to=[to],
        headers={"Message-ID": message_id, **HEADERS, **thread},
    )
    message.attach_alternative(letter.html(), "text/html")
    return message


def our_host() -> str:
    """The part of a Message-ID that says whose it is."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def text(reply: bytes | str) -> str:
    """What a server said, on one line."""
    said = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    return " ".join(said.split())[:SAID]
