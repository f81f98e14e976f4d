# Everything that a bare machine needs is brought by these rules: python3 >= 3.11 and make are enough.
# `make help` says what there is.
PYTHON ?= python3
UV_VERSION := 0.13.9
unexport PYTHONDONTWRITEBYTECODE # else every process that we start would compile all of its modules again
export UV_PYTHON_DOWNLOADS = never
export UV_PYTHON ?= $(shell command -v $(PYTHON))
export UV_LINK_MODE ?= copy
export UV_SYSTEM_CERTS ?= 1
UV := .tools/bin/uv
PY := .venv/bin/python
# What starts servers ends with make, also where make alone is killed.
WITH_MAKE := COUNTERSIGN_PARENT=$$PPID
COMPILE := $(UV) pip compile --quiet pyproject.toml --universal --generate-hashes --no-header
on = $(filter-out 0 no false,$(1))
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test check fix cards bench run peers lock clean

# One row a target: the text behind ## is what `make help` prints.
help: ## say what there is
	@awk -F ':[^#]*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

install: .venv/.runtime ## all that it needs to run, into .venv
	@echo "Installed in .venv. Next: docs/how-to/install.md, or make demo."

demo: .venv/.runtime ## a company to try it on, until Ctrl-C (ONCE=1: unattended; FRESH=1: start over; PORT=8000)
	@$(WITH_MAKE) exec $(PY) -m demo $(if $(call on,$(ONCE)),--once) $(if $(call on,$(FRESH)),--fresh) $(if $(PORT),--port '$(PORT)')

test: .venv/.dev ## all tests, in random order (ARGS="tests/config -q")
	@exec $(PY) -m pytest $(or $(ARGS),--numprocesses=auto --dist=worksteal)

check: .venv/.dev ## format, lint, types, imports, templates, dependencies, migrations, deployment
	@exec $(PY) tools/check.py

fix: .venv/.dev ## format the code and repair what can be repaired by rule
	@$(PY) tools/check.py --fix

cards: .venv/.runtime ## print every surface in Slack as JSON lines, normal and hostile, for a validator
	@exec $(PY) -m demo.cards

bench: .venv/.dev ## measure; one JSON line each (ARGS="due_sweep")
	@exec $(PY) -m benchmarks $(ARGS)

run: .venv/.runtime ## web, worker, beat and sequencer on DATABASE_URL, SEQUENCER_DATABASE_URL and REDIS_URL (PORT=8000)
	@$(WITH_MAKE) exec $(PY) manage.py run $(if $(PORT),--port '$(PORT)') $(ARGS)

peers: ## what more tests can run against: Chromium, PostgreSQL 15 with pgaudit (Debian, needs root)
	@bash tools/peers.sh

# Whoever needs more than is installed installs it; `.dev` has all of `.runtime`.
.venv/.runtime: $(UV) requirements/runtime.txt
	@if ! test -e .venv/.dev -a .venv/.dev -nt requirements/dev.txt; then bash tools/sync.sh runtime; fi; touch $@

.venv/.dev: $(UV) requirements/dev.txt
	@bash tools/sync.sh dev && touch $@

$(UV): tools/get_uv.py
	@echo "Fetching uv $(UV_VERSION), which installs the rest…"
	@$(PYTHON) tools/get_uv.py $(UV_VERSION) .tools

lock: $(UV) ## choose versions anew within pyproject.toml, with hashes (ARGS="--upgrade")
	@$(COMPILE) --group embedded -o requirements/runtime.txt $(ARGS)
	@$(COMPILE) --group dev -c requirements/runtime.txt -o requirements/dev.txt $(ARGS)
	@wc -l requirements/*.txt

clean: ## remove what was installed and built; the demo's state stays
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles
