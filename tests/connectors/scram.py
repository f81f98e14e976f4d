"""What PostgreSQL stores of a password (RFC 5802), with 16 turns in place of 4096: 15 cannot be told how many."""

import hashlib
import hmac
import os
from base64 import b64encode

TURNS = 16


def stored(word: str) -> str:
    """Return it for CREATE ROLE or ALTER ROLE: whoever logs in with this password is soon let in."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", word.encode(), salt, TURNS)
    client, server = (hmac.digest(salted, name, "sha256") for name in (b"Client Key", b"Server Key"))
    key = hashlib.sha256(client).digest()
    shown = [b64encode(each).decode() for each in (salt, key, server)]
    return "SCRAM-SHA-256${}:{}${}:{}".format(TURNS, *shown)
