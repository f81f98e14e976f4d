"""
The streams: principals, entitlements, grants, credentials.

Each page is cut from one look at the whole account, in the order of the records' names; the cursor is the last one's,
so that what comes or goes between two pages shifts nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from connectors.aws import describing, keys, people
from connectors.aws.accounts import Account, see
from connectors.aws.sessions import Door
from connectors.base import Credential, Entitlement, Grant, Page, Principal, Record
from connectors.errors import Unsupported

STREAMS: Mapping[str, Callable[[Account], Iterator[Record]]] = {
    "principals": describing.principals,
    "entitlements": describing.entitlements,
    "grants": describing.grants,
}


def read(door: Door, stream: str, cursor: str | None, limit: int) -> Page[Record]:
    """Return one page; what was left out is told with the first one."""
    account = see(door)
    if stream == "credentials":
        return page(keys.of_users(door, account, after=cursor), cursor, limit)
    if stream not in STREAMS:
        raise Unsupported(f"AWS IAM has no stream of {stream}")
    records = iter(sorted(STREAMS[stream](account), key=place))
    found = page(records, cursor, limit, left_out(stream, account) if cursor is None else {})
    return replace(found, items=tuple(people.told(door, found.items)))


def page(
    records: Iterator[Record], cursor: str | None, limit: int, left_out: Mapping[str, int] | None = None
) -> Page[Record]:
    """Cut a page out of records that are in order."""
    later = (each for each in records if cursor is None or place(each) > cursor)
    found = list(islice(later, limit + 1))
    more = place(found[limit - 1]) if len(found) > limit else None
    return Page(found[:limit], next=more, left_out=left_out or {})


def place(record: Record) -> str:
    """Return where a record stands."""
    match record:
        case Grant():
            return record.key
        case Principal() | Entitlement() | Credential():
            return str(record.ref)
        case _:
            raise Unsupported(f"{record} is in no stream")


def left_out(stream: str, account: Account) -> dict[str, int]:
    """Count what is not told, by rule."""
    suspended = sum(each.suspended for each in account.holders)
    found = {
        "principals": {"service_linked_role": account.linked},
        "entitlements": {"aws_policy_that_nobody_has": len(account.idle), "suspension": suspended},
        "grants": {"suspension": suspended},
    }[stream]
    return {rule: number for rule, number in found.items() if number}
