# Everything is made from the locked files in requirements/; nothing has to be installed by hand.
PYTHON ?= python3
PORT ?= 8000
HOST ?= 127.0.0.1
BIN := .venv/bin

.PHONY: run test long check bench contract lock clean

run: .venv/runtime  ## serve the seeded catalogue
	$(BIN)/service-catalog serve --host $(HOST) --port $(PORT)

test: .venv/dev  ## run the tests
	$(BIN)/python -m pytest --numprocesses 4 --dist worksteal

long: .venv/dev  ## what runs for minutes too: two hundred storms over replicas, random histories copied
	CATALOG_TEST_LONG=1 $(BIN)/python -m pytest --numprocesses 4 -rP --show-capture=stdout tests/test_replica_in_storms.py tests/test_copying.py tests/test_replica_alone.py

check: .venv/dev  ## style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev  ## measure; writes benchmarks/results.json, findings.json, appeals.json and sync.json
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.findings
	$(BIN)/python -m benchmarks.appeals
	$(BIN)/python -m benchmarks.sync

contract: .venv/dev  ## write schemas/ anew
	$(BIN)/service-catalog export-contract schemas

lock:  ## lock the dependencies anew; needs uv
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml requirements/build.in -o requirements/runtime.lock
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml --group dev -o requirements/dev.lock

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/runtime: .venv/bin/python requirements/runtime.lock pyproject.toml
	test -e .venv/dev || $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

.venv/dev: .venv/bin/python requirements/dev.lock pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist
