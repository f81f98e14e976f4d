"""
What a button carries: which question it was on, about what, and the facts that were shown.

What a form carries besides: the hash of the rendering from which it was opened, and its own. So its answer says what
the person had before them, however often the message was rendered anew meanwhile.

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
    """One button on one copy of a card; or one subject of a form, which was opened from what `shown` is the hash of."""

    ask_id: int
    item_id: int
    fingerprint: str
    shown: str = ""
    form: str = ""


def sealed(token: Token) -> str:
    """The value of a button."""
    seen = [token.shown, token.form] if token.form else []
    parts = [token.ask_id, token.item_id, token.fingerprint, *seen]
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
    first = tokens[0]
    parts = [[first.ask_id, first.shown, first.form], *([token.item_id, token.fingerprint] for token in tokens)]
    return VERSION + signing.Signer(salt=SALT).sign_object(parts, compress=True)


def opened_many(value: str) -> list[Token]:
    """Read several; raise Invalid for what was not made here."""
    try:
        (ask_id, *seen), *parts = signing.Signer(salt=SALT).unsign_object(value.removeprefix(VERSION))
    except signing.BadSignature:
        raise Invalid("This form is not one of ours. Nothing was changed.") from None
    return [Token(ask_id, item_id, fingerprint, *seen) for item_id, fingerprint in parts]
