"""
One rendering of a card for one person, signed: what an answer from its page is bound to.

It holds the facts that were shown (their fingerprint), the hash of all that the card said, when it was shown, and a key
by which a form that is sent twice is one answer. It gives no authority: deciding asks the Assignment.
"""

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import rfc8785
from django.core import signing
from django.core.serializers.json import DjangoJSONEncoder

from governance.errors import Invalid
from governance.models import Person
from reviews.evidence import Card, ItemView

SALT = "reviews.web.shown"


@dataclass(frozen=True, slots=True)
class Shown:
    """One item on one rendering of its card."""

    person_id: int
    item_id: int
    fingerprint: str
    digest: str
    at_ms: int
    once: str

    @property
    def at(self) -> datetime:
        """When it was shown."""
        return datetime.fromtimestamp(self.at_ms / 1000, tz=UTC)


def sealed(card: Card, item: ItemView, *, to: Person, at: datetime) -> str:
    """What the links and forms of this rendering carry."""
    parts = [to.pk, item.item_id, item.fingerprint, digest(card), int(at.timestamp() * 1000), secrets.token_urlsafe(12)]
    return signing.Signer(salt=SALT).sign_object(parts)


def opened(value: str, *, by: Person) -> Shown:
    """Read it; raise Invalid for one that was not made here, or not for this person."""
    try:
        shown = Shown(*signing.Signer(salt=SALT).unsign_object(value))
    except signing.BadSignature:
        raise Invalid("This address is not complete. Choose your answer below.") from None
    if shown.person_id != by.pk:
        raise Invalid("This address was made for somebody else. Choose your answer below.")
    return shown


def digest(card: Card) -> str:
    """SHA-256 over the canonical JSON (RFC 8785) of all that the card says, in hex."""
    said = json.loads(json.dumps(asdict(card), cls=DjangoJSONEncoder))
    return hashlib.sha256(rfc8785.dumps(said)).hexdigest()
