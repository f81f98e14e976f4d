"""An account that was ended is the same account when it is started again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded import cloud
from config.embedded.stack import Stack
from tests.connectors.aws.account import allow, emptied


@contextmanager
def started(state: Path) -> Iterator[str]:
    stack = Stack()
    try:
        yield cloud.aws(stack, state, port=5990)
    finally:
        stack.stop()


def test_it_is_there_again_with_its_ids_and_goes_on_being_asked(tmp_path):
    with started(tmp_path) as url, emptied(url) as account:
        account.user("agent", allow("sqs:ListQueues"))
        listed = list(account.connector().read("principals").items)
        cloud.age(url, days=400)
    with started(tmp_path) as url:
        cloud.enforce(url, on=True)
        account.url = url
        assert account.connector().check().ok
        again = list(account.connector().read("principals").items)
        assert [each.ref for each in again] == [each.ref for each in listed]
        older = [
            (was.created_at - now.created_at).days for was, now in zip(listed, again, strict=True) if now.created_at
        ]
        assert older == [400, 400]
        assert account.can("sqs", "list_queues", account.keys["agent"])
