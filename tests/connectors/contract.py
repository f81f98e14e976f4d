"""
What every connector must do, whatever it speaks to.

A connector's test module has one subclass of `Contract`, whose fixture `peer` is a real system, or
as near to one as there is, in which one agent holds one revocable grant and has no other way in.
The peer judges by means of its own (the vendor's client, the agent's own log-in), never through
the connector.
"""

import json
from dataclasses import asdict, replace
from typing import Protocol

import pytest

from connectors import catalog
from connectors.base import (
    ActionResult,
    Entitlement,
    Grant,
    Outcome,
    Principal,
    Reader,
    Restorer,
    State,
    Verification,
    read_all,
)
from connectors.errors import AuthFailed, Conflict, ConnectorError, Transient

KEY = "contract"


class Peer(Protocol):
    """A system with an agent in it, and a judge of its own."""

    kind: str  # as in connectors.catalog
    wrong_word: str  # a secret that the system does not take

    def connector(self) -> Restorer: ...

    def intruder(self) -> Reader:
        """A connector with `wrong_word` for its secret."""

    def lost(self) -> Restorer:
        """A connector for an address at which nobody answers."""

    def blinded(self) -> Restorer:
        """A connector that is shown less than there is, and can know it."""

    def grant(self) -> Grant:
        """The agent's grant, as it is listed."""

    def stored(self) -> bool:
        """Whether the system has the agent's grant."""

    def works(self) -> bool:
        """Whether the agent itself gets in."""

    def open_other_way(self) -> None:
        """Give the agent the same access by a way that is not this grant."""

    def make_again(self) -> None:
        """Replace what is granted by another of the same name, and grant that to the agent."""


def plain(result: ActionResult | Verification) -> str:
    """Evidence must fit into JSON as it is."""
    fields = asdict(result)
    fields.pop("observed_at", None)
    return json.dumps(fields, sort_keys=True)


