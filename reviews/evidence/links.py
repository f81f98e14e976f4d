"""
The way to a review's full record, for whoever writes to a person outside these pages.

A link says what it was made for and gives no right: whoever follows it logs in, and sees what they may see themselves.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from governance.errors import Invalid
from governance.models import Person
from reviews.models import Review

SALT = "reviews.evidence.links"
LASTS = timedelta(days=90)  # longer than any review, and than what silence did can be given back


@dataclass(frozen=True, slots=True)
class Link:
    """A review, and whom the link to it was sent to."""

    review_id: int
    person_id: int


def record_url(review: Review, *, to: Person) -> str:
    """The address that a message to this person names."""
    token = signing.TimestampSigner(salt=SALT).sign_object([review.pk, to.pk])
    return settings.BASE_URL + reverse("web:link", args=[token])


def followed(token: str) -> Link:
    """Read a link; raise Invalid for one that is too old, was cut off, or was not made here."""
    try:
        return Link(*signing.TimestampSigner(salt=SALT).unsign_object(token, max_age=LASTS))
    except signing.BadSignature:
        raise Invalid("This link is too old, or a part of it is missing. What waits for you is listed here.") from None
