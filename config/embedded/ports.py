"""A port that is free: the one that was wished for, else the next, said aloud."""

import socket
from argparse import ArgumentTypeError
from collections.abc import Callable, Collection

TRIES = 100
LOWEST, HIGHEST = 1024, 65_535  # below, a server needs root


def number(text: str) -> int:
    """Read a port's number, which leaves one above it. Raises ArgumentTypeError saying what is allowed."""
    if not text.isdecimal() or not LOWEST <= int(text) < HIGHEST:
        raise ArgumentTypeError(f"{text!r} is no port for this; give a whole number from {LOWEST} to {HIGHEST - 1}")
    return int(text)


def next_free(
    wanted: int,
    *,
    host: str = "127.0.0.1",
    besides: Collection[int] = (),
    say: Callable[[str], object] = print,
) -> int:
    """
    Return `wanted` if nobody listens there, else the first free port above it.

    `besides` are ports that are spoken for but not listened on yet. A taken port is named through
    `say`. Raises SystemExit when a hundred ports in a row are taken.
    """
    candidates = range(wanted, min(wanted + TRIES, HIGHEST + 1))
    port = next((each for each in candidates if each not in besides and is_free(each, host)), None)
    if port is None:
        raise SystemExit(f"No port from {wanted} on is free. Choose another: PORT=…")
    if port != wanted:
        say(f"Port {wanted} is taken; using {port}.")
    return port


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen here now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
