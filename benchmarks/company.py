"""
A company of any size, made by set-based SQL: a hundred grants an agent, fifty an account.

Seven in ten of its grants have been used, most of them within the week; the others are new. An agent has had a
hundred runs in the last sixty days, all of them seen. About one in fifty is suspicious: idle for long, or its lease
ends soon. Below the unit at the top lie twenty divisions, and in those the teams.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import psycopg

from benchmarks import databases, stage
from governance import checking, clock
from governance.models import FullCheck, Parameters, Policy

SYSTEMS, DIVISIONS = 20, 20

SCRIPT = """
INSERT INTO governance_orgunit (id, name, parent_id)
    SELECT i, 'unit ' || i, CASE WHEN i <= 1 + %(divisions)s THEN nullif(1, i) ELSE 2 + i %% %(divisions)s END
    FROM generate_series(1, %(units)s) i;
INSERT INTO governance_orgunitclosure (ancestor_id, descendant_id, depth)
    WITH RECURSIVE pair AS (
        SELECT id AS ancestor, id AS descendant, 0 AS depth FROM governance_orgunit
        UNION ALL
        SELECT unit.parent_id, pair.descendant, depth + 1
        FROM pair JOIN governance_orgunit unit ON unit.id = pair.ancestor WHERE unit.parent_id IS NOT NULL
    ) SELECT * FROM pair;
INSERT INTO governance_person (id, email, name, time_zone, unit_id, employment, is_active, is_staff,
        is_superuser, password)
    SELECT i, 'p' || i || '@example.org', 'Person ' || i, 'UTC', 1 + i %% %(units)s, 'active', true,
        false, false, '!' FROM generate_series(1, %(people)s) i;
INSERT INTO governance_system (id, slug, name, kind, config, owner_id, unit_id, enforced_by,
        capabilities, ours, active, fence, attempts, trouble)
    SELECT i, 's' || i, 'System ' || i, 'postgresql', '{}', 1, 1 + i %% %(units)s, 'target', '{}',
        '{role:0}', true, 0, 0, '' FROM generate_series(1, %(systems)s) i;
INSERT INTO governance_source (id, name, system_id, provenance, mapping)
    SELECT i, 's' || i, i, 'system', '{}' FROM generate_series(1, %(systems)s) i;
INSERT INTO governance_coverage (source_id, system_id, starts_at, ends_at, reports_runs)
    SELECT i, i, at - days[1] * interval '1 day', at - days[2] * interval '1 day', true
    FROM generate_series(1, %(systems)s) i, (VALUES (%(at)s::timestamptz)) AS now (at),
        (VALUES (ARRAY[300, 150]), (ARRAY[120, 40]), (ARRAY[50, 0])) AS span (days);
INSERT INTO governance_agent (id, name, unit_id, purpose, autonomy, lifecycle, ephemeral, registered_at)
    SELECT i, 'agent ' || i, 1 + i %% %(units)s, '', 'unattended', 'active', false, %(at)s
    FROM generate_series(1, %(agents)s) i;
INSERT INTO governance_account (id, system_id, native_type, native_id, kind, name, seen, owner_hints)
    SELECT i, 1 + i %% %(systems)s, 'role', i, CASE WHEN i <= %(systems)s THEN 'everyone' ELSE 'login' END,
        'account ' || i, 'present', '[]' FROM generate_series(1, %(accounts)s) i;
INSERT INTO governance_claim (agent_id, account_id, since, basis, confidence)
    SELECT 1 + i %% %(agents)s, i, %(at)s, '', 100
    FROM generate_series(%(systems)s + 1, %(accounts)s) i;
INSERT INTO governance_run (agent_id, source_id, native_id, started_at, outcome)
    SELECT 1 + i %% %(agents)s, 1 + i %% %(agents)s %% %(systems)s, i,
        %(at)s - i / %(agents)s * interval '60 days' / 100 - random() * interval '12 hours', 'completed'
    FROM generate_series(0, %(agents)s * 100 - 1) i;
INSERT INTO governance_entitlement (id, system_id, native_type, native_id, name, resource,
        definition_digest, privileged, seen)
    SELECT i, 1 + i %% %(systems)s,
        CASE WHEN i %% 100 < 70 THEN 'function' WHEN i %% 100 < 95 THEN 'table' ELSE 'membership' END,
        i, 'entitlement ' || i, i, repeat('0', 64), false, 'present'
    FROM generate_series(1, %(entitlements)s) i;
