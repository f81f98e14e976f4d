"""Where use can be seen: whom a source's word covers, and what is said of use and of runs where it covers nobody."""

from datetime import timedelta

import pytest
from django.db import connection

from governance import observing
from governance.models import Coverage, Entry, GrantDue, GrantUse
from governance.models.expressions import Digest
from tests.factories import AccountFactory, AgentFactory, ClaimFactory, GrantFactory, SourceFactory
from tests.governance.usage import DAY, WHOLE_DAY, import_events, use_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_word(source):
    """The source is agents' own word, and not the system's log."""
    source.provenance = "agent"
    source.save()
    return source


def covers():
    return set(Coverage.objects.values_list("agent__name", "reports_runs"))


def run_of(agent, number=1):
    return {"run": f"{agent}-{number}", "agent": agent.name, "started": (DAY + timedelta(hours=2)).isoformat()}


def test_coverage_with_and_without_runs_are_two_kinds(source):
    import_events(source)
    import_events(source, runs=[])
    assert set(Coverage.objects.values_list("reports_runs", flat=True)) == {True, False}


def test_a_systems_log_covers_everybody_whomever_it_names(source, grant):
    agent = ClaimFactory(account=grant.account).agent
    imported = import_events(source, use_of(grant, agent=agent.name), runs=[run_of(agent)])
    assert covers() == {(None, True)}
    assert (imported.covered, imported.agents) == (True, None)


def test_an_agents_own_word_covers_the_agents_that_it_names(own_word, grant):
    in_event, in_run, _ = AgentFactory.create_batch(3)
    imported = import_events(own_word, use_of(grant, agent=in_event.name), runs=[run_of(in_run)])
    assert covers() == {(in_event.name, True), (in_run.name, True)}
    assert (imported.covered, imported.agents) == (True, 2)
    opened = Entry.objects.filter(act="coverage.opened")
    assert {each.subjects[2]["id"] for each in opened} == {str(in_event.pk), str(in_run.pk)}


def test_an_own_word_that_names_nobody_covers_nobody(own_word, grant):
    imported = import_events(own_word, use_of(grant))
    assert (imported.events.kept, imported.covered, imported.agents) == (1, False, 0)
    assert not Coverage.objects.exists()


def test_a_log_in_which_nothing_can_be_understood_covers_nobody_until_it_can(source, grant):
    strange = [use_of(grant, account="erp"), use_of(grant, resource="air.public.undo()", event_id="e")]
    imported = import_events(source, *strange)
    assert (imported.events.kept, imported.events.unmatched, imported.covered) == (2, 1, False)
    *counts, nothing = observing.in_words(imported, WHOLE_DAY)[1:]
    assert counts == [
        "  1 by accounts that are not known (unmatched)",
        "  1 of what the system is not known to have, such as 'execute' on 'air.public.undo()'",
    ]
    assert "All use is by accounts that are not known, or of what the system does not have, so nothing" in nothing
    assert "Once the system has been read, or the tools are mapped, import it again." in nothing
    assert not Coverage.objects.exists()
    AccountFactory(system=source.system, name="erp")
    assert import_events(source, use_of(grant, account="erp")).covered


def test_one_use_that_is_understood_shows_that_the_log_is_of_this_system(source, grant):
    assert import_events(source, use_of(grant, account="erp"), use_of(grant, outcome="denied")).covered


def test_a_log_in_which_nothing_happened_covers_everybody(source):
    assert import_events(source).covered


def test_an_own_word_of_which_nothing_can_be_understood_covers_the_others(own_word, grant):
    lost, understood = AgentFactory.create_batch(2)
    imported = import_events(
        own_word,
        use_of(grant, agent=lost.name, account="", action="sing", resource=""),
        use_of(grant, agent=understood.name, account=""),
        runs=[run_of(lost), run_of(understood)],
    )
    assert covers() == {(understood.name, True)}
    assert (imported.agents, imported.lost) == (1, 1)
    assert "Use by 1 agent was observable" in (said := observing.in_words(imported, WHOLE_DAY)[-1])
    assert "; not by 1 more, all of whose use is by accounts that are not known, or of what the system does" in said


