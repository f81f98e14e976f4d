"""
What a button carries: which question it was on, about what, and the facts that were shown.

Signed, so that nobody can make one up. It gives no authority: who may decide is asked of the Assignment at every click.
"""

from dataclasses import dataclass

from django.core import signing

from governance.errors import Invalid

SALT = "reviews.slack.tokens"
VERSION = "cs1."


@dataclass(frozen=True, slots=True)
class Token:
    """One button on one copy of a card."""

    ask_id: int
    item_id: int
    fingerprint: str


def sealed(token: Token) -> str:
    """The value of a button."""
    parts = [token.ask_id, token.item_id, token.fingerprint]
    return VERSION + signing.Signer(salt=SALT).sign_object(parts)


def opened(value: str) -> Token:
    """Read a button's value; raise Invalid for one that was not made here."""
    try:
        parts = signing.Signer(salt=SALT).unsign_object(value.removeprefix(VERSION))
    except signing.BadSignature:
        raise Invalid("This button is not one of ours. Nothing was changed.") from None
    return Token(*parts)
