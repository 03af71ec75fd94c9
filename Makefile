# Daily commands; `make help` lists them.
SHELL := /bin/sh
PY := .venv/bin/python
# Compiled once, outside the tree: uv installs without it, and Rasa with TensorFlow takes ten seconds to compile.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/var/pycache
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1

.PHONY: help setup demo test test-fast test-faults check fix train run evaluate benchmark benchmark-nlu benchmark-clinc benchmark-desk audit lock screenshots clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## Make the environment from the lock file

.venv/.ready: requirements.lock pyproject.toml
	@sh .ci/setup

demo: setup ## Set up, train and run everything here, with a phone simulator
	@$(PY) -m helpline demo

run: setup ## Run one process: make run PROCESS=channel|actions|worker|console|simulator
	@$(PY) -m helpline $(PROCESS)

train: setup ## Train the assistant if its examples changed
	@$(PY) -m helpline train

test: setup ## All tests
	@$(PY) -m pytest -q -n auto --dist loadgroup

test-faults: setup ## Kill, stop and refuse whatever can be, 50 rounds, and count every message
	@FAULT_ROUNDS=50 $(PY) -m pytest -q -n0 tests/faults

test-fast: setup ## The tests that need no trained model, browser or PostgreSQL
	@$(PY) -m pytest -q -m "not slow"

check: setup ## Types, style, directions between modules, training content
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports
	@$(PY) -m helpline content lint

fix: setup ## Let the tools mend what they can
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

evaluate: setup ## Measure how well messages are understood; writes docs/benchmarks/nlu.md
	@$(PY) -m helpline evaluate

benchmark: setup ## Messages a second and time to answer, beside Rasa's own projects; writes docs/benchmarks/messages.md
	@$(PY) -m benchmarks.messages --full

benchmark-nlu: setup ## Our understanding beside DIET and logistic regression, same folds
	@$(PY) -m benchmarks.nlu_pipelines

benchmark-desk: setup ## How fast the desk answers with 1,000 open and 100,000 closed cases
	@$(PY) -m benchmarks.desk --write

benchmark-clinc: setup ## The classifier on CLINC150: CLINC=path/to/data_full.json
	@$(PY) -m benchmarks.clinc

audit: setup ## Look every package up among known weaknesses; docs/audit-exceptions.yml names those we live with
	@$(PY) .ci/audit

lock: ## Write requirements.lock anew from pyproject.toml
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --extra dev --no-header --upgrade pyproject.toml -o requirements.lock

screenshots: setup ## Take pictures of the console in every state, and the README's two
	@$(PY) -m benchmarks.screenshots

clean: ## Remove what can be made again (keeps var/, where the data is)
	@rm -rf .venv .rasa .mypy_cache .ruff_cache .pytest_cache .hypothesis artefacts results