def test_whoever_no_line_names_is_not_told_as_an_agent_that_is_lost(own_word, grant):
    agent = AgentFactory()
    imported = import_events(own_word, use_of(grant, account="erp"), runs=[run_of(agent)])
    assert (imported.agents, imported.lost) == (1, 0)


def test_only_a_systems_log_witnesses_a_use(source, grant):
    agent = ClaimFactory(account=grant.account).agent
    import_events(SourceFactory(system=source.system, provenance="agent"), use_of(grant, account="", agent=agent.name))
    use = GrantUse.objects.get()
    assert (use.last_used_at, use.witnessed_at) == (DAY + timedelta(hours=9), None)
    assert ", by the agent's own word" in observing.describe_use(grant=grant, agent=None).lines["Last used"]
    import_events(source, use_of(grant, at=(DAY + timedelta(hours=10)).isoformat()))
    use.refresh_from_db()
    assert use.last_used_at == use.witnessed_at == DAY + timedelta(hours=10)
    assert "own word" not in observing.describe_use(grant=grant, agent=None).lines["Last used"]


def test_a_refused_line_is_nobodys_word(own_word, grant):
    agent = AgentFactory()
    import_events(own_word, use_of(grant, agent=agent.name, event_id="e"))
    Coverage.objects.all().delete()
    other = AgentFactory()
    import_events(own_word, use_of(grant, agent=other.name, event_id="e"), use_of(grant, agent=agent.name, at="never"))
    assert not Coverage.objects.exists()


def test_an_agents_intervals_grow_by_its_own_deliveries_alone(own_word, grant):
    early, late = AgentFactory.create_batch(2)
    next_day = observing.Cover(WHOLE_DAY.ends_at, WHOLE_DAY.ends_at + timedelta(days=1))
    import_events(own_word, *(use_of(grant, agent=each.name) for each in (early, late)))
    at = (DAY + timedelta(hours=30)).isoformat()
    import_events(own_word, use_of(grant, agent=late.name, at=at), interval=next_day)
    ends = dict(Coverage.objects.values_list("agent__name", "ends_at"))
    assert ends == {early.name: WHOLE_DAY.ends_at, late.name: next_day.ends_at}


def test_an_own_word_makes_due_what_its_agents_hold_and_nothing_else(own_word, grant):
    agent = ClaimFactory(account=grant.account).agent
    GrantFactory(account=AccountFactory(system=own_word.system))
    import_events(own_word, runs=[run_of(agent)])
    assert list(GrantDue.objects.values_list("grant", flat=True)) == [grant.pk]


def test_what_a_blind_agent_holds_is_not_observable(own_word, grant):
    told = ClaimFactory(account=grant.account).agent
    blind = ClaimFactory(account=AccountFactory(system=own_word.system)).account
    theirs = GrantFactory(account=blind, entitlement=grant.entitlement)
    import_events(own_word, runs=[run_of(told)])
    nobody = "no source reported the use of everybody who works with this account."

    def shown(which):
        return observing.describe_use(grant=which, agent=None).lines["Last used"]

    assert shown(grant).startswith("Never. Use was observable on 1 of")
    assert shown(theirs) == f"Not observable: {nobody}"
    GrantUse.objects.create(grant=theirs, last_used_at=DAY, uses=1)
    assert shown(theirs) == f"{DAY:%-d %b %Y}, by the agent's own word. Since then not observable: {nobody}"
    ClaimFactory(account=grant.account, agent=blind.claims.get().agent)
    assert shown(grant) == f"Not observable: {nobody}"


def test_a_replay_looks_at_the_runs_of_an_agent_that_its_own_word_covers(own_word, grant):
    agent, other = (ClaimFactory(account=grant.account).agent for _ in range(2))
    import_events(own_word, runs=[run_of(agent)])
    assert observing.stopped_runs(grant, agent).of == 1
    Coverage.objects.update(agent=other)
    assert observing.stopped_runs(grant, agent).of == 0


