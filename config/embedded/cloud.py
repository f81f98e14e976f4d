"""
An AWS account of its own: moto's server, which enforces IAM once it is told to, and here keeps what is in it.

Nobody has a key at first. Whatever is asked is then done, signed or not (`enforce(url, on=False)`), until it is told to
look: from then on a signature has to be right, and policies decide. moto forgets everything when it ends; what IAM
knows is written to `file` after each call that changed it, and read when the server starts.

Policies that AWS publishes are there once they are (`publish`). As in AWS, whoever asks for the whole account is told
of them while somebody has them, and each policy has an id.
"""

import argparse
import json
import pickle
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

import httpx

from config.embedded import ports
from config.embedded.servers import wait_until
from config.embedded.stack import Stack

ACCOUNT, PARTITION = "123456789012", "aws"  # moto's only one
FIRST_PORT = 5901
UNASKED = 1_000_000  # calls that are let through before anybody looks
COUNTS = "account_summary"  # made of the rest, which it looks at; moto has its own from the start
AGE = "/account/age"  # ours beside moto's own: its body is how many days older everything is to be
PUBLISHED = "/account/published"  # and this one's a policy that AWS publishes
NOBODY = SSLContext(PROTOCOL_TLS_CLIENT)  # trusts none: to read whom one may trust takes longer than what is asked here


def aws(
    stack: Stack, state: Path, *, name: str = "aws", port: int = FIRST_PORT, say: Callable[[str], object] = print
) -> str:
    """
    Start the account that `state` keeps, empty the first time; return its endpoint.

    A taken port is named through `say`, and the next one used. Raises ChildDied with the end of the log if it does not
    come up.
    """
    free = ports.next_free(port, say=say)
    file = state / f"{name}.pickle"
    process = stack.start(
        [sys.executable, "-m", "config.embedded.cloud", "--port", str(free), "--file", file],
        log=state / f"{name}.log",
    )
    stack.serves(process)
    url = f"http://127.0.0.1:{free}"
    wait_until(lambda: answers(f"{url}/moto-api/"), stack, process)
    return url


def answers(url: str) -> bool:
    """Whether what is there answers."""
    try:
        return httpx.get(url, timeout=5, verify=NOBODY).is_success
    except httpx.HTTPError:
        return False


def enforce(url: str, *, on: bool) -> None:
    """Let policies decide from now on, or let everything through."""
    tell(f"{url}/moto-api/reset-auth", b"0" if on else str(UNASKED).encode())


def clear(url: str) -> None:
    """Forget whatever is in the account."""
    tell(f"{url}/moto-api/reset", b"")


def age(url: str, *, days: int) -> None:
    """Let everything in the account have been made so much earlier."""
    tell(f"{url}{AGE}", str(days).encode())


def publish(url: str, arn: str, document: Mapping[str, Any]) -> None:
    """Let AWS publish a policy."""
    tell(f"{url}{PUBLISHED}", json.dumps({"arn": arn, "document": document}).encode())


def tell(url: str, body: bytes) -> None:
    """Tell the server something about itself."""
    text = {"Content-Type": "text/plain"}
    httpx.post(url, content=body, headers=text, timeout=10, verify=NOBODY).raise_for_status()


class Kept:
    """What moto's IAM knows, in a file. The file is ours: nothing else is ever unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.written = b""
        self.lock = threading.Lock()

    @property
    def account(self) -> dict[str, Any]:
        """All of it, as moto holds it."""
        from moto.iam.models import iam_backends  # noqa: PLC0415 - moto takes a second to load: only its server does

        known: dict[str, Any] = vars(iam_backends[ACCOUNT][PARTITION])
        return known

    def read(self) -> None:
        """Take up what was kept."""
        if self.file.exists():
            self.written = self.file.read_bytes()
            self.account.update(pickle.loads(self.written))  # noqa: S301 - written by `write` alone

    def write(self) -> None:
        """Keep it, where something changed; a kill leaves the old file or the new one."""
        with self.lock:
            now = pickle.dumps({name: each for name, each in self.account.items() if name != COUNTS})
            if now != self.written:
                fresh = self.file.with_suffix(".new")
                fresh.write_bytes(now)
                fresh.replace(self.file)
                self.written = now

    def age(self, body: bytes) -> None:
        """Let everything have been made earlier."""
        for each in self.made():
            if getattr(each, "create_date", None) is not None:
                each.create_date -= timedelta(days=int(body))

    def publish(self, body: bytes) -> None:
        """Take up a policy of AWS's own."""
        from moto.iam.models import AWSManagedPolicy  # noqa: PLC0415 - see `account`

        told, now = json.loads(body), datetime.now(UTC).isoformat()
        path, _, name = told["arn"].partition(":policy")[2].rpartition("/")
        data = {"Document": told["document"], "DefaultVersionId": "v1", "Path": f"{path}/"}
        policy = AWSManagedPolicy.from_data(name, ACCOUNT, "", data | {"CreateDate": now, "UpdateDate": now})
        self.account["managed_policies"][policy.arn] = policy

    def made(self) -> Iterator[Any]:
        """Yield whatever has a date."""
        for name in ("users", "roles", "groups", "managed_policies"):
            yield from self.account[name].values()
        for user in self.account["users"].values():
            yield from user.access_keys


def serving(kept: Kept, moto: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Let moto answer, and keep what came of it."""

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        ours = {AGE: kept.age, PUBLISHED: kept.publish}.get(environ["PATH_INFO"])
        if ours is not None:
            ours(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            start_response("200 OK", [("Content-Type", "text/plain")])
            answer: Iterable[bytes] = [b"done"]
        else:
            answer = moto(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST":
            kept.write()
        return answer

    return serve


def as_aws_tells() -> None:
    """Let moto tell of policies what AWS does: their ids too, and its own ones only while somebody has them."""
    from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy  # noqa: PLC0415 - see `account`

    every = IAMBackend.get_account_authorization_details

    def told(iam: Any, wanted: list[str]) -> dict[str, Any]:
        details: dict[str, Any] = every(iam, wanted)
        holders = [*iam.users.values(), *iam.roles.values(), *iam.groups.values()]
        held = {arn for each in holders for arn in each.managed_policies}
        held |= {each.permissions_boundary_arn for each in iam.roles.values()}
        policies = [
            each for each in details["managed_policies"] if each.arn in held or not isinstance(each, AWSManagedPolicy)
        ]
        return details | {"managed_policies": policies}

    IAMBackend.get_account_authorization_details = told
    ManagedPolicy.policy_id = property(lambda policy: policy.id)


def main() -> None:
    """Serve until somebody ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--file", type=Path, required=True)
    options = parser.parse_args()
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415 - see `account`
        DomainDispatcherApplication,
        create_backend_app,
    )
    from werkzeug.serving import run_simple  # noqa: PLC0415

    as_aws_tells()
    kept = Kept(options.file)
    kept.read()
    moto = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", options.port, serving(kept, moto), threaded=True)


if __name__ == "__main__":
    main()
