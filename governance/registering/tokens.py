"""Tokens of sources: issued, shown once, and revoked."""

import re
import secrets
from datetime import datetime

from django.db import transaction

from governance import ledger
from governance.errors import Conflict, Invalid
from governance.ledger import Act, Actor
from governance.models import Person, Source, SourceToken
from governance.models.source_token import hashed

MARK = "csu_"  # so that a token that got lost is known for what it is, by people and by scanners
RANDOM_BYTES = 32
NAME = re.compile(r"[-\w]{1,50}", re.ASCII)
SHOWN = len(MARK) + 6  # characters that it is known by later


def issue_token(
    *, source: Source, name: str, scope: str, by: Person | None, at: datetime, actor: Actor
) -> tuple[SourceToken, str]:
    """
    Make a token by which a source delivers; return it with its characters, which nobody can be shown again.

    Another one with the same name is to be revoked first. Raises Invalid.
    """
    if scope not in SourceToken.Scope.values:
        raise Invalid(f"scope {scope!r} is unknown; one of {', '.join(SourceToken.Scope.values)}", field="scope")
    if not NAME.fullmatch(name):
        raise Invalid("name says who holds the token, such as collector-2: 50 letters, numbers, _ and -", field="name")
    characters = MARK + secrets.token_urlsafe(RANDOM_BYTES)
    made = {"scope": scope, "issued_by": by, "issued_at": at, "prefix": characters[:SHOWN], "hash": hashed(characters)}
    with transaction.atomic():
        token, new = SourceToken.objects.get_or_create(source=source, name=name, revoked_at=None, defaults=made)
        if not new:
            raise Invalid(
                f"{source} has a token {name} already: revoke that one, or give this another name", field="name"
            )
        ledger.record(act=Act.TOKEN_ISSUED, actor=actor, subjects=[source, source.system], body=told(token))
    return token, characters


def revoke_token(*, token: SourceToken, at: datetime, actor: Actor) -> SourceToken:
    """End a token: from now on nothing is taken from its bearer. Raises Conflict where it is revoked already."""
    with transaction.atomic():
        standing = SourceToken.objects.select_for_update(of=("self",)).standing().filter(pk=token.pk)
        found = standing.select_related("source__system").first()
        if found is None:
            raise Conflict(f"The token {token} of {token.source} is revoked already.")
        found.revoked_at = at
        found.save(update_fields=["revoked_at"])
        subjects = [found.source, found.source.system]
        ledger.record(act=Act.TOKEN_REVOKED, actor=actor, subjects=subjects, body=told(found))
    return found


def told(token: SourceToken) -> dict[str, object]:
    """What the ledger says of it."""
    return {"name": token.name, "begins_with": token.prefix, "scope": token.scope}