def test_a_replay_says_how_many_of_the_last_runs_needed_it(source, grant):
    agent = ClaimFactory(account=grant.account).agent
    shared = GrantFactory(account=grant.account)
    GrantFactory(account=grant.account, entitlement=shared.entitlement, origin="other")
    runs = [
        {"run": f"r{hour}", "agent": agent.name, "started": (DAY + timedelta(hours=hour)).isoformat()}
        for hour in range(1, 6)
    ]
    at = {hour: (DAY + timedelta(hours=hour, minutes=5)).isoformat() for hour in range(1, 6)}
    import_events(
        source,
        use_of(grant, run="r1", at=at[1]),
        use_of(grant, run="r1", at=at[1]),
        use_of(grant, run="r2", at=at[2]),
        use_of(grant, run="r3", at=at[3], outcome="denied"),
        use_of(shared, run="r4", at=at[4]),
        runs=runs,
    )
    replay = observing.stopped_runs(grant, agent)
    assert (replay.stopped, replay.of, replay.shared, replay.examples) == (2, 5, 0, ("r2", "r1"))
    assert observing.stopped_runs(grant, agent, limit=4).stopped == 1
    assert observing.stopped_runs(shared, agent).shared == 1
    described = observing.describe_use(grant=grant, agent=agent)
    assert described.replay.startswith("Removing this would have stopped 2 of the last 5 runs (")
    assert f"{DAY:%-d %b %Y}, in 2 runs in all." in described.lines["Last used"]


def test_a_replay_counts_no_run_from_before_it_was_held_or_without_coverage(source, account):
    agent = ClaimFactory(account=account).agent
    late = GrantFactory(account=account, held_since=DAY + timedelta(hours=5), held_since_basis="stated")
    start = (DAY + timedelta(hours=2)).isoformat()
    import_events(source, runs=[{"run": "r", "agent": agent.name, "started": start}])
    assert not observing.stopped_runs(late, agent).observable
    assert "cannot be seen" in observing.describe_use(grant=late, agent=agent).replay


def test_a_grant_is_described_without_an_agent_and_without_use(source, grant):
    described = observing.describe_use(grant=grant, agent=None)
    assert described.replay.endswith("cannot be seen: no agent's runs are known for it.")
    assert described.lines == {"Last used": "Not observable: no source reported use of the system."}
    assert not described.observable
    import_events(source)
    described = observing.describe_use(grant=grant, agent=None)
    assert described.lines["Last used"].startswith("Never. Use was observable on 1")
    assert described.observable


def test_no_run_is_counted_against_what_no_source_can_show(source, grant):
    agent = ClaimFactory(account=grant.account).agent
    hidden = GrantFactory(account=grant.account, entitlement__action="")
    import_events(source, runs=[run_of(agent, number) for number in range(1, 6)])
    assert observing.describe_use(grant=grant, agent=agent).replay.endswith("stopped 0 of the last 5 runs.")
    described = observing.describe_use(grant=hidden, agent=agent)
    assert described.replay.endswith("cannot be seen: no source can show its use.")
    assert described.lines == {"Last used": "Not observable: no source can show its use."}
    assert not described.observable


def test_when_an_agent_last_ran_is_said_by_what_was_reported(source, account):
    agent = ClaimFactory(account=account).agent
    assert observing.describe_runs(agent) == "Whether it still runs cannot be seen: no source reported a run of it."
    import_events(source, runs=[run_of(agent), run_of(agent, 2)])
    assert observing.describe_runs(agent) == f"It last ran on {DAY:%-d %b %Y}; 2 runs reported in the last 30 days."


def test_a_digest_in_a_statement_by_hand_is_found_by_the_index():
    of_digest = (
        f"EXPLAIN SELECT FROM governance_entitlementaction WHERE action = 'x' AND {Digest.sql('resource')} = 'y'"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(of_digest)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Cond" in plan
    assert "encode" in plan.partition("Index Cond")[2]
    assert "Filter" not in plan
