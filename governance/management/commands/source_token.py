"""Issue or revoke a token by which a source delivers its use over HTTP; without either, list those it has."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance import clock, registering
from governance.errors import Invalid
from governance.ledger import Actor
from governance.models import Source, SourceToken

ACTOR = Actor.operator("source_token")


class Command(BaseCommand):
    """A token is printed once, alone on the last line; docs/how-to/send-usage.md says how to send by it."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what there is to say."""
        parser.add_argument("source", help="the name of the source")
        verb = parser.add_mutually_exclusive_group()
        verb.add_argument("--issue", metavar="NAME", help="make a token; NAME says who holds it")
        verb.add_argument("--revoke", metavar="NAME", help="end the token of this name")
        parser.add_argument(
            "--cover",
            action="store_true",
            help="with --issue: its bearer also says for what time the source is complete",
        )

    def handle(self, **options: Any) -> None:
        """Issue, revoke or list."""
        try:
            source = Source.objects.called(options["source"])
            if options["issue"] is not None:
                said = issued(source, options["issue"], cover=options["cover"])
            elif options["revoke"] is not None:
                said = revoked(source, options["revoke"])
            else:
                said = listed(source)
        except Invalid as refusal:
            raise CommandError(f"Nothing was changed: {refusal}") from refusal
        self.stdout.write("\n".join(said))


def issued(source: Source, name: str, *, cover: bool) -> list[str]:
    """Issue one. Raises Invalid."""
    scope = SourceToken.Scope.COVER if cover else SourceToken.Scope.DELIVER
    token, characters = registering.issue_token(
        source=source, name=name, scope=scope, by=None, at=clock.now(), actor=ACTOR
    )
    return [f"The token {token} of {source} is issued: {in_words(token)}. It is not shown again:", characters]


def revoked(source: Source, name: str) -> list[str]:
    """Revoke one. Raises Invalid."""
    token = source.tokens.standing().filter(name=name).first()
    if token is None:
        raise Invalid(f"{source} has no token {name!r}; there are: {', '.join(names(source)) or 'none'}")
    registering.revoke_token(token=token, at=clock.now(), actor=ACTOR)
    return [f"The token {name} of {source} is revoked: nothing is taken from its bearer any more."]


def listed(source: Source) -> list[str]:
    """Each standing token on a line."""
    tokens = source.tokens.standing().order_by("name")
    said = [f"{token}: {token.prefix}…, {in_words(token)}, {used(token)}" for token in tokens]
    return said or [f"{source} has no token: --issue NAME makes one."]


def names(source: Source) -> list[str]:
    """The names of a source's standing tokens."""
    return list(source.tokens.standing().order_by("name").values_list("name", flat=True))


def in_words(token: SourceToken) -> str:
    """What it may be used for."""
    return token.get_scope_display().lower()


def used(token: SourceToken) -> str:
    """When it was last used, as far as that is noted."""
    return f"last used {token.last_used_at:%Y-%m-%d %H:%M} UTC" if token.last_used_at else "never used"
