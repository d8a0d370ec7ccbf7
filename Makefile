# What can be done with the template: `make` lists it.

BIN := .venv/bin
OUTPUT ?= build
# uv, or this machine's pip: to copy a pip into .venv takes longer than to install cookiecutter.
INSTALL := $(if $(shell command -v uv),\
	uv pip install --quiet --python $(BIN)/python,\
	python3 -m pip --python $(BIN)/python install --quiet --disable-pip-version-check)
# Tests and benchmarks start uv, sam and the other tools by name.
PYTHON := env PATH="$(CURDIR)/$(BIN):$(PATH)" $(BIN)/python
# Each can be run alone: make measure_render
BENCHMARKS := measure_render measure_updates measure_start measure_up measure_functions measure_requests compare_languages \
	draw_session
# The tests start sam and moto many times: without compiled modules, each start takes seconds longer.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup new test test-fast bench $(BENCHMARKS) lint format clean

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.complete ## install what the rest needs into .venv

.venv/.cookiecutter: requirements.txt
	python3 -m venv --without-pip .venv
	$(INSTALL) --requirement requirements.txt
	@touch $@

# uv installs the rest in a fraction of pip's time.
.venv/.complete: requirements-dev.txt .venv/.cookiecutter
	$(INSTALL) $$(grep ^uv== requirements-dev.txt)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --requirement requirements-dev.txt
	@touch $@

new: .venv/.cookiecutter ## render a service into OUTPUT (build); NO_INPUT=1 uses all defaults
	@mkdir -p $(OUTPUT)
	@$(BIN)/cookiecutter . --output-dir $(OUTPUT) $(if $(NO_INPUT),--no-input)

test: setup ## run all tests; those that need Docker are skipped if no engine responds
	$(PYTHON) -m pytest

test-fast: setup ## run the tests that need no Docker and take less than a minute
	$(PYTHON) -m pytest -m "not docker and not slow"

bench: $(BENCHMARKS) ## measure, and write benchmarks/results (half an hour on a quiet machine; Docker, cargo)

$(BENCHMARKS): setup
	$(PYTHON) benchmarks/$@.py

lint: setup ## check the template's own code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/shellcheck .ci/run

format: setup ## format the template's own code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

clean: ## remove the environment and the rendered services
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build
