# Everything sets itself up: a virtual environment in .venv, and what is needed in it.
# With another Python: make test PYTHON=python3.13 VENV=.venv-3.13
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Twice as many tests at a time as there are processors: many wait, for a limit to come or a process to end.
WORKERS ?= $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))
DOCUMENTED := $(sort $(wildcard lua_examples/documented/*.lua))

.PHONY: help demo test lint bench docs site clean

help:
	@echo "make demo   run the tour and every documented example against the simulator"
	@echo "make test   run all tests"
	@echo "make lint   check style, types, imports, generated files and the site"
	@echo "make bench  measure, as ratios"
	@echo "make docs   render what is generated from the spec"
	@echo "make site   build the documentation as a site, in build/site"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# One stamp for each set of packages, newer than what it was installed from.
$(VENV)/.run: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@ $(VENV)/.run

$(VENV)/.docs: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@ $(VENV)/.run

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.docs $(VENV)/.test $(VENV)/.run

$(VENV)/.bench: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@ $(VENV)/.test $(VENV)/.run

# luacheck and MCP's inspector. Where one cannot be had, the tests that need it say so and skip.
$(VENV)/.others: tests/checks/others.py | $(VENV)/.test
	@$(BIN)/python -m tests.checks.others
	@touch $@

demo: $(VENV)/.run
	@for script in lua_examples/tour.lua $(DOCUMENTED); do \
		echo "== $$script"; \
		$(BIN)/luahost run --simulate $$script || exit 1; \
		echo; \
	done

test: $(VENV)/.test $(VENV)/.others
	$(BIN)/python -m pytest -n $(WORKERS)

lint: $(VENV)/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m tests.checks.imports
	$(BIN)/python -m tests.checks.generated
	$(BIN)/python -m tests.checks.site

bench: $(VENV)/.bench $(VENV)/.others
	$(BIN)/python -m tests.benchmarks

docs: $(VENV)/.test
	$(BIN)/python -m tests.checks.generated --write

site: $(VENV)/.docs
	$(BIN)/python -m tests.checks.site --write

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
