# Two commands matter: `make run` (the demo) and `make test`. `make serve` is production; `make quick` is for the inner loop.
PYTHON ?= python3.11
PORT ?= 8000
EVENTS_PORT ?= $(shell expr $(PORT) + 1)
VENV := .venv
BIN := $(VENV)/bin

# What is compiled once is kept: servers and tests start many processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install run release serve quick test lint lock messages screenshots docs

# The locks have every package that the requirements bring along, with the hashes of its files; `make lock` writes them.
$(VENV)/runtime: requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(VENV)/dev: $(VENV)/runtime requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

install: $(VENV)/runtime

# After a change of requirements.txt or requirements-dev.txt; pins that still fit are kept.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
lock:
	$(LOCK) requirements.txt --output-file requirements.lock
	$(LOCK) requirements-dev.txt --constraints requirements.lock --output-file requirements-dev.lock

run: export PORT := $(PORT)
run: $(VENV)/runtime
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	$(BIN)/python manage.py create_demo_data --port $(PORT)
	$(BIN)/python -m imsite.serve demo

# Before the first `make serve`, and after each upgrade.
release: export DEBUG := false
release: $(VENV)/runtime
	$(BIN)/python manage.py check --deploy --fail-level ERROR
	$(BIN)/python manage.py doctor --database
	$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	$(BIN)/python manage.py migrate --verbosity 1

# Plain HTTP on loopback, behind a TLS proxy: the processes of the Procfile, which start and stop together.
serve: export DEBUG := false
serve: export PORT := $(PORT)
serve: export EVENTS_PORT := $(EVENTS_PORT)
serve: export BIN := $(BIN)
serve: $(VENV)/runtime
	$(BIN)/honcho start --env /dev/null --no-colour

# An answer within a minute, on SQLite: no browser, no servers, no long stories. `make quick ARGS=tests/feeding` for a part.
# Only to collect these takes each process some seconds.
NOT_COLLECTED := --ignore=tests/browser --ignore=tests/api/test_contract.py -p no:schemathesis
quick: export DEBUG := true
quick: export DATABASE_URL := sqlite:///imsite.sqlite3
quick: export HYPOTHESIS_PROFILE := quick
quick: $(VENV)/dev
	$(BIN)/python -m pytest -n auto --reuse-db -m "not browser and not server and not slow" $(NOT_COLLECTED) $(ARGS)

# Everything, on every database that is here.
test: $(VENV)/dev
	$(BIN)/python -m tests.run $(ARGS)

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/djade --check --target-version 5.2 $$(find templates -name '*.html')
	DEBUG=true $(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run

# Update the Chinese catalogue, source and compiled, after a change of texts.
messages: $(VENV)/dev
	$(BIN)/python manage.py makemessages --locale zh_Hans --ignore .venv --ignore staticfiles --no-location
	$(BIN)/python manage.py compilemessages --locale zh_Hans --ignore .venv

# After a change of a command's --help or of the API: docs/commands.md, docs/openapi.yaml.
docs: $(VENV)/dev
	DEBUG=true $(BIN)/python -m tests.support.command_help
	DEBUG=true $(BIN)/python manage.py spectacular --file docs/openapi.yaml

# The pictures of the README and docs/; wants Debian's chromium, fonts-noto-core, fonts-noto-cjk and fonts-noto-color-emoji.
screenshots: $(VENV)/dev
	DEBUG=true $(BIN)/python -m pytest -n 0 tests/browser/screenshots.py