INSERT INTO governance_entitlementaction (entitlement_id, action, resource)
    SELECT id, CASE native_type WHEN 'function' THEN 'execute' ELSE 'select' END, resource
    FROM governance_entitlement WHERE native_type <> 'membership';
INSERT INTO governance_grant (id, account_id, entitlement_id, origin, instance, effect, condition, version,
        native, revocable, held_since, held_since_basis, seen, intended, opened_at, unit_id,
        lease_ends_at, risk)
    SELECT i, account.id, entitlement.id, '10', i, 'allow', '', '', '{"grantable": false}', true, since, 'stated',
        'present', CASE WHEN i %% 3 = 0 THEN 'held' ELSE 'undecided' END, since, 1 + account.id %% %(units)s,
        %(at)s + CASE WHEN lease < 0.01 THEN random() ELSE 31 + random() * 89 END * interval '1 day',
        CASE entitlement.native_type WHEN 'function' THEN 45 WHEN 'table' THEN 30 ELSE 60 END
        + CASE account.kind WHEN 'everyone' THEN 15 ELSE 0 END
    FROM generate_series(1, %(n)s) i
    JOIN governance_account account ON account.id = 1 + i %% %(accounts)s
    JOIN governance_entitlement entitlement ON entitlement.id =
        1 + (account.id %% %(systems)s + %(systems)s * (i / %(accounts)s + account.id)
             + %(entitlements)s - 1) %% %(entitlements)s
    CROSS JOIN LATERAL (SELECT random() + i * 0, random() + i * 0) AS drawn (lease, age)
    CROSS JOIN LATERAL (SELECT %(at)s - CASE WHEN i %% 10 < 7 OR age < 0.02 THEN 41 + age * 360 ELSE 1 + age * 30 END
        * interval '1 day') AS held (since);
INSERT INTO governance_grantuse (grant_id, last_used_at, uses, runs, last_run, shared)
    SELECT id, %(at)s - CASE WHEN random() < 0.99 THEN 7 * random() ELSE 40 END * interval '1 day', 10, 10, '', false
    FROM governance_grant WHERE id %% 10 < 7;
INSERT INTO governance_grantdue (grant_id, at) SELECT id, %(at)s FROM governance_grant;
"""


@contextmanager
def of(n: int, *, settled: bool = False) -> Iterator[psycopg.Connection]:
    """Let the benchmark's database be a company of so many grants; `settled`: all has been checked once."""
    make = partial(settle if settled else found, n=n)
    with databases.put(f"{'settled' if settled else 'company'}_{n}", make) as admin:
        yield admin


def settle(admin: psycopg.Connection, n: int) -> None:
    """Make a company, and let it be checked until nothing is due."""
    found(admin, n)
    admin.execute("VACUUM ANALYZE")
    with stage("first check of everything"):
        while checking.check_due():
            admin.execute("VACUUM ANALYZE")


def check_everything(at: datetime | None = None) -> int:
    """Make a whole full check, in as many goes as it takes; return how many findings moved."""
    moved = checking.check_all(at)
    while FullCheck.objects.in_hand():
        moved += checking.go_on_checking(at)
    return moved


def found(admin: psycopg.Connection, n: int) -> None:
    """Make a company with `n` grants, all of them due; `n` is a multiple of 2,000."""
    at = clock.now()
    sizes: dict[str, int | datetime] = {
        "n": n,
        "agents": n // 100,
        "accounts": n // 50,
        "entitlements": max(n // 200, 50 * SYSTEMS),  # an account holds fifty of its system
        "people": n // 200,
        "units": max(n // 500, 1 + DIVISIONS),
        "divisions": DIVISIONS,
        "systems": SYSTEMS,
        "at": at,
    }
    Policy.objects.create(number=1, stored=Parameters().as_json(), in_force_from=at)
    with stage(f"company of {n} grants"):
        admin.execute("SET session_replication_role = replica")  # no foreign keys are looked up: these rows keep them
        for statement in filter(str.strip, SCRIPT.split(";\n")):
            admin.execute(statement.encode(), sizes)
        admin.execute("RESET session_replication_role")
