# Everything runs in .venv; each target installs what is missing first.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
STAMP := $(VENV)/.installed
DEV := $(VENV)/.installed-dev
PRODUCTION := .venv-production
PRODUCTION_STAMP := $(PRODUCTION)/.installed-dev
PORT ?= 8000

TESTS := $(VENV)/bin/python scripts/run_tests.py

.PHONY: run run-cpu demo test test-pure test-embedded test-production test-nodes test-arithmetic test-hostile machine check format tables capability-page docs lock clean

run: $(STAMP)            ## Start the system on 127.0.0.1, send one example request, keep serving
	@$(VENV)/bin/audiogpt serve serve_config.embedded.yaml --port $(PORT) --example

run-cpu: $(PRODUCTION)/.installed  ## The same with published models, for a machine with a hub and no GPU
	@$(PRODUCTION)/bin/audiogpt serve serve_config.cpu.yaml --port $(PORT)

demo: $(STAMP)           ## The same, but judge the example and stop
	@$(VENV)/bin/audiogpt serve serve_config.embedded.yaml --port $(PORT) --check

# ARGS="-k pitch" chooses among the tests of each part.
test: $(DEV) $(PRODUCTION_STAMP)  ## All tests but those on several nodes
	@$(TESTS) -- $(ARGS)

test-embedded: $(DEV)    ## All but those of the published models
	@$(TESTS) unit integration -- $(ARGS)

test-pure: $(DEV)        ## The quick ones: no Ray cluster, no weights
	@$(TESTS) quick -- $(ARGS)

test-production: $(DEV) $(PRODUCTION_STAMP)  ## The published models on tiny checkpoints, and their placement on a cluster
	@$(TESTS) production cluster -- $(ARGS)

test-arithmetic: $(DEV)  ## The tests that judge sound, computed as other processors would
	@$(VENV)/bin/python scripts/sweep_arithmetic.py -- $(or $(ARGS),-n auto --maxprocesses 4 --dist loadfile -m models)

# SEED=name chooses other cases, CASES=n how many.
test-hostile: $(DEV)     ## The tests with spoilt files and hostile texts, with many more cases than `make test`
	@AUDIOGPT_HOSTILE_CASES=$(or $(CASES),20000) AUDIOGPT_HOSTILE_SEED=$(or $(SEED),2) \
		$(VENV)/bin/python -m pytest --timeout 7200 tests/hostile $(ARGS)

test-nodes: $(DEV)       ## The production config on several nodes, with stand-ins for its models
	@$(TESTS) nodes -- $(ARGS)

machine: $(DEV) $(PRODUCTION_STAMP)  ## What the tests' results may depend on: processor, settings, versions
	@$(VENV)/bin/python scripts/machine.py

check: $(DEV)            ## Style, types, configs, tables
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/audiogpt config check serve_config.yaml
	$(VENV)/bin/audiogpt config check serve_config.embedded.yaml
	$(VENV)/bin/audiogpt config check serve_config.cpu.yaml
	$(VENV)/bin/python -m scripts.tables --check

format: $(DEV)
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

tables: $(DEV)           ## Make anew what is made from code and configs: tables, references, configs of overlays
	$(VENV)/bin/python -m scripts.tables

capability-page: $(DEV)  ## Draw the measurements of docs/capability.json as build/capability.html
	@$(VENV)/bin/python -m evaluation.capability.page docs/capability.json build/capability.html

docs: $(DEV)             ## Build the documentation's site in build/site
	$(VENV)/bin/mkdocs build --strict

COMPILE = $(VENV)/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --no-header --no-annotate
lock:                    ## Pin every dependency anew
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --extra dev --constraint requirements.lock --output-file requirements.dev.lock
	$(COMPILE) --extra production --constraint requirements.lock --output-file requirements.production.lock
	$(COMPILE) --extra llm --output-file requirements.vllm.lock
	sed -i -E '/^(nvidia-|cuda-|triton==)/d' requirements.production.lock requirements.vllm.lock  # torch brings its own, or none

clean:
	rm -rf $(VENV) $(PRODUCTION) var build

$(STAMP): requirements.lock requirements.data.lock pyproject.toml apt.txt scripts/install.sh
	@sh scripts/install.sh "$(PYTHON)" $(VENV)
	@touch $(STAMP)

$(DEV): $(STAMP) requirements.dev.lock requirements.llm.lock apt.dev.txt
	@sh scripts/install.sh "$(PYTHON)" $(VENV) requirements.dev.lock apt.dev.txt
	@$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --no-deps -r requirements.llm.lock
	@touch $(DEV)

$(PRODUCTION)/.installed: requirements.production.lock requirements.espnet.lock pyproject.toml scripts/install_production.sh
	@UV_TORCH_BACKEND=cpu sh scripts/install_production.sh "$(PYTHON)" $(PRODUCTION)
	@touch $(PRODUCTION)/.installed

$(PRODUCTION_STAMP): requirements.production.lock requirements.espnet.lock requirements.dev.lock pyproject.toml scripts/install_production.sh
	@sh scripts/install_production.sh "$(PYTHON)" $(PRODUCTION) dev
	@touch $(PRODUCTION_STAMP)
