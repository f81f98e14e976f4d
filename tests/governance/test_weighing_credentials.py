"""How old what an account signs in with is: what counts, what is not known, and when a score moves by it."""

from datetime import timedelta
from typing import Any

import pytest

from governance import checking, models, weighing
from governance.models import Exposure, GrantDue
from governance.policy import rating
from governance.policy.terms import Terms
from tests import factories

pytestmark = pytest.mark.django_db
DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
AGES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "nothing is listed": ([], ""),
    "a day": ([{"told": DAY}], "day"),
    "more than a day": ([{"told": DAY + MOMENT}], "quarter"),
    "90 days": ([{"told": 90 * DAY}], "quarter"),
    "more than 90 days": ([{"told": 90 * DAY + MOMENT}], "old"),
    "a year": ([{"told": 365 * DAY}], "old"),
    "the oldest of several": ([{"told": DAY}, {"told": 365 * DAY + MOMENT}, {"told": 2 * DAY}], "older"),
    "shut or gone": (
        [{"told": DAY}, {"told": 400 * DAY, "active": False}, {"told": 400 * DAY, "seen": "absent"}],
        "day",
    ),
    "not told, and not old for all we know": ([{"told": None, "known": 90 * DAY}], ""),
    "not told, and old at least": ([{"told": None, "known": 91 * DAY}], "old"),
    "one not told beside a young one": ([{"told": DAY}, {"told": None, "known": DAY}], ""),
    "one not told beside an old one": ([{"told": 400 * DAY}, {"told": None, "known": DAY}], "older"),
}


def keyed(account, at, *, told: timedelta | None, known: timedelta = timedelta(0), **of) -> models.Credential:
    """A credential that was made so long ago, as the system tells or not; we know of it for so long."""
    made = None if told is None else at - told
    return factories.CredentialFactory(account=account, created_at=made, first_seen_at=at - known, **of)


def test_of_an_accounts_credentials_the_oldest_counts_and_what_is_not_told_makes_none_young(at):
    agent = factories.AgentFactory()
    accounts = {}
    for case, (credentials, _) in AGES.items():
        account = accounts[case] = factories.ClaimFactory(agent=agent).account
        for each in credentials:
            keyed(account, at, **each)
    weighing.weigh({agent.pk}, at)
    found = dict(Exposure.objects.values_list("account", "credential"))
    assert {case: found[account.pk] for case, account in accounts.items()} == {
        case: expected for case, (_, expected) in AGES.items()
    }


def test_a_score_moves_when_a_credential_has_grown_old_and_not_each_day(at):
    factories.PolicyFactory()
    grant = factories.GrantFactory()
    for agent in factories.AgentFactory.create_batch(2, autonomy="supervised"):
        factories.ClaimFactory(account=grant.account, agent=agent)
    key = keyed(grant.account, at, told=89 * DAY)
    assert looked_at(grant, agent, at) == (True, 0, "its oldest credential is 90 days old at most")
    assert looked_at(grant, agent, at + DAY) == (False, 0, "its oldest credential is 90 days old at most")
    assert looked_at(grant, agent, at + 2 * DAY) == (True, 2, "its oldest credential is more than 90 days old")
    assert looked_at(grant, agent, at + 300 * DAY) == (True, 4, "its oldest credential is more than a year old")
    models.Credential.objects.filter(pk=key.pk).update(seen="absent")
    assert looked_at(grant, agent, at + 301 * DAY) == (True, 0, "how old its credentials are is not known")


def looked_at(grant, agent, at) -> tuple[bool, int, str]:
    """Whether weighing one of its agents made a grant due, what the age adds to its score, and how that is said."""
    weighing.weigh({agent.pk}, at)
    was_due = GrantDue.objects.due(at).exists()
    checking.check_due(at)
    terms = rating.of_grant(grant, Terms(at, models.Parameters()))
    assert rating.total(terms) == models.Grant.objects.get(pk=grant.pk).risk, "SQL and Python say the same"
    return next((was_due, each.points, each.says) for each in terms if each.name == "credential")
