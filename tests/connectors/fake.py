"""A system in memory, for tests of what comes after reading: it shows what a test put in, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from connectors.base import (
    Action,
    Cap,
    Check,
    Credential,
    Entitlement,
    Grant,
    HolderKind,
    Page,
    Principal,
    Record,
    Ref,
    Spec,
    UsageQuality,
)


@dataclass
class FakeSystem:
    """What is there, and how reading goes wrong: `trouble` by (stream, number of the page from 0)."""

    spec: ClassVar[Spec] = Spec(
        name="fake",
        version="1",
        config_schema={"properties": {}},
        caps={"function": frozenset({Cap.GRANTS, Cap.REVOKE})},
        usage_quality=UsageQuality.NONE,
        min_privileges=(),
        write_privileges=(),
    )

    principals: list[Principal] = field(default_factory=list)
    entitlements: list[Entitlement] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)
    lists: dict[str, frozenset[Cap]] = field(default_factory=dict)  # what it can for types of credentials
    page_rows: int = 3
    trouble: dict[tuple[str, int], Exception] = field(default_factory=dict)
    truncated: set[str] = field(default_factory=set)
    left_out: Mapping[str, int] = field(default_factory=dict)
    lagging: bool = False
    identity: str = "reader"
    ours: Sequence[Ref] = ()
    reads: list[tuple[str, str | None]] = field(default_factory=list)

    def check(self) -> Check:
        caps = {**self.spec.caps, **self.lists}
        return Check(
            not self.lagging, caps, identity=self.identity, server_version="1", ours=self.ours, lagging=self.lagging
        )

    def read(self, stream: str, cursor: str | None = None, limit: int = 500) -> Page[Record]:
        number = int(cursor or 0)
        if error := self.trouble.pop((stream, number), None):
            raise error
        self.reads.append((stream, cursor))
        rows: Sequence[Any] = getattr(self, stream)
        begin, end = number * self.page_rows, (number + 1) * self.page_rows
        return Page(
            items=rows[begin:end],
            next=str(number + 1) if end < len(rows) else None,
            complete=stream not in self.truncated,
            left_out=self.left_out if stream == "entitlements" else {},
        )

    def close(self) -> None:
        """Nothing is held open."""

    def change(self, grant: Grant, **changes: Any) -> Grant:
        """Put another record in a grant's place."""
        place = self.grants.index(grant)
        self.grants[place] = replace(grant, **changes)
        return self.grants[place]

    def redefine(self, entitlement: Entitlement, **changes: Any) -> None:
        """Put another record in an entitlement's place."""
        self.entitlements[self.entitlements.index(entitlement)] = replace(entitlement, **changes)


def principal(name: str, kind: HolderKind = HolderKind.LOGIN) -> Principal:
    return Principal(Ref("role", f"oid-{name}"), name, kind, enabled=True)


def function(name: str) -> Entitlement:
    return Entitlement(
        ref=Ref("function", f"air.public.{name}()"),
        name=name,
        resource=f"air.public.{name}",
        actions=[Action("execute", f"air.public.{name}")],
        definition_digest="1" * 64,
    )


def grant(to: Principal, of: Entitlement, **more: Any) -> Grant:
    given = {"origin": "owner", "instance": f"oid of {of.name}"} | more
    return Grant(to.ref, of.ref, **given)


def airline(functions: int = 4, holders: Sequence[str] = ("support", "billing")) -> FakeSystem:
    """Two log-ins that may execute the same functions."""
    people = [principal(name) for name in holders]
    tools = [function(f"tool_{number}") for number in range(functions)]
    return FakeSystem(people, tools, [grant(each, tool) for each in people for tool in tools])
