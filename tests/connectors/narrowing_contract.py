"""What a connector that narrows must do besides: `NarrowingContract`, of a system that a `WidePeer` judges."""

import json
from dataclasses import replace
from typing import Protocol

import pytest

from connectors.base import ActionResult, Cap, Grant, Narrower, Outcome, State, read_all
from connectors.errors import ConnectorError, NotFound, Transient, Unsupported
from tests.connectors.contract import KEY, plain


class WidePeer(Protocol):
    """A system in which an agent holds a grant that can be narrowed and has no other way to the rest; and a judge."""

    def connector(self) -> Narrower: ...

    def lost(self) -> Narrower:
        """A connector for an address at which nobody answers."""

    def blinded(self) -> Narrower:
        """A connector that is shown less than there is, and can know it."""

    def grant(self) -> Grant:
        """The agent's grant, as it is listed."""

    def works(self) -> bool:
        """Whether the agent itself can do what must remain."""

    def does_more(self) -> bool:
        """Whether the agent itself can do what is too much."""

    def open_other_way(self) -> None:
        """Let the agent do what is too much by a way that is not this grant."""

    def take_away(self) -> None:
        """End the whole grant."""


class NarrowingContract:
    """Besides, for a connector that narrows: subclass it with a fixture called `wide`, and one of them a type."""

    def narrowed(self, wide: WidePeer, connector: Narrower) -> tuple[Grant, str, ActionResult]:
        """Narrow the grant; return it as it was, how, and what the connector said."""
        grant = wide.grant()
        (offer,) = connector.narrowings(grant)
        return grant, offer.key, connector.narrow(grant, offer.key, idem_key=KEY)

    def test_it_says_for_which_types_it_can(self, wide: WidePeer):
        connector = wide.connector()
        caps = connector.check().caps[wide.grant().entitlement.type]
        assert {Cap.REPLACE, Cap.RESTORE} <= caps

    def test_what_would_remain_is_offered_as_a_sentence_and_nothing_changes(self, wide: WidePeer):
        grant, connector = wide.grant(), wide.connector()
        (offer,) = connector.narrowings(grant)
        assert offer.key
        assert offer.text.endswith(".")
        assert wide.grant() == grant
        assert wide.does_more()

    def test_a_dry_run_changes_nothing(self, wide: WidePeer):
        grant, connector = wide.grant(), wide.connector()
        (offer,) = connector.narrowings(grant)
        result = connector.narrow(grant, offer.key, idem_key=KEY, dry_run=True)
        assert result.outcome == Outcome.PLANNED
        assert wide.grant() == grant
        assert wide.does_more()
        assert plain(result)

    def test_before_it_the_rest_is_present(self, wide: WidePeer):
        grant, connector = wide.grant(), wide.connector()
        (offer,) = connector.narrowings(grant)
        seen = connector.verify_narrowed(grant, offer.key)
        assert (seen.direct, seen.effective, seen.other_paths) == (State.PRESENT, State.PRESENT, ())
        assert seen.remains == grant

    def test_the_rest_is_gone_for_the_agent_too_and_the_grant_remains(self, wide: WidePeer):
        connector = wide.connector()
        grant, key, result = self.narrowed(wide, connector)
        assert result.outcome == Outcome.DONE
        assert wide.works()
        assert not wide.does_more()
        seen = connector.verify_narrowed(grant, key)
        assert (seen.direct, seen.effective) == (State.ABSENT, State.ABSENT)
        assert connector.verify(grant).direct == State.PRESENT
        assert not connector.narrowings(wide.grant())
        assert plain(result)
        assert plain(replace(seen, remains=None))

    def test_it_is_the_same_grant_and_the_look_shows_it_as_it_is_listed(self, wide: WidePeer):
        connector = wide.connector()
        grant, key, _ = self.narrowed(wide, connector)
        listed = wide.grant()
        assert (listed.key, listed.instance) == (grant.key, grant.instance)
        assert listed != grant
        assert connector.verify_narrowed(grant, key).remains == listed

    def test_nothing_else_is_narrowed(self, wide: WidePeer):
        connector, whole = wide.connector(), wide.grant()
        others = [each for each in read_all(connector, "grants") if each != whole]
        self.narrowed(wide, connector)
        narrow = wide.grant()
        assert [each for each in read_all(connector, "grants") if each != narrow] == others

    def test_a_second_time_says_already_and_can_still_be_undone(self, wide: WidePeer):
        connector = wide.connector()
        grant, key, _ = self.narrowed(wide, connector)
        again = connector.narrow(grant, key, idem_key=KEY)
        assert again.outcome == Outcome.ALREADY
        connector.restore(wide.grant(), json.loads(json.dumps(again.before)), idem_key=KEY)
        assert wide.grant() == grant

    def test_a_restored_grant_is_whole_again(self, wide: WidePeer):
        connector = wide.connector()
        grant, key, result = self.narrowed(wide, connector)
        before, narrow = json.loads(json.dumps(result.before)), wide.grant()
        planned = connector.restore(narrow, before, idem_key=KEY, dry_run=True)
        assert (planned.outcome, wide.grant()) == (Outcome.PLANNED, narrow)
        assert connector.restore(narrow, before, idem_key=KEY).outcome == Outcome.DONE
        assert wide.does_more()
        assert wide.grant() == grant
        assert connector.verify_narrowed(grant, key).direct == State.PRESENT
        assert connector.restore(grant, before, idem_key=KEY).outcome == Outcome.ALREADY

    def test_another_way_to_the_rest_is_told_before_and_after(self, wide: WidePeer):
        wide.open_other_way()
        connector, grant = wide.connector(), wide.grant()
        (offer,) = connector.narrowings(grant)
        foretold = connector.narrow(grant, offer.key, idem_key=KEY, dry_run=True).response["other_paths"]
        connector.narrow(grant, offer.key, idem_key=KEY)
        assert wide.does_more()
        seen = connector.verify_narrowed(grant, offer.key)
        assert (seen.direct, seen.effective) == (State.ABSENT, State.PRESENT)
        assert [path.text for path in seen.other_paths] == foretold != []

    def test_a_grant_that_is_gone_is_not_called_narrower(self, wide: WidePeer):
        grant, connector = wide.grant(), wide.connector()
        (offer,) = connector.narrowings(grant)
        wide.take_away()
        assert not connector.narrowings(grant)
        for call in (
            lambda: connector.verify_narrowed(grant, offer.key),
            lambda: connector.narrow(grant, offer.key, idem_key=KEY),
        ):
            with pytest.raises(NotFound):
                call()

    def test_a_form_that_it_does_not_know_is_named(self, wide: WidePeer):
        grant, connector = wide.grant(), wide.connector()
        for call in (
            lambda: connector.verify_narrowed(grant, "half"),
            lambda: connector.narrow(grant, "half", idem_key=KEY),
        ):
            with pytest.raises(Unsupported, match="half"):
                call()

    def test_what_cannot_be_seen_is_never_narrower(self, wide: WidePeer):
        grant, connector = wide.grant(), wide.connector()
        (offer,) = connector.narrowings(grant)
        for other, error in ((wide.blinded(), ConnectorError), (wide.lost(), Transient)):
            with pytest.raises(error):
                other.verify_narrowed(grant, offer.key)
