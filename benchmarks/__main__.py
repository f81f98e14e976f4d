"""
Measure on an embedded PostgreSQL of its own: `python -m benchmarks [NAME …]`.

The first line tells the settings, each further one a benchmark, all as JSON. `N` in the environment
says how many grants there are (1,000,000). Exits 1 when a ratio is above its goal.
"""

import json
import os
import platform
import subprocess
import sys

import psycopg

from benchmarks import REPEATS, databases
from config.embedded import folders, roles, servers
from config.embedded.stack import Stack

BENCHMARKS = (
    "full_check",
    "due_sweep",
    "door",
    "deliveries",
    "ledger",
    "verifying",
    "syncing",
    "pages",
    "clicks",
    "posts",
    "scan",
)
# Printed with every run: with a server's defaults one would measure the cache and not the work.
SETTINGS = {
    "autovacuum": "off",
    "fsync": "on",
    "full_page_writes": "on",
    "max_wal_size": "8GB",
    "random_page_cost": "1.1",
    "shared_buffers": "2GB",
    "work_mem": "64MB",
}


def main(names: list[str]) -> int:
    """Start the server; run each benchmark as a process of its own on a database of its own."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        sys.exit(f"No benchmark {unknown[0]}; there are {', '.join(BENCHMARKS)}.")
    n = int(os.environ.get("N", "1000000"))
    servers.OPTIONS.update(SETTINGS)
    codes = []
    with Stack() as stack:
        admin_url = servers.postgres(stack, folders.claim("bench", fresh=True))
        with psycopg.connect(admin_url, autocommit=True) as admin:
            roles.create_missing(admin, admin_url)
            print(json.dumps(told_settings(admin, n)), flush=True)
            environment = databases.make_empty(admin, admin_url) | {"N": str(n)}
            for name in names or BENCHMARKS:
                command = [sys.executable, "-m", "benchmarks.alone", name]
                done = subprocess.run(command, check=False, env=os.environ | environment)
                codes.append(done.returncode)
    return max(codes)


def told_settings(admin: psycopg.Connection, n: int) -> dict[str, object]:
    """Say on what was measured."""
    shown = ["server_version", *SETTINGS, "synchronous_commit"]
    rows = admin.execute("SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [shown])
    machine = {"cpus": os.cpu_count(), "python": platform.python_version()}
    return {"settings": dict(rows.fetchall()) | machine, "repeats": REPEATS, "n": n}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
