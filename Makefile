# textrnn. `make train` and `make test` need only Python 3.11+, make and pip.
PYTHON ?= python3
PIP_ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# one thread a process: threads that wait for one another by spinning slow each other down; and two more than
# cores, since many tests wait for processes of their own. What is imported is kept compiled: they start in less time
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(8, 2 + ($(CORES))))')
PYTEST = PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup train test test-core test-browser test-schema test-slow kernels grid faults mutants check lint type doctest cover docs wheels smoke bench ablation curve bench-envs clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv and install textrnn into it

$(READY): pyproject.toml constraints.txt hatch_build.py $(wildcard textrnn/kernels/*.[ch]) textrnn/kernels/build.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "textrnn needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing textrnn into $(VENV) (some minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_ARGS) -e '.[dev]'
	@touch $@

train: $(READY) ## film reviews -> a sentiment classifier; says where the model is
	@$(BIN)/textrnn run --config sentiment

test: $(READY) ## every test but the slow ones
	@$(PYTEST) $(TEST_ARGS)

test-core: $(READY) ## textrnn-core's wheel in an empty environment (downloads 50 MB)
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m slow tests/test_core_wheel.py -rP $(TEST_ARGS)

test-browser: $(READY) ## the page, the report in a real browser (Debian, Ubuntu: apt install chromium), and its engine (clang lld); a minute
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m 'slow or not slow' -rs tests/textrnn/page tests/textrnn/evaluation/test_accessible.py $(TEST_ARGS)

test-schema: $(READY) .venv-schema/.ready ## requests made from the OpenAPI document by schemathesis, in an environment of its own (45 MB); minutes
	@OMP_NUM_THREADS=1 SCHEMATHESIS=.venv-schema/bin/schemathesis $(BIN)/python -m pytest -m slow -rs tests/textrnn/serving/test_schema.py $(TEST_ARGS)

.venv-schema/.ready: tests/schemathesis.txt
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -r $<
	@touch $@

test-slow: $(READY) ## the slow tests
	@$(PYTEST) -m slow $(TEST_ARGS)

kernels: $(READY) ## the kernels by gcc and clang, sanitized, for aarch64 in an emulator; says which Debian packages are not here
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m 'slow or not slow' -rs tests/textrnn/kernels/test_everywhere.py $(TEST_ARGS)

grid: $(READY) ## the engine against the torch network in full: every encoder, pooling, depth, length; minutes
	@TEXTRNN_GRID=full $(PYTEST) tests/textrnn/inference

faults: $(READY) ## every fault of docs/faults.md in full (SCALE=0.1: a tenth); minutes
	@FAULTS_SCALE=$(or $(SCALE),1) $(PYTEST) tests/faults --durations=15 $(TEST_ARGS)

mutants: $(READY) ## wrong meanings planted one at a time: which do the tests not see? resumable; an hour (SEED=1 COUNT=500 ARGS="--only data/": others)
	@PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m mutants --seed $(or $(SEED),0) --count $(or $(COUNT),320) $(ARGS)

check: $(READY) ## ruff, mypy --strict, import-linter, doctests
	@$(MAKE) --no-print-directory lint type doctest

lint: $(READY) ## style, and the floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo

type: $(READY) ## mypy --strict
	@$(BIN)/mypy

doctest: $(READY) ## the examples in docstrings
	@$(BIN)/python -m pytest --doctest-modules textrnn pipelines benchmarks --ignore benchmarks/rivals $(TEST_ARGS)

cover: $(READY) ## which lines the tests reach
	@$(PYTEST) --cov --cov-report=term-missing:skip-covered $(TEST_ARGS)

docs: $(READY) ## the generated pages of docs/reference/, from the code
	@$(BIN)/python docs/generate.py

wheels: $(READY) ## both wheels into dist/: textrnn, which trains, and textrnn-core, which uses what was trained
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir dist . packaging/core
	@ls -l dist/*.whl

smoke: $(READY) ## the whole pipeline on made-up texts, in seconds
	@$(BIN)/textrnn run --config smoke

bench: $(READY) ## textrnn against others, interleaved, into benchmarks/RESULTS.md; 15 minutes (ARGS="--only training": a part)
	@$(BIN)/python -m benchmarks $(ARGS)

ablation: $(READY) ## what each ingredient is worth, into benchmarks/ABLATION.md; two and a half hours, resumable (ARGS="--arm gru": a part)
	@$(BIN)/python -m benchmarks.ablation $(ARGS)

curve: $(READY) ## accuracy by the number of labels, beside others, into benchmarks/learning/; hours, resumable (SCALE=0.1: 90 minutes)
	@$(BIN)/python -m benchmarks.learning --scale $(or $(SCALE),1) $(ARGS)

# an alternative with an environment of its own, from the pinned lines of benchmarks/envs/NAME.txt
ENVS ?= $(basename $(notdir $(wildcard benchmarks/envs/*.txt)))

bench-envs: $(ENVS:%=benchmarks/.envs/%/.ready) ## build what `make bench` compares with, 6 GB (ENVS="torch keras": some)

benchmarks/.envs/%/.ready: benchmarks/envs/%.txt
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@echo "installing $* into $(@D)"
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -r $<
	@touch $@

clean: ## remove what tools leave behind
	@rm -rf build dist htmlcov .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './$(VENV)*/*' -not -path './benchmarks/.envs/*' -prune -exec rm -rf {} +

distclean: clean ## also remove .venv, benchmarks/.envs, the cache, runs and models
	@rm -rf $(VENV) .venv-schema benchmarks/.envs .textrnn runs models *.egg-info
