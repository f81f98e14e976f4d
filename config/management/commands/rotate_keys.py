"""Seal every stored secret again with the first of COUNTERSIGN_ENCRYPTION_KEYS, so that the other keys may go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from governance import connecting, sealing
from governance.errors import Invalid
from governance.ledger import Actor
from reviews.slack import workspaces

ACTOR = Actor.operator("rotate_keys")


class Command(BaseCommand):
    """Put a new key before the old ones, restart everything with that, run this, take the old ones away."""

    help = __doc__

    def handle(self, **_options: Any) -> None:
        """Seal all of it again, or nothing; say which keys may go."""
        try:
            with transaction.atomic():
                done = connecting.reseal(actor=ACTOR) + workspaces.reseal(actor=ACTOR)
                first, *others = sealing.keys()
        except Invalid as refusal:
            raise CommandError(f"Nothing was sealed again: {refusal}") from refusal
        self.stdout.write(
            f"{done} secret{'' if done == 1 else 's'} sealed again. All that is stored is sealed with {first}."
        )
        if others:
            self.stdout.write(
                f"Nothing needs {', '.join(others)} any more: take it out of COUNTERSIGN_ENCRYPTION_KEYS."
            )
