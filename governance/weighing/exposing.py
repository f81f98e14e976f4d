"""How far the accounts of some agents are on their own, and how old what they sign in with: what moves scores."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Min, Q

from governance.models import Agent, Claim, Credential, Exposure, Ownership, Person
from governance.models.agent import Autonomy
from governance.policy import keys

WORST = {word: place for place, word in enumerate([*Autonomy, *Exposure.Line])}
AT_MOST = {
    Exposure.Age.DAY: timedelta(days=1),
    Exposure.Age.QUARTER: timedelta(days=90),
    Exposure.Age.OLD: timedelta(days=365),
}
AT_LEAST = (Exposure.Age.OLD, Exposure.Age.OLDER)

STORE = """
INSERT INTO governance_exposure AS known (account_id, autonomy, line, tainted, credential)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::boolean[], %s::text[]) AS told (account_id)
ORDER BY account_id
ON CONFLICT (account_id) DO UPDATE
SET (autonomy, line, tainted, credential)
  = (EXCLUDED.autonomy, EXCLUDED.line, EXCLUDED.tainted, EXCLUDED.credential)
WHERE (known.autonomy, known.line, known.tainted, known.credential)
  IS DISTINCT FROM (EXCLUDED.autonomy, EXCLUDED.line, EXCLUDED.tainted, EXCLUDED.credential)
RETURNING account_id
"""

FORGET = """
DELETE FROM governance_exposure AS known WHERE NOT EXISTS (
    SELECT FROM governance_claim AS claim JOIN governance_agent AS agent ON agent.id = claim.agent_id
    WHERE claim.account_id = known.account_id AND claim.until IS NULL AND agent.lifecycle <> 'retired'
)
RETURNING account_id
"""


@dataclass(frozen=True, slots=True)
class Alone:
    """How far an agent is on its own."""

    autonomy: str
    line: str
    tainted: bool

    def worse(self, other: "Alone") -> "Alone":
        """Return the worse of two, fact by fact."""
        return Alone(
            max(self.autonomy, other.autonomy, key=WORST.__getitem__),
            max(self.line, other.line, key=WORST.__getitem__),
            self.tainted or other.tainted,
        )


def expose(agents: Collection[int], tainted: Collection[int], at: datetime) -> list[int]:
    """Write what is known of the accounts of these agents; return the accounts of which something else is known now."""
    alone = known(agents, tainted, at)
    accounts: dict[int, list[Alone]] = defaultdict(list)
    claims = Claim.objects.filter(agent__in=alone, until=None)
    for account, agent in claims.values_list("account", "agent"):
        accounts[account].append(alone[agent])
    return store({account: worst(these) for account, these in accounts.items()}, ages(accounts, at))


def known(agents: Collection[int], tainted: Collection[int], at: datetime) -> dict[int, Alone]:
    """Say of each of these agents that somebody has to answer for how far it is on its own."""
    able = Q(
        ownerships__until=None,
        ownerships__role__in=Ownership.LINE,
        ownerships__person__in=Person.objects.able(at),
    )
    rows = Agent.objects.answering().filter(pk__in=agents)
    answering = rows.annotate(able=Count("ownerships__person", filter=able, distinct=True))
    lines = (Exposure.Line.NOBODY, Exposure.Line.OWNER, Exposure.Line.DEPUTY)
    return {
        key: Alone(autonomy, lines[min(number, 2)], key in tainted)
        for key, autonomy, number in answering.values_list("pk", "autonomy", "able")
    }


def worst(these: Collection[Alone]) -> Alone:
    """Return the worst of several, fact by fact."""
    first, *others = these
    for each in others:
        first = first.worse(each)
    return first


def ages(accounts: Collection[int], at: datetime) -> dict[int, str]:
    """
    Say how old the oldest usable credential of each of these accounts is, where that is known.

    One whose beginning is not told is at least as old as our knowledge of it: that can make it old, and never young.
    """
    usable = Credential.objects.usable().filter(account__in=accounts).values("account")
    oldest = usable.annotate(since=Min(keys.since()), untold=Count("pk", filter=Q(created_at=None)))
    return {
        account: age
        for account, since, untold in oldest.values_list("account", "since", "untold")
        if (age := age_of(at - since)) in AT_LEAST or not untold
    }


def age_of(span: timedelta) -> Exposure.Age:
    """Return the age that is so long."""
    return next((age for age, most in AT_MOST.items() if span <= most), Exposure.Age.OLDER)


def store(told: Mapping[int, Alone], ages: Mapping[int, str]) -> list[int]:
    """Write what changed, and forget the accounts that no agent uses any more; return the accounts concerned."""
    columns = [[getattr(each, name) for each in told.values()] for name in ("autonomy", "line", "tainted")]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [list(told), *columns, [ages.get(key, "") for key in told]])
        changed = [key for (key,) in cursor.fetchall()]
        cursor.execute(FORGET)
        return changed + [key for (key,) in cursor.fetchall()]
