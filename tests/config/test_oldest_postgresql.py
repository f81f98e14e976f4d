"""Countersign's own database may be a PostgreSQL 15: the migrations, and what is written for newer ones, run there."""

import os
import subprocess
import sys

from tests.config.processes import CHECKOUT
from tests.connectors import clusters

WRITTEN_ANEW = ("tests/reviews/test_attesting_snapshot.py", "tests/governance/policy/test_ownerless.py")


def test_the_oldest_version_will_do():
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "PYTEST_"))}
    with clusters.running("15") as url:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--numprocesses=0", "-p", "no:cacheprovider", *WRITTEN_ANEW],
            cwd=CHECKOUT,
            env=ours | {"TEST_DATABASE_URL": url},
            check=False,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout
    assert " skipped" not in done.stdout
