"""
What a button carries: which question it was on, about what, and the facts that were shown.

Signed, so that nobody can make one up. It gives no authority: who may decide is asked of the Assignment at every click.
"""

from collections.abc import Sequence
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


def sealed_many(tokens: Sequence[Token]) -> str:
    """Several of one ask, for a form about all of them."""
    parts = [tokens[0].ask_id, *([token.item_id, token.fingerprint] for token in tokens)]
    return VERSION + signing.Signer(salt=SALT).sign_object(parts, compress=True)


def opened_many(value: str) -> list[Token]:
    """Read several; raise Invalid for what was not made here."""
    try:
        ask_id, *parts = signing.Signer(salt=SALT).unsign_object(value.removeprefix(VERSION))
    except signing.BadSignature:
        raise Invalid("This form is not one of ours. Nothing was changed.") from None
    return [Token(ask_id, item_id, fingerprint) for item_id, fingerprint in parts]
