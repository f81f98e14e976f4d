"""Other weights: what they would change is told before; then a policy comes into force, and the scores follow."""

import json

import pytest

from governance import checking, clock, registering
from governance.errors import Invalid
from governance.ledger import Actor
from governance.models import Band, Entry, Grant, GrantScore, Parameters, Policy
from tests import factories
from tests.governance.commands import run

pytestmark = pytest.mark.django_db
WEIGHTS = {"risk_weights": {"everyone": 5, "use": 0}}


@pytest.fixture
def held():
    """Two functions, one of them open to everyone, as their first check has rated them."""
    factories.PolicyFactory()
    factories.GrantFactory()
    factories.GrantFactory(account__kind="everyone")
    registering.set_policy(parameters={"undo_seconds": 60}, at=clock.now(), actor=Actor.operator("test"))
    checking.check_due()
    assert list(Grant.objects.order_by("risk").values_list("risk", flat=True)) == [45, 60]


def test_a_preview_writes_nothing_and_names_what_moves(held):
    preview = registering.preview_policy(parameters=WEIGHTS, at=clock.now())
    assert (preview.grants, preview.scores, preview.crossing) == (2, 1, 1)
    assert preview.bands == {(Band.HIGH, Band.MEDIUM): 1}
    [move] = preview.most
    assert (move.grant.account.kind, move.before, move.after) == ("everyone", 60, 50)
    assert Policy.objects.count() == 2


def test_weights_come_into_force_as_a_policy_with_an_entry_and_scores_keep_by_which_they_were_made(held):
    policy = registering.set_policy(parameters=WEIGHTS, at=clock.now(), actor=Actor.operator("test"))
    assert policy.parameters.risk_weights == Parameters().risk_weights | {"everyone": 5, "use": 0}
    assert Entry.objects.filter(act="policy.set").last().body["risk_weights"]["everyone"] == 5
    checking.check_due()
    assert sorted(Grant.objects.values_list("risk", flat=True)) == [45, 50]
    stored = {each.risk: each for each in GrantScore.objects.all()}
    assert (stored[50].version, stored[50].policy, stored[50].inputs["holder"]) == (3, policy.number, "everyone")
    assert stored[45].policy == policy.number - 1, "it was not written again: nothing moved"


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ({"risk_weights": {"everyone": 101}}, "at most 100"),
        ({"risk_weights": {"luck": 1}}, "needs a value for each of everyone"),
        ({"combination_floors": {"gated": -1}}, "0 or more"),
        ({"rare_percent": 0}, "rare_percent"),
        ({"over_scoped_percent": 100}, "over_scoped_percent"),
        ({"over_scoped_actions": 0}, "over_scoped_actions"),
    ],
)
def test_strange_weights_are_refused(held, raw, wrong):
    with pytest.raises(Invalid, match=wrong):
        registering.preview_policy(parameters=raw, at=clock.now())


def test_the_command_previews_and_sets_nothing(held):
    code, said = run("set_policy", preview=True, set=[f"risk_weights={json.dumps(WEIGHTS['risk_weights'])}"])
    assert code == 0
    assert "Nothing was set. Of 2 grants 1 would have another score, 1 another band." in said
    assert "1 from high to medium" in said
    assert Policy.objects.count() == 2
