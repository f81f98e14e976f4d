"""
Run the ledger's sequencer: leaves for what was committed, and a signed checkpoint now and then.

DATABASE_URL must be the sequencer's log-in; the signing key lies in LEDGER_SIGNING_KEY_FILE, which no web
process may read.
"""

import signal
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.ledger import refuse_owner
from governance.ledger.notes import Signer, WrongNote
from governance.ledger.running import Sequencer
from governance.ledger.sequencing import BATCH, Regressed


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT. Several may run; one works at a time."""

    help = __doc__
    requires_system_checks = ()  # they would load all pages

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what to do and with how much at once."""
        parser.add_argument("--once", action="store_true", help="sequence and sign what is there, then end")
        parser.add_argument(
            "--batch",
            type=int,
            default=BATCH,
            metavar="N",
            help="leaves in a transaction (default %(default)s)",
        )
        parser.add_argument(
            "--published",
            type=Path,
            metavar="FILE",
            help="copy of the last checkpoint; a tree behind it is refused (default: the key's file + .checkpoint)",
        )
        parser.add_argument(
            "--make-key",
            type=Path,
            metavar="FILE",
            help="make a signing key for LEDGER_ORIGIN unless FILE is one, print its verifier's key, end",
        )

    def handle(self, *, once: bool, batch: int, published: Path | None, make_key: Path | None, **_: object) -> None:
        """Make a key, or work."""
        if make_key:
            self.stdout.write(self.make(make_key).verifier.vkey)
            return
        refuse_owner()
        key = key_file()
        sequencer = Sequencer(
            signer=load(key),
            origin=settings.LEDGER_ORIGIN,
            every=settings.LEDGER_CHECKPOINT_SECONDS,
            published=published or key.with_name(f"{key.name}.checkpoint"),
            batch=batch,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, sequencer.stop)
        try:
            sequencer.run_once() if once else sequencer.run()
        except (Regressed, WrongNote) as error:
            raise CommandError(f"The sequencer refuses: {error}") from error

    def make(self, path: Path) -> Signer:
        """Write a new key into a file; one that is there is kept and said to be. Raises CommandError."""
        try:
            signer, new = Signer.kept(path, settings.LEDGER_ORIGIN)
        except (OSError, WrongNote) as error:
            raise CommandError(f"The key was not made: {error}") from error
        if not new:
            self.stderr.write(f"{path} was there and is kept: no new key was made. Its verifier's key:")
        return signer


def key_file() -> Path:
    """Return where the signing key lies. Raises CommandError if that is not set."""
    if not settings.LEDGER_SIGNING_KEY_FILE:
        raise CommandError("LEDGER_SIGNING_KEY_FILE is not set. Make a key: manage.py sequence --make-key FILE")
    return Path(settings.LEDGER_SIGNING_KEY_FILE)


def load(path: Path) -> Signer:
    """Read the signing key. Raises CommandError if it is missing, malformed, or not this ledger's."""
    try:
        signer = Signer.load(path)
    except (OSError, WrongNote) as error:
        raise CommandError(f"The signing key cannot be read: {error}") from error
    if signer.name != settings.LEDGER_ORIGIN:
        raise CommandError(f"The key in {path} is of {signer.name!r}, but LEDGER_ORIGIN is {settings.LEDGER_ORIGIN!r}.")
    return signer
