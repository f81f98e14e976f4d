"""Verify the ledger: every entry, every leaf, every checkpoint, every signature."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import Invalid
from governance.importing.reading import text_of
from governance.ledger.auditing import Broken, audit
from governance.ledger.notes import Verifier, WrongNote


class Command(BaseCommand):
    """Exit 0 if the ledger is whole; 1 naming the first bad entry, or where no key is known."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which keys and which checkpoints from outside to compare with."""
        parser.add_argument(
            "--vkey",
            action="append",
            metavar="KEY",
            help="a verifier's key, from somewhere you trust; may be repeated (default: LEDGER_VKEY)",
        )
        parser.add_argument(
            "--checkpoint",
            action="append",
            type=Path,
            default=[],
            metavar="FILE",
            help="a checkpoint kept outside this database; may be repeated",
        )

    def handle(self, *, vkey: list[str] | None, checkpoint: list[Path], **_: object) -> None:
        """Verify, saying how far it is."""
        try:
            verdict = audit(
                origin=settings.LEDGER_ORIGIN,
                verifiers=verifiers(vkey or settings.LEDGER_VKEY.split()),
                outside=[text_of(path) for path in checkpoint],
                progress=self.progress,
            )
        except Broken as broken:
            raise CommandError(f"The ledger is broken at {broken}") from broken
        except Invalid as refusal:
            raise CommandError(f"--checkpoint {refusal}") from refusal
        self.stdout.write(
            f"The ledger is whole: {verdict.size} leaves, {verdict.checkpoints} checkpoints, "
            f"{verdict.waiting} entries wait for their leaf, {verdict.unreadable} unreadable.\n"
            f"Root {verdict.root.hex()}"
        )

    def progress(self, done: int, of: int) -> None:
        """Show that a long run is alive."""
        self.stderr.write(f"{done} of {of} leaves", self.style.NOTICE)


def verifiers(vkeys: list[str]) -> list[Verifier]:
    """Read the keys. Raises CommandError for none: a key is never taken from what it should prove."""
    if not vkeys:
        raise CommandError("No key to verify with: give --vkey KEY or set LEDGER_VKEY.")
    try:
        return [Verifier.parse(vkey) for vkey in vkeys]
    except WrongNote as error:
        raise CommandError(f"--vkey or LEDGER_VKEY: {error}") from error
