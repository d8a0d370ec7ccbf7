# What can be done with the template: `make` lists it.

BIN := .venv/bin
OUTPUT ?= build
PYTEST := $(BIN)/python -m pytest
# Each can be run alone: make measure_render
BENCHMARKS := measure_render measure_start measure_up measure_functions measure_requests compare_languages

# The tests start uv, sam and the other tools of the environment by name.
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup new test test-fast bench $(BENCHMARKS) lint format clean

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.complete ## make the environment that the rest runs in

.venv/.complete: requirements-dev.txt
	python3 -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

new: setup ## render a service into OUTPUT (build); NO_INPUT=1 takes every default
	@mkdir -p $(OUTPUT)
	@$(BIN)/cookiecutter . --output-dir $(OUTPUT) $(if $(NO_INPUT),--no-input)

test: setup ## run all tests; those that need Docker are skipped where no engine answers
	$(PYTEST)

test-fast: setup ## run what needs no Docker and takes less than a minute
	$(PYTEST) -m "not docker and not slow"

bench: $(BENCHMARKS) ## measure, and write what the documents say of it (half an hour on a quiet machine; Docker, cargo)

$(BENCHMARKS): setup
	$(BIN)/python benchmarks/$@.py

lint: setup ## check the template's own code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/shellcheck .ci/run

format: setup ## format the template's own code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

clean: ## remove the environment and what was rendered
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build
