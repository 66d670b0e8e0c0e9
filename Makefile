# `make demo` runs the main job, `make test` passes the tests, `make down` stops the network of the demo.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
HOME_FOLDER := .kindpakket
BUILD  := $(CURDIR)/build
VULNERABILITIES ?= https://vuln.go.dev

.DEFAULT_GOAL := help
.PHONY: help setup demo down docs test test-go test-python proof lint gosec vulncheck mutation bench bench-sdk soak format clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: $(VENV)/.ready  ## virtual environment, and Fabric's programs built from source (cached)
	@$(BIN)/kindpakket network programs

$(VENV)/.ready: setup.cfg pyproject.toml sdk/setup.cfg
	@sh tools/prerequisites.sh $(PYTHON)
	@echo "Python: making the virtual environment $(VENV) and installing what setup.cfg and sdk/setup.cfg name (about a minute) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --upgrade pip
	@PYTHONWARNINGS=ignore::UserWarning $(BIN)/pip install --quiet --progress-bar on --editable './sdk[all]' --editable '.[all,demo,docs,test,dev]'
	@touch $@

demo: setup  ## one Kindpakket day on a network of four organisations, which then stays up
	@PYTHONPATH=demo $(BIN)/python -m kindpakket_demo --home $(HOME_FOLDER)

down:  ## stop the network of the demo (its ledgers stay)
	@if [ -x $(BIN)/kindpakket ]; then $(BIN)/kindpakket network down --home $(HOME_FOLDER); else echo "Nothing to stop: there is no $(VENV) yet."; fi

docs: $(VENV)/.ready  ## the reference site of the SDK, into build/site
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --config-file sdk/mkdocs.yml
	@echo "docs: to read them, run: $(BIN)/python -m http.server --directory build/site"

test: setup  ## all tests, on networks of their own too; what is repeated covers each kind of step once (PYTEST="-k upgrade")
	@$(BIN)/python tests/run.py $(PYTEST)

test-go test-python: test-%: setup
	@$(BIN)/python tests/run.py --only $* $(PYTEST)

proof: setup  ## all tests with every repetition in full: kills at every step, 10,000 random histories, a minute of each fuzz test
	@$(BIN)/python tests/run.py --proof $(PYTEST)

lint: $(VENV)/.ready  ## formatters, linters and type checks, Go and Python
	@! gofmt -d chaincode tools tests network | grep .
	@! grep -rnIE '^(<<<<<<<|>>>>>>>) ' --exclude-dir=.git --exclude-dir=.venv --exclude-dir=build .
	@cd chaincode && go vet ./... && go tool staticcheck ./...
	@for module in tools/mutate tests/bench/performance/chaincode tests/bench/sdk/chaincode tests/bench/sdk/go tests/network/chaincodes/basic network/kindpakket_network/data/chaincodes/go; do (cd $$module && go vet ./...) || exit 1; done
	@$(MAKE) --no-print-directory gosec
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@for file in tests/*/conftest.py tests/*/*/conftest.py; do $(BIN)/mypy --no-error-summary $$file || exit 1; done
	@$(MAKE) --no-print-directory docs
	@sh -n tools/prerequisites.sh network/kindpakket_network/data/builder/bin/*
	@echo "lint: clean"

gosec:  ## look for insecure code in the chaincode (lint does, too)
	@cd tools/gosec && go build -o $(BUILD)/gosec .
	@cd chaincode && $(BUILD)/gosec -test=false ./...

vulncheck:  ## look for known vulnerabilities that the chaincode can reach, in Go's database; no part of lint or test
	@cd tools/govulncheck && go build -o $(BUILD)/govulncheck golang.org/x/vuln/cmd/govulncheck
	@cd chaincode && { $(BUILD)/govulncheck -db $(VULNERABILITIES) ./... || { \
		[ $$? -eq 3 ] || echo "vulncheck: NOTHING WAS CHECKED. It needs the database $(VULNERABILITIES)" >&2; exit 1; }; }

mutation:  ## put small faults into the rules and into who may do what, and list those that no test notices (MUTATE="-sample 50 -seed 2")
	@cd tools/mutate && go build -o $(BUILD)/mutate .
	@cd chaincode && GOCACHE=$(BUILD)/mutation/go-build $(BUILD)/mutate -then ./contract -out $(BUILD)/mutation $(MUTATE) \
		rules/*.go $(addprefix contract/,access.go directory.go find.go idempotency.go organisations.go request.go transaction.go)
	@[ $$(du -sm $(BUILD)/mutation/go-build | cut -f1) -lt 1000 ] || rm -rf $(BUILD)/mutation/go-build

bench: setup  ## measure payments and what goes on beside them on a network of its own, up to an hour (BENCH="--quick": a minute)
	@PYTHONPATH=demo:tests:tests/network:tests/bench $(BIN)/python -m performance $(BENCH)

bench-sdk: setup  ## compare fabric_gateway with the official Go and Node SDKs, some 25 minutes (BENCH="--quick": two)
	@PYTHONPATH=tests/bench $(BIN)/python -m sdk $(BENCH)

soak: setup  ## an hour of the SDK's clients while nodes stop and start: each request there once, memory flat (SOAK="--minutes 10")
	@PYTHONPATH=tests/bench $(BIN)/python -m soak $(SOAK)

format: $(VENV)/.ready  ## lay the code out as the formatters want it
	@cd chaincode && gofmt -w .
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

clean: down  ## remove what the demo, set-up and checks made here (not the cache of built programs)
	rm -rf $(HOME_FOLDER) $(VENV) build *.egg-info
