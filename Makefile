# Parkloom: every target has its help line; `make` alone prints them.
PY ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.DEFAULT_GOAL := help
.PHONY: help demo test test-long serve check fix bench lock golden clean

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.run ## Play the main job end to end on the sample park, from nothing
	@$(BIN)/parkloom demo

serve: .venv/.run ## Start the server on the loopback interface
	@$(BIN)/parkloom serve

test: .venv/.dev ## Run the tests (under 10 minutes on 2 cores)
	@$(BIN)/python -m pytest -n 2 --dist loadfile

test-long: .venv/.dev ## Run the long tests (PARKLOOM_LONG=full: the whole campaign)
	@$(BIN)/python -m pytest -m long

check: .venv/.dev ## Format, lint, types, import contracts, tidy rules, documents
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest -q tests/architecture tests/docs

fix: .venv/.dev ## Format the code and mend what the linter can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/.run ## Measure the capacity engine (prints a table; see docs/benchmarks.md)
	@$(BIN)/parkloom bench capacity

golden: .venv/.dev ## Rewrite the documents and transcripts that tests compare with
	@PARKLOOM_GOLDEN=write $(BIN)/python -m pytest -q tests/docs

lock: .venv/.dev ## Resolve the dependencies again (hashes, no addresses)
	@$(BIN)/uv pip compile pyproject.toml --extra build --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra build --extra dev -c requirements.lock --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-dev.lock

clean: ## Remove the environment and what the demo left
	@rm -rf .venv .parkloom .parkloom-parties

.venv/.run: requirements.lock pyproject.toml
	@echo "Installing Parkloom into .venv (once, a minute or two) ..."
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Parkloom needs Python 3.11 or newer; name one with: make PY=python3.11")'
	@$(PY) -m venv .venv
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --no-index -e .
	@$(BIN)/python -m matching.capacity.kernels.build >/dev/null
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.run
	@echo "Installing the development tools into .venv ..."
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock
	@touch $@
