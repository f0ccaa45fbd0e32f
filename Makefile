# sansang: `make help` lists the targets. Everything is set up in .venv on first use; nothing else is touched.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT    ?= 9640
COMMUNE ?= 00000
MINUTES ?= 30
CASES   ?= 100000
JOBS    ?= 4
PO      := $(wildcard */sansang_*/locale/*/LC_MESSAGES/*.po)
MO      := $(PO:.po=.mo)
PIP     := $(BIN)/python -m pip --disable-pip-version-check -q
export SANDBOX PROVINCE DEMO
# Every program that a test starts, hundreds of them, would translate all of our modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-deps check format words lock bench evaluate fuzz soak dist clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: $(VENV)/.run-ready $(MO) ## Start a collector and an agent for this machine (SANDBOX=1, PROVINCE=, DEMO=1, PORT=, COMMUNE=)
	@exec $(BIN)/python deploy/local/run.py --port $(PORT) --commune $(COMMUNE) $(if $(SANDBOX),--sandbox) $(if $(DEMO),--demo) $(if $(PROVINCE),--province "$$PROVINCE")

test: $(VENV)/.dev-ready $(MO) ## Run every test this machine can run (ARGS= for pytest, JOBS=4 at a time)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-deps: ## Install the real servers, tools and browser the tests use (Debian, needs root)
	@sh tests/support/install-needs.sh

check: $(VENV)/.dev-ready $(MO) ## Lint, format and type checks, for Linux and Windows
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --platform win32 --cache-dir .cache/mypy-win32 & $(BIN)/mypy --platform linux; linux=$$?; wait $$! && exit $$linux

format: $(VENV)/.dev-ready ## Let ruff format and sort
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only -q .

words: $(VENV)/.dev-ready ## Collect user-facing strings into the catalogues (then translate the .po files)
	@$(BIN)/python tests/support/words.py update

lock: $(VENV)/.dev-ready ## Renew the locked dependencies under requirements/
	@$(BIN)/python tests/support/lock.py

soak: $(VENV)/.dev-ready $(MO) ## Kill, starve and confuse a real pair for MINUTES=30, then compare the books
	@$(BIN)/python -m tests.soak.soak --minutes $(MINUTES)
	@$(BIN)/python -m tests.soak.alerts_kills

evaluate: $(VENV)/.run-ready $(MO) ## Play faults of every kind and print how well they are found (SEED= FAULTS= DAYS= KEEP=; hours)
	@$(BIN)/sansang-collector evaluate --lang en --jobs $(JOBS) $(if $(FAULTS),--faults $(FAULTS)) $(if $(DAYS),--days $(DAYS)) $(if $(SEED),--seed $(SEED)) $(if $(KEEP),--keep "$(KEEP)")

fuzz: $(VENV)/.dev-ready $(MO) ## Send CASES=100000 damaged bodies, forms and queries to a real collector
	@$(BIN)/python -m tests.fuzz.fuzz --cases $(CASES) $(if $(SEED),--seed $(SEED))

bench: $(VENV)/.dev-ready $(MO) ## Measure beside the peers (needs root and them; see tests/bench/README.md)
	@for bench in icmp_error agent_footprint ingest history nation fleet profile_change enrolment authentication diagnosis; do $(BIN)/python tests/bench/$$bench.py || exit 1; done

dist: $(VENV)/.dev-ready $(MO) ## Build the wheel and the source archive into dist/
	@$(BIN)/python -m build --no-isolation -o dist . >/dev/null && ls dist

clean: ## Remove what the targets above made
	rm -rf $(VENV) .cache .run dist $(MO)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "sansang needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Try: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "Python's venv module is missing; on Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Making $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run-ready: requirements/run.txt pyproject.toml | $(VENV)/.made
	@echo "Installing what sansang needs into $(VENV) ..."
	@$(PIP) install --require-hashes --no-deps -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev-ready: requirements/dev.txt $(VENV)/.run-ready
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP) install --require-hashes --no-deps -r requirements/dev.txt
	@touch $@

%.mo: %.po hatch_build.py | $(VENV)/.run-ready
	@$(BIN)/python -c 'import sys, pathlib, hatch_build; hatch_build.compile_catalogue(pathlib.Path(sys.argv[1]))' $<
