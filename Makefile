# Everything runs in .venv; each target installs what is missing first.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
STAMP := $(VENV)/.installed
PORT ?= 8000

.PHONY: run demo test test-pure check format lock clean

run: $(STAMP)            ## Start the system on 127.0.0.1, send one example request, keep serving
	@$(VENV)/bin/audiogpt serve serve_config.embedded.yaml --port $(PORT) --example

demo: $(STAMP)           ## The same, but judge the example and stop
	@$(VENV)/bin/audiogpt serve serve_config.embedded.yaml --port $(PORT) --check

test: $(STAMP)           ## All tests
	$(VENV)/bin/python -m pytest

test-pure: $(STAMP)      ## The quick ones: no Ray cluster, no weights
	$(VENV)/bin/python -m pytest -m "not integration and not models"

check: $(STAMP)          ## Style, types, configs
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

format: $(STAMP)
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

COMPILE = $(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --no-header --no-annotate
lock:                    ## Pin every dependency anew
	$(COMPILE) --extra dev --output-file requirements.lock
	$(COMPILE) --extra production --constraint requirements.lock --output-file requirements.production.lock

clean:
	rm -rf $(VENV) var

$(STAMP): requirements.lock requirements.data.lock pyproject.toml apt.txt scripts/install.sh
	@sh scripts/install.sh "$(PYTHON)" $(VENV)
	@touch $(STAMP)
