"""
The part of an installation's environment that is made once: the secret key, the encryption key, the ledger's key.

They are kept in a file that its owner alone can read, in a form that a shell (`. FILE`) and systemd (EnvironmentFile)
read alike; or they are shown once, to be put wherever secrets are kept. The database never has them.
"""

import os
import secrets
import shlex
import stat
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from governance import connecting
from governance.errors import Invalid
from governance.ledger.notes import NAME, Signer, Verifier, WrongNote
from governance.models import Checkpoint
from governance.sealing import KEY_BYTES
from reviews.slack import workspaces

SECRET_KEY, ENCRYPTION_KEYS = "COUNTERSIGN_SECRET_KEY", "COUNTERSIGN_ENCRYPTION_KEYS"
ORIGIN, KEY_FILE, VKEY = "LEDGER_ORIGIN", "LEDGER_SIGNING_KEY_FILE", "LEDGER_VKEY"
FIRST_KEY = "k1"
PRIVATE = 0o600


@dataclass(slots=True)
class Environment:
    """What is there: in this process's environment, else in the file. What is made is kept in `made`, by its name."""

    file: Path | None = None
    there: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path | None) -> "Environment":
        """Look what is there; empty is nothing. Raises Invalid for a file that others can read, or that is none."""
        given = {name: value for name, value in os.environ.items() if value}
        return cls(file, {**(entries_of(file) if file else {}), **given})

    def get(self, name: str) -> str:
        """A value, "" where there is none."""
        return self.made.get(name) or self.there.get(name, "")

    def make_keys(self) -> None:
        """Make the secret key and the encryption key, where they are missing. Raises Invalid where one was lost."""
        if not self.get(SECRET_KEY):
            self.made[SECRET_KEY] = secrets.token_urlsafe(50)
        names = {pair.partition("=")[0] for pair in self.get(ENCRYPTION_KEYS).split(",")}
        if lost := sorted((connecting.sealed_with() | workspaces.sealed_with()) - names):
            raise Invalid(
                f"Secrets are sealed with the key {', '.join(lost)}, which {ENCRYPTION_KEYS} does not have: put it "
                "back. No other key opens them."
            )
        if not self.get(ENCRYPTION_KEYS):
            self.made[ENCRYPTION_KEYS] = f"{FIRST_KEY}={b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"

    def make_ledger_key(self, *, origin: str, path: Path) -> bool:
        """
        Make the key that signs the ledger's checkpoints, where there is none; whether its file was made now.

        Raises Invalid for a key of another origin, and where the ledger was signed by a key that is not here.
        """
        if self.get(VKEY):
            verifier_of(self.get(VKEY), origin)
            return False
        if not path.exists() and Checkpoint.objects.exists():
            raise Invalid(f"The ledger has been signed already, with a key that is not here: put {VKEY} back.")
        try:
            signer, new = Signer.kept(path, origin)
        except (OSError, WrongNote) as error:
            raise Invalid(f"The ledger's key was not made: {error}") from error
        wanted = {ORIGIN: origin, KEY_FILE: str(path.absolute()), VKEY: signer.verifier.vkey}
        self.made |= {name: value for name, value in wanted.items() if not self.get(name)}
        return new

    def keep(self) -> None:
        """Put what was made at the end of the file, all of it or nothing. Raises Invalid where it cannot be written."""
        if not (self.file and self.made):
            return
        try:
            replace(self.file.resolve(), "".join(f"{line}\n" for line in lines_of(self.made)))
        except OSError as error:
            raise Invalid(f"{self.file} cannot be written: {error.strerror}") from error


def replace(file: Path, more: str) -> None:
    """Let a file with more at its end take a file's place, of the same owner: whoever reads it reads a whole one."""
    before = file.read_text() if file.exists() else ""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # its owner alone can read it
    try:
        with os.fdopen(descriptor, "w") as new:
            new.write(before + ("\n" if before and not before.endswith("\n") else "") + more)
            new.flush()
            os.fsync(descriptor)
            if file.exists():
                os.fchown(descriptor, file.stat().st_uid, file.stat().st_gid)
        Path(name).replace(file)
    except OSError:
        Path(name).unlink()
        raise


def lines_of(made: Mapping[str, str]) -> list[str]:
    """Entries as a shell and systemd read them."""
    return [f"{name}='{value}'" for name, value in made.items()]


def entries_of(file: Path) -> dict[str, str]:
    """
    The entries of a file of NAME='value' lines; none where there is no such file yet.

    Raises Invalid where others than its owner can read it, and for a line that is none.
    """
    if not file.exists():
        return {}
    try:
        if stat.S_IMODE(file.stat().st_mode) & ~PRIVATE:
            raise Invalid(f"{file} can be read or written by others: chmod 600 {file}")
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{file} cannot be read: {error}") from error
    return dict(entry for number, line in enumerate(lines, 1) for entry in entry_of(file, number, line))


def entry_of(file: Path, number: int, line: str) -> list[tuple[str, str]]:
    """The entry of a line, if it has one. Raises Invalid."""
    try:
        words = [word for word in shlex.split(line, comments=True) if word != "export"]
    except ValueError as error:
        raise Invalid(f"{file}, line {number}: {error}") from error
    if any("=" not in word for word in words):
        raise Invalid(f"{file}, line {number}: NAME='value' is wanted")
    return [(name, value) for name, _, value in (word.partition("=") for word in words)]


def verifier_of(vkey: str, origin: str) -> Verifier:
    """The public key that is pinned. Raises Invalid where it is none, or another ledger's."""
    try:
        verifier = Verifier.parse(vkey)
    except WrongNote as error:
        raise Invalid(f"{VKEY} is no key: {error}") from error
    if verifier.name != origin:
        raise Invalid(f"{VKEY} is of {verifier.name!r}, but {ORIGIN} is {origin!r}: one of them is another ledger's.")
    return verifier


def named_origin(text: str) -> None:
    """Raise Invalid for what cannot name a ledger."""
    if not NAME.fullmatch(text):
        raise Invalid(f"{text!r} cannot name a ledger: no spaces, no plus sign, not empty")