class Contract:
    """Subclass it in a connector's test module, with a fixture called `peer`."""

    def test_the_catalog_knows_it_and_its_spec_can_be_stored(self, peer: Peer):
        spec = catalog.spec_of(peer.kind)
        assert type(peer.connector()).spec is spec
        assert json.dumps(spec.config_schema)
        assert spec.caps
        assert spec.min_privileges

    def test_check_says_who_we_are_and_promises_no_more_than_the_spec(self, peer: Peer):
        check = peer.connector().check()
        assert check.ok
        assert check.identity
        assert check.server_version
        principals = {each.ref for each in read_all(peer.connector(), "principals") if isinstance(each, Principal)}
        assert check.ours
        assert principals.issuperset(check.ours), "by what never changes, as they are listed"
        for kind, caps in check.caps.items():
            assert caps <= catalog.spec_of(peer.kind).caps[kind]

    def test_grants_are_of_listed_principals_and_entitlements(self, peer: Peer):
        connector = peer.connector()
        principals = {each.ref for each in read_all(connector, "principals") if isinstance(each, Principal)}
        entitlements = {each.ref for each in read_all(connector, "entitlements") if isinstance(each, Entitlement)}
        grants = [each for each in read_all(connector, "grants") if isinstance(each, Grant)]
        assert {each.principal for each in grants} <= principals
        assert {each.entitlement for each in grants} <= entitlements
        assert len({each.key for each in grants}) == len(grants)
        assert all(each.instance for each in grants)
        assert json.dumps([dict(each.native) for each in grants])

    @pytest.mark.parametrize("stream", ["principals", "entitlements", "grants"])
    def test_the_size_of_a_page_changes_nothing(self, peer: Peer, stream):
        connector = peer.connector()
        assert list(read_all(connector, stream, 1)) == list(read_all(connector, stream, 500))

    def test_a_grant_that_is_there_is_present(self, peer: Peer):
        seen = peer.connector().verify(peer.grant())
        assert (seen.direct, seen.effective) == (State.PRESENT, State.PRESENT)
        assert not seen.other_paths
        assert plain(seen)

    def test_a_dry_run_changes_nothing(self, peer: Peer):
        grant = peer.grant()
        result = peer.connector().revoke(grant, idem_key=KEY, dry_run=True)
        assert result.outcome == Outcome.PLANNED
        assert peer.stored()
        assert peer.works()
        assert plain(result)

    def test_a_revoked_grant_is_gone_for_the_agent_too(self, peer: Peer):
        grant, connector = peer.grant(), peer.connector()
        result = connector.revoke(grant, idem_key=KEY)
        assert result.outcome == Outcome.DONE
        assert not peer.stored()
        assert not peer.works()
        seen = connector.verify(grant)
        assert (seen.direct, seen.effective) == (State.ABSENT, State.ABSENT)
        assert grant.key not in {each.key for each in read_all(connector, "grants") if isinstance(each, Grant)}
        assert plain(result)
        assert plain(seen)

    def test_a_second_revoke_says_already_and_can_still_be_undone(self, peer: Peer):
        grant, connector = peer.grant(), peer.connector()
        connector.revoke(grant, idem_key=KEY)
        again = connector.revoke(grant, idem_key=KEY)
        assert again.outcome == Outcome.ALREADY
        connector.restore(grant, again.before or grant.native, idem_key=KEY)
        assert peer.works()

    def test_nothing_else_is_revoked(self, peer: Peer):
        grant, connector = peer.grant(), peer.connector()
        others = [each for each in read_all(connector, "grants") if each != grant]
        connector.revoke(grant, idem_key=KEY)
        assert list(read_all(connector, "grants")) == others

    def test_a_restored_grant_is_the_same_again(self, peer: Peer):
        grant, connector = peer.grant(), peer.connector()
        before = json.loads(json.dumps(connector.revoke(grant, idem_key=KEY).before))
        assert connector.restore(grant, before, idem_key=KEY).outcome == Outcome.DONE
        assert peer.stored()
        assert peer.works()
        assert replace(peer.grant(), version=None) == replace(grant, version=None)
        assert connector.verify(grant).direct == State.PRESENT
        assert connector.restore(grant, before, idem_key=KEY).outcome == Outcome.ALREADY

    def test_a_dry_restore_changes_nothing(self, peer: Peer):
        grant, connector = peer.grant(), peer.connector()
        before = connector.revoke(grant, idem_key=KEY).before
        result = connector.restore(grant, before, idem_key=KEY, dry_run=True)
        assert result.outcome == Outcome.PLANNED
        assert not peer.stored()

    def test_another_way_in_is_told_before_and_after(self, peer: Peer):
        grant, connector = peer.grant(), peer.connector()
        peer.open_other_way()
        foretold = connector.revoke(grant, idem_key=KEY, dry_run=True).response["other_paths"]
        connector.revoke(grant, idem_key=KEY)
        assert not peer.stored()
        assert peer.works()
        seen = connector.verify(grant)
        assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
        assert [path.text for path in seen.other_paths] == foretold

    def test_the_grant_that_keeps_a_way_open_can_be_found(self, peer: Peer):
        grant, connector = peer.grant(), peer.connector()
        peer.open_other_way()
        (path,) = connector.verify(grant).other_paths
        keys = {
            (each.principal, each.entitlement, each.origin)
            for each in read_all(connector, "grants")
            if isinstance(each, Grant)
        }
        for via in (path.via, *path.through):
            assert (via.principal, via.entitlement, via.origin) in keys

    def test_what_was_made_again_is_not_revoked(self, peer: Peer):
        grant = peer.grant()
        peer.make_again()
        with pytest.raises(Conflict):
            peer.connector().revoke(grant, idem_key=KEY)
        assert peer.stored()

    def test_a_refused_credential_is_not_told(self, peer: Peer):
        intruder = peer.intruder()
        with pytest.raises(AuthFailed) as caught:
            intruder.check()
        assert peer.wrong_word not in f"{caught.value!s} {caught.value!r} {intruder!r}"

    def test_where_nobody_answers_it_is_tried_later(self, peer: Peer):
        grant, lost = peer.grant(), peer.lost()
        for call in (
            lost.check,
            lambda: lost.read("grants"),
            lambda: lost.verify(grant),
            lambda: lost.revoke(grant, idem_key=KEY),
        ):
            with pytest.raises(Transient) as caught:
                call()
            assert caught.value.retryable

    def test_what_cannot_be_seen_is_never_absent(self, peer: Peer):
        grant, blinded = peer.grant(), peer.blinded()
        for call in (lambda: list(read_all(blinded, "grants")), lambda: blinded.verify(grant)):
            with pytest.raises(ConnectorError):
                call()
