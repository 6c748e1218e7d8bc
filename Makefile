# Two commands matter: `make run` (the demo) and `make test`. `make serve` is production; `make quick` is for the inner loop.
PYTHON ?= python3.11
HOST ?= 127.0.0.1
PORT ?= 8000
EVENTS_PORT ?= $(shell expr $(PORT) + 1)
WEB_WORKERS ?= 2
WEB_THREADS ?= 2
VENV := .venv
BIN := $(VENV)/bin
# The command of every server process; also used by the Procfile.
GRANIAN := $(BIN)/granian --host $(HOST) --no-ws --workers-kill-timeout 4 --respawn-failed-workers --respawn-interval 1

# Granian shares a port with other processes: two servers would take turns.
check-port = $(BIN)/python -c 'import socket, sys; socket.create_server((sys.argv[2], int(sys.argv[1]))).close()' $(1) $(HOST) 2>/dev/null \
	|| { echo "Port $(1) is in use. Stop the other process or set PORT."; exit 1; }

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

run: $(VENV)/runtime
	@$(call check-port,$(PORT))
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	$(BIN)/python manage.py create_demo_data --port $(PORT)
	$(GRANIAN) --port $(PORT) --interface asgi --workers 1 imsite.asgi:application

# Before the first `make serve`, and after each upgrade.
release: export DEBUG := false
release: $(VENV)/runtime
	$(BIN)/python manage.py check --deploy --fail-level ERROR
	$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	$(BIN)/python manage.py migrate --verbosity 1

# Plain HTTP on loopback, behind a TLS proxy: the processes of the Procfile, which start and stop together.
serve: export DEBUG := false
serve: export PORT := $(PORT)
serve: export EVENTS_PORT := $(EVENTS_PORT)
serve: export WEB_WORKERS := $(WEB_WORKERS)
serve: export WEB_THREADS := $(WEB_THREADS)
serve: export GRANIAN := $(GRANIAN)
serve: export MANAGE := $(BIN)/python manage.py
serve: $(VENV)/runtime
	@test $(PORT) != $(EVENTS_PORT) || { echo "EVENTS_PORT must differ from PORT."; exit 1; }
	@$(call check-port,$(PORT))
	@$(call check-port,$(EVENTS_PORT))
	@$(BIN)/python manage.py doctor --start
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
