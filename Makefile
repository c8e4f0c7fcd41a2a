PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/pytest
CA_HINT := if it says CERTIFICATE_VERIFY_FAILED: PIP_CERT=<file> names the certificate authorities to trust, such as your company's
REDIS_URL ?= redis://127.0.0.1:$(or $(filter-out tcp://%,$(REDIS_PORT)),6379)/0

# The tests in which a service consumes or publishes, and the faults that the Kafka client has to cope with.
STREAM_TESTS := $(addprefix tests/integration/test_,$(addsuffix .py,api bad_records joiner metrics processes reporter \
  secured_kafka status stream too_large tracing unreadable workers)) tests/e2e/test_order.py tests/e2e/test_traces.py
KAFKA_FAULTS := $(addprefix tests/faults/test_,$(addsuffix .py,broker foreign_bytes partitions records topics))

.DEFAULT_GOAL := help

.PHONY: help
help:  ## show this
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# A Python that is given on the command line is used, though there is a virtual environment of another one.
ifeq ($(origin PYTHON),command line)
ifneq ($(shell cat $(VENV)/made 2>/dev/null),$(shell $(PYTHON) -V 2>&1))
$(shell rm -f $(VENV)/made)
endif
endif

$(VENV)/made: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed, this is %s; choose one with make PYTHON=…" % sys.version.split()[0])'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt || { echo "$(CA_HINT)"; exit 1; }
	@$(PYTHON) -V > $@
	@touch -r $< $@  # and not with the time of a clock that may be set back: then it would seem older than that

.PHONY: run
run: $(VENV)/made  ## run everything on this machine: Kafka, Redis and all services; Ctrl-C stops it
	@exec $(BIN)/python -m local

.PHONY: start kill freeze thaw
start:  ## while make run goes on: start a killed SERVICE again, or one more, such as SERVICE="workers cheese 2"
kill:  ## kill a SERVICE, such as SERVICE="workers cheese", or kafka or redis; the rest goes on
freeze:  ## freeze a SERVICE, as if its machine hung
thaw:  ## let a frozen SERVICE go on
start kill freeze thaw: $(VENV)/made
	@$(BIN)/python -m local.control $@ "$(SERVICE)"

.PHONY: test
test: $(VENV)/made  ## run the tests: e2e, integration, unit; the slowest first; 5 to 12 minutes
	$(PYTEST) tests/e2e tests/integration tests/unit

.PHONY: test-librdkafka
test-librdkafka: $(VENV)/made  ## run the tests of the stream, and the faults of Kafka, with librdkafka; 8 minutes
	KAFKA_CLIENT=librdkafka $(PYTEST) $(STREAM_TESTS)
	KAFKA_CLIENT=librdkafka $(PYTEST) -n 2 --dist worksteal $(KAFKA_FAULTS)

.PHONY: test-faults
test-faults: $(VENV)/made  ## break every part while it works, and count every pizza; writes faults.md; 30 minutes
	$(PYTEST) -n 2 --dist worksteal tests/faults

.PHONY: chaos
chaos: $(VENV)/made  ## break parts at random, several at once, for MINUTES=10; the same SEED gives the same faults again
	SEED=$(SEED) MINUTES=$(MINUTES) $(PYTEST) -s tests/chaos

.PHONY: test-documents
test-documents: $(VENV)/made  ## check that the API, the events and a fifth topping are as the documents say
	$(PYTEST) tests/documents

.PHONY: test-browser
test-browser: $(VENV)/made  ## run the tests of the page in a real browser, which needs Debian's package chromium
	$(PYTEST) tests/browser

.PHONY: test-compose
test-compose: $(VENV)/made  ## scale compose.yaml up and down, and kill its containers under load; needs Docker; 20 minutes
	$(PYTEST) -x -rs tests/compose

.PHONY: unit
unit: $(VENV)/made  ## run the tests that need no server
	$(PYTEST) tests/unit

.PHONY: integration
integration: $(VENV)/made  ## run the tests of each service on a real Kafka and Redis
	$(PYTEST) tests/integration

