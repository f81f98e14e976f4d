"""A system in memory that can be written to: what it holds, what else lets an account in, and how it goes wrong."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from connectors import catalog
from connectors.base import (
    ActionResult,
    Cap,
    Check,
    Grant,
    Narrowing,
    Outcome,
    Page,
    Path,
    PathKind,
    Record,
    Ref,
    Spec,
    State,
    UsageQuality,
    Verification,
    Via,
)
from connectors.errors import NotFound, OutcomeUnknown, Refused

KIND = "memory"
WRITES = {Cap.REVOKE, Cap.REPLACE, Cap.RESTORE, Cap.DRY_RUN, Cap.DISABLE_PRINCIPAL}
CAPS = frozenset({Cap.GRANTS, Cap.VERIFY_EFFECTIVE, *WRITES})
KEEPS = frozenset({Cap.CREDENTIALS, Cap.USAGE, Cap.DISABLE_CREDENTIAL})
OWN_USE = Narrowing("own_use", "It stays, and cannot be passed on.")
SPEC = Spec(
    name=KIND,
    version="1",
    config_schema={"properties": {"at": {"type": "string"}}},
    caps={"function": CAPS, "access_key": KEEPS},
    usage_quality=UsageQuality.NONE,
    min_privileges=(),
    write_privileges=(),
)


@dataclass
class Target:
    """It has what a test put in; `trouble` is raised by the next calls, in order."""

    spec: Spec = SPEC
    present: set[str] = field(default_factory=set)  # the keys of grants
    wide: set[str] = field(default_factory=set)  # the keys of those that can be passed on
    others: list[Path] = field(default_factory=list)
    unread: str = ""
    shut: set[Ref] = field(default_factory=set)
    dropped: set[Ref] = field(default_factory=set)
    keys: dict[Ref, bool] = field(default_factory=dict)  # credentials, and whether each can be used
    trouble: list[Exception] = field(default_factory=list)
    deaf: bool = False  # it says that it did, and does nothing
    blind: bool = False  # it cannot say what is there
    calls: list[str] = field(default_factory=list)
    opened: int = 0

    def without(self, *caps: Cap) -> None:
        """Be able to do less."""
        self.spec = replace(self.spec, caps={"function": CAPS - set(caps), "access_key": KEEPS - set(caps)})

    def called(self, verb: str) -> None:
        """Note a call, and go wrong if it is time."""
        self.calls.append(verb)
        if self.trouble:
            error = self.trouble.pop(0)
            if isinstance(error, OutcomeUnknown):
                (self.wide if verb.startswith("narrow") else self.present).clear()  # done; only the answer was lost
            raise error

    def check(self) -> Check:
        return Check(ok=True, caps=self.spec.caps, identity="reader", server_version="1", ours=())

    def read(self, stream: str, cursor: str | None = None, limit: int = 500) -> Page[Record]:
        raise NotImplementedError

    def close(self) -> None:
        self.opened -= 1

    def verify(self, grant: Grant) -> Verification:
        self.called("verify")
        if self.blind:
            return Verification(State.UNKNOWN, State.UNKNOWN)
        direct = State.PRESENT if grant.key in self.present else State.ABSENT
        effective = State.PRESENT if self.others else direct
        return Verification(direct, effective, tuple(self.others), {"looked": "everywhere"}, unread=self.unread)

    def revoke(self, grant: Grant, *, idem_key: str, dry_run: bool = False) -> ActionResult:
        self.called(f"try {idem_key}" if dry_run else f"revoke {idem_key}")
        there = grant.key in self.present
        if dry_run:
            texts = [path.text for path in self.others]
            return ActionResult(Outcome.PLANNED, {}, {"REVOKE": grant.key}, {"other_paths": texts})
        if not self.deaf:
            self.present.discard(grant.key)
        return ActionResult(
            Outcome.DONE if there else Outcome.ALREADY, {"acl": [grant.key]}, {"REVOKE": grant.key}, {"rows": 1}, "r-1"
        )

    def restore(self, grant: Grant, before: Mapping[str, Any], *, idem_key: str, dry_run: bool = False) -> ActionResult:
        self.called(f"restore {idem_key} from {dict(before)}")
        if not self.deaf:
            self.present.add(grant.key)
            self.wide |= {grant.key} if before.get("wide") else set()
        return ActionResult(Outcome.DONE, {}, {"GRANT": grant.key}, {})

    def narrowings(self, grant: Grant) -> Sequence[Narrowing]:
        return [OWN_USE] if grant.key in self.wide else []

    def narrow(self, grant: Grant, key: str, *, idem_key: str, dry_run: bool = False) -> ActionResult:
        self.called(f"narrow {idem_key} to {key}")
        outcome = Outcome.DONE if grant.key in self.wide else Outcome.ALREADY
        if not self.deaf:
            self.wide.discard(grant.key)
        return ActionResult(outcome, {"wide": True}, {"NARROW": grant.key}, {"rows": 1}, "n-1")

    def verify_narrowed(self, grant: Grant, key: str) -> Verification:
        self.called(f"verify {key}")
        if grant.key not in self.present:
            raise NotFound("nothing is left that could be narrower")
        if self.blind:
            return Verification(State.UNKNOWN, State.UNKNOWN)
        direct = State.PRESENT if grant.key in self.wide else State.ABSENT
        effective = State.PRESENT if self.others else direct
        now = replace(grant, native={**grant.native, "grantable": grant.key in self.wide})
        return Verification(direct, effective, tuple(self.others), {"looked": "everywhere"}, remains=now)

    def disable_principal(self, principal: Ref, *, idem_key: str) -> ActionResult:
        self.called(f"disable {idem_key}")
        if principal in self.dropped:
            raise NotFound(f"there is no {principal}")
        outcome = Outcome.ALREADY if principal in self.shut else Outcome.DONE
        self.shut.add(principal)
        return ActionResult(outcome, {"login": outcome == Outcome.DONE}, {"DISABLE": principal.id}, {})

    def enable_principal(self, principal: Ref, *, idem_key: str) -> ActionResult:
        self.called(f"enable {idem_key}")
        self.shut.discard(principal)
        return ActionResult(Outcome.DONE, {}, {"ENABLE": principal.id}, {})

    def verify_principal(self, principal: Ref) -> Verification:
        self.called("enabled?")
        if principal in self.dropped:
            raise NotFound(f"there is no {principal}")
        enabled = principal not in self.shut
        state = State.PRESENT if enabled else State.ABSENT
        return Verification(state, state, evidence={"enabled": enabled}, unread=self.unread)

    def disable_credential(self, credential: Ref, *, idem_key: str) -> ActionResult:
        return self.turned(credential, "disable", idem_key, usable=False)

    def enable_credential(self, credential: Ref, *, idem_key: str) -> ActionResult:
        return self.turned(credential, "enable", idem_key, usable=True)

    def turned(self, credential: Ref, verb: str, idem_key: str, *, usable: bool) -> ActionResult:
        self.called(f"{verb} {credential.id} {idem_key}")
        if credential not in self.keys:
            raise NotFound(f"there is no {credential}")
        outcome = Outcome.ALREADY if self.keys[credential] == usable else Outcome.DONE
        self.keys[credential] = self.keys[credential] if self.deaf else usable
        return ActionResult(outcome, {"active": not usable}, {verb.upper(): credential.id}, {})

    def remove_credential(self, credential: Ref, *, idem_key: str) -> ActionResult:
        self.called(f"remove {credential.id} {idem_key}")
        if self.keys.get(credential):
            raise Refused("it can still be used")
        there = self.keys.pop(credential, None) is not None
        return ActionResult(Outcome.DONE if there else Outcome.ALREADY, {}, {"REMOVE": credential.id}, {})

    def credential_enabled(self, credential: Ref) -> bool:
        self.called(f"enabled? {credential.id}")
        if credential not in self.keys:
            raise NotFound(f"there is no {credential}")
        return self.keys[credential]


class ReadOnly:
    """A system of which nothing can be changed and nothing verified."""

    spec = SPEC

    def check(self) -> Check:
        return Check(ok=True, caps=self.spec.caps, identity="reader", server_version="1", ours=())

    def read(self, stream: str, cursor: str | None = None, limit: int = 500) -> Page[Record]:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is held open."""


class Door:
    """What the catalog finds: it leads to whatever system the test has put behind it."""

    spec = SPEC
    behind: Target | ReadOnly | None = None

    def __call__(self, config: Mapping[str, object]) -> Target | ReadOnly:
        assert self.behind is not None, "no system is connected in this test"
        if isinstance(self.behind, Target):
            self.behind.opened += 1
        return self.behind


door = Door()


@contextmanager
def connected(patch: pytest.MonkeyPatch) -> Iterator[Target]:
    """A kind of connector that there is for the length of a test, and one system of it; all connections get closed."""
    target = Target()
    patch.setattr(catalog, "KINDS", {**catalog.KINDS, KIND: f"{__name__}.door"})
    patch.setattr(door, "behind", target)
    yield target
    assert target.opened == 0, "a connection was left open"


def everyone(entitlement: str, text: str = "PUBLIC") -> Path:
    """A way that stays open because everyone may."""
    return Path(PathKind.EVERYONE, text, Via(Ref("role", "0"), Ref("function", entitlement), "owner"))
