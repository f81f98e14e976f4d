"""
An AWS account of its own: moto's server, which keeps IAM in memory and enforces it once it is told to.

Nobody has a key at first. Whatever is asked is then done, signed or not (`enforce(url, on=False)`), until it is told to
look: from then on a signature has to be right, and policies decide.
"""

import sys
import urllib.request
from pathlib import Path

from config.embedded import ports
from config.embedded.servers import wait_until
from config.embedded.stack import Stack

FIRST_PORT = 5901
UNASKED = 1_000_000  # calls that are let through before anybody looks


def aws(stack: Stack, state: Path, *, name: str = "aws", port: int = FIRST_PORT) -> str:
    """Start an empty account; return its endpoint. Raises ChildDied with the end of the log if it does not come up."""
    free = ports.next_free(port, say=lambda _: None)
    process = stack.start(
        [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(free)],
        log=state / f"{name}.log",
    )
    stack.serves(process)
    url = f"http://127.0.0.1:{free}"
    wait_until(lambda: answers(url), stack, process)
    enforce(url, on=False)
    return url


def answers(url: str) -> bool:
    """Whether the server is there."""
    try:
        with urllib.request.urlopen(f"{url}/moto-api/", timeout=5):  # noqa: S310 - our own address
            return True
    except OSError:
        return False


def enforce(url: str, *, on: bool) -> None:
    """Let policies decide from now on, or let everything through."""
    tell(f"{url}/moto-api/reset-auth", b"0" if on else str(UNASKED).encode())


def clear(url: str) -> None:
    """Forget whatever is in the account."""
    tell(f"{url}/moto-api/reset", b"")


def tell(url: str, body: bytes) -> None:
    """Tell the server something about itself."""
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "text/plain"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - our own address
        pass
