"""
Signed notes and checkpoints as C2SP writes them (signed-note, tlog-checkpoint), with Ed25519.

    countersign.example/ledger      the origin
    7                               the size of the tree
    jJWxA…=                         its root

    — countersign.example/ledger Kq3…=

A verifier's key is `<name>+<8 hex digits>+<base64>`. Whoever has it and the note needs nothing of ours to
check the signature.
"""

import base64
import binascii
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from governance.ledger.merkle import HASH_SIZE

ED25519 = b"\1"
ID_SIZE = 4
SECRET = "PRIVATE+KEY"  # noqa: S105  the prefix of the format
SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<bytes>[A-Za-z0-9+/=]+)")
NAME = re.compile(r"[^\s+]+")
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class WrongNote(Exception):
    """A note, checkpoint or key is malformed, or its signature is not what it says."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A log's public key under its name."""

    name: str
    key: Ed25519PublicKey

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Read `<name>+<hash>+<base64>`. Raises WrongNote."""
        name, stated, key = parts_of(vkey.strip())
        verifier = cls(name, Ed25519PublicKey.from_public_bytes(key))
        if verifier.id.hex() != stated:
            raise WrongNote(f"the key of {name} does not have the hash {stated}")
        return verifier

    @property
    def raw(self) -> bytes:
        """The public key's 32 bytes."""
        return self.key.public_bytes_raw()

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.raw).digest()[:ID_SIZE]

    @property
    def vkey(self) -> str:
        """The key as text to be pinned and published."""
        return f"{self.name}+{self.id.hex()}+{to_base64(ED25519 + self.raw)}"


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """A log's private key under its name. The sequencer alone holds it."""

    name: str
    key: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> "Signer":
        """Make a new key. Raises WrongNote for a name that no note could carry."""
        if not NAME.fullmatch(name):
            raise WrongNote(f"{name!r} cannot name a key: no spaces, no plus sign, not empty")
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> "Signer":
        """Read the file that `save` wrote. Raises WrongNote, or OSError."""
        text = path.read_text().strip()
        if not text.startswith(f"{SECRET}+"):
            raise WrongNote(f"{path} holds no signing key")
        name, stated, seed = parts_of(text.removeprefix(f"{SECRET}+"))
        signer = cls(name, Ed25519PrivateKey.from_private_bytes(seed))
        if signer.verifier.id.hex() != stated:
            raise WrongNote(f"{path}: the key of {name} does not have the hash {stated}")
        return signer

    @classmethod
    def kept(cls, path: Path, name: str) -> tuple["Signer", bool]:
        """
        Return the key in this file, made where there is no file; and whether it was made now.

        Raises OSError, or WrongNote for a file that holds no key, or one of another name.
        """
        try:
            signer = cls.generate(name)
            signer.save(path)
        except FileExistsError:
            signer = cls.load(path)
            if signer.name != name:
                raise WrongNote(f"the key in {path} is of {signer.name!r}, not of {name!r}") from None
            return signer, False
        return signer, True

    def save(self, path: Path) -> None:
        """Write the key into a new file that its user alone can read; raises FileExistsError rather than overwrite."""
        seed = to_base64(ED25519 + self.key.private_bytes_raw())
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{SECRET}+{self.name}+{self.verifier.id.hex()}+{seed}\n")

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.key.public_key())

    def sign(self, text: str) -> str:
        """Return the text as a signed note. Raises WrongNote for text that is none."""
        if not text.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", text):
            raise WrongNote("the text of a note ends in a newline and has no control characters")
        signature = self.verifier.id + self.key.sign(text.encode())
        return f"{text}\n— {self.name} {to_base64(signature)}\n"


@dataclass(frozen=True, slots=True)
class Head:
    """How large a log's tree is, and its root: the text of a checkpoint."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Write it as a checkpoint does."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read the text of a checkpoint. Raises WrongNote; extension lines are refused, for nothing audits them."""
        lines = text.split("\n")
        if len(lines) != len(("origin", "size", "root", "")) or lines[-1] or not lines[0]:
            raise WrongNote("a checkpoint has three lines: origin, size, root")
        origin, size, root = lines[:3]
        if not SIZE.fullmatch(size):
            raise WrongNote(f"{size!r} is no tree size")
        if len(from_base64(root)) != HASH_SIZE:
            raise WrongNote(f"{root!r} is no root")
        return cls(origin, int(size), from_base64(root))


def open_note(note: str, verifiers: Sequence[Verifier]) -> str:
    """
    Return the text of a note that one of these keys signed.

    Signatures by other keys are ignored. Raises WrongNote if no known key signed, or if a known key's
    signature is false.
    """
    text, separator, tail = note.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise WrongNote("a note is its text, an empty line and signature lines")
    text += "\n"
    signatures = [signature_of(line) for line in tail[:-1].split("\n")]
    known = {(each.name, each.id): each for each in verifiers}
    signed = [(known[who], signature) for who, signature in signatures if who in known]
    if not signed:
        raise WrongNote(f"signed by {', '.join(name for (name, _), _ in signatures)}, but by none of the keys given")
    for verifier, signature in signed:
        try:
            verifier.key.verify(signature, text.encode())
        except InvalidSignature as error:
            raise WrongNote(f"the signature of {verifier.name} is false") from error
    return text


def signature_of(line: str) -> tuple[tuple[str, bytes], bytes]:
    """Read one signature line: the key's name and id, and the signature."""
    match = SIGNATURE.fullmatch(line)
    if match is None:
        raise WrongNote(f"{line!r} is no signature line")
    raw = from_base64(match["bytes"])
    return (match["name"], raw[:ID_SIZE]), raw[ID_SIZE:]


def parts_of(text: str) -> tuple[str, str, bytes]:
    """Split a key into its name, hash and 32 bytes."""
    parts = text.split("+", 2)
    if len(parts) != len(("name", "hash", "key")) or not NAME.fullmatch(parts[0]):
        raise WrongNote("a key is <name>+<hash>+<base64>")
    raw = from_base64(parts[2])
    if raw[:1] != ED25519 or len(raw) != 1 + HASH_SIZE:
        raise WrongNote(f"the key of {parts[0]} is no Ed25519 key")
    return parts[0], parts[1], raw[1:]


def to_base64(raw: bytes) -> str:
    """Write bytes in standard base64."""
    return base64.b64encode(raw).decode()


def from_base64(text: str) -> bytes:
    """Read standard base64 in its one form. Raises WrongNote."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WrongNote(f"{text!r} is not base64") from error
    if to_base64(raw) != text:
        raise WrongNote(f"{text!r} is not the one form of its base64")
    return raw