.PHONY: e2e
e2e: $(VENV)/made  ## run the tests of the whole system
	$(PYTEST) tests/e2e

.PHONY: mutants
mutants: $(VENV)-mutants/made  ## change the core in small ways, and report which changes no test notices; 4 hours, and it can be interrupted
	$(VENV)-mutants/bin/python -m tests.mutation

.PHONY: mutants-sample
mutants-sample: $(VENV)-mutants/made  ## the same for 30 mutants, which the id of the commit chooses; 5 minutes
	$(VENV)-mutants/bin/python -m tests.mutation --sample 30 --minutes 4

$(VENV)-mutants/made: requirements-mutants.txt
	$(PYTHON) -m venv --clear $(VENV)-mutants
	$(VENV)-mutants/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-mutants.txt
	@touch -r $< $@

.PHONY: lint
lint: $(VENV)/made  ## check style (ruff, hadolint, Biome), types (mypy --strict, tsc), who imports whom (import-linter), and the documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m contract --check

# On a laptop without node, what needs it is left out.
ifneq ($(or $(CI),$(shell command -v npm)),)
lint: javascript
lint test-documents: asyncapi
endif

.PHONY: javascript
javascript: node_modules/made  ## check the JavaScript's style (Biome) and the types in its comments (tsc); needs node
	node_modules/.bin/biome ci
	node_modules/.bin/tsc

.PHONY: asyncapi
asyncapi: node_modules/made  ## validate docs/asyncapi.yaml with AsyncAPI's own parser; needs node
	node contract/validate.mjs docs/asyncapi.yaml

node_modules/made: package-lock.json
	npm ci --no-audit --no-fund
	@touch -r $< $@

.PHONY: docs
docs: $(VENV)/made  ## make docs/asyncapi.yaml and docs/schemas/ from the code
	$(BIN)/python -m contract

.PHONY: bench
bench: $(VENV)/made  ## measure speed on a stack of its own; writes bench.json
	$(BIN)/python -m bench

.PHONY: bench-backlog
bench-backlog: $(VENV)/made  ## measure how a backlog of 1,000,000 pizzas is worked off, by each Kafka client
	$(BIN)/python -m bench.backlog --client kafka-python
	$(BIN)/python -m bench.backlog --client librdkafka

.PHONY: bench-peers
bench-peers: $(VENV)/made $(VENV)-peers/made  ## measure the workers and the joiner beside the same in Quix Streams and FastStream; writes bench-peers.json
	$(BIN)/python -m bench.peers --python $(VENV)-peers/bin/python

$(VENV)-peers/made: requirements-peers.txt
	$(PYTHON) -m venv --clear $(VENV)-peers
	$(VENV)-peers/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-peers.txt
	@touch -r $< $@

.PHONY: scaling
scaling: $(VENV)/made  ## measure what orders cost, and what rates of orders need: docs/scaling.md; writes scaling.json; 8 minutes
	$(BIN)/python -m tests.scaling

.PHONY: screenshots
screenshots: $(VENV)/made  ## take the pictures of the page again; needs Debian's package chromium
	$(BIN)/python -m tests.browser.screenshots

.PHONY: redis
redis: $(VENV)-iredis/made  ## look into the local Redis
	$(VENV)-iredis/bin/iredis --url $(REDIS_URL)

$(VENV)-iredis/made: requirements-iredis.txt
	$(PYTHON) -m venv --clear $(VENV)-iredis
	$(VENV)-iredis/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-iredis.txt
	@touch -r $< $@

.PHONY: topics
topics: $(VENV)/made  ## create the topics that don't exist yet
	$(BIN)/python -m pizzeria topics

.PHONY: requirements
requirements: $(VENV)/made  ## compile the .in files to pinned versions, for every Python from 3.11
	for file in requirements requirements-librdkafka requirements-dev requirements-iredis requirements-mutants requirements-peers; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --custom-compile-command 'make requirements' --upgrade $$file.in -o $$file.txt || exit; \
	done
