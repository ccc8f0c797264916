# Everyday commands. `make` alone tells them.
SHELL := bash
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
# The tools are installed anew when what is pinned has changed.
TOOLS := .venv/.made-$(shell cat requirements.txt scripts/requirements.txt 2>/dev/null | cksum | cut -d' ' -f1)

.PHONY: help test bench demo check unit functions jsonnet shape wiring venv clean

help: ## Show these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

demo: $(TOOLS) ## Build, deploy to an emulator of AWS on this machine, and show every step
	@$(PYTHON) -m demo

test: check unit shape jsonnet wiring ## Run everything that CI runs, but the demo

check: ## Check format and lints
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

unit: $(TOOLS) ## Run the tests in Rust (all: library, rendering, whole function)
	PATH="$(CURDIR)/.venv/bin:$$PATH" cargo test

functions: ## Run only the tests of the whole function over HTTP
	cargo test --test function

bench: ## Measure the release binary beside an empty function and one in Python (minutes to compile)
	cargo build --release
	cargo build --release --manifest-path benches/empty/Cargo.toml --target-dir target/bench/empty
	test -x target/bench/venv/bin/pip || python3 -m venv target/bench/venv
	target/bench/venv/bin/pip install --quiet --disable-pip-version-check --no-deps -r benches/requirements.txt
	cargo bench --profile measure --bench speed

shape: $(TOOLS) ## Check that the shape of RegisterTaskDefinition is that of the pinned service model
	PYTHONPATH=.venv/shape $(PYTHON) scripts/shape.py --check

jsonnet: $(TOOLS) ## Check that go-jsonnet still gives what the Jsonnet tests expect of it
	$(PYTHON) tests/jsonnet/go.py --check

wiring: $(TOOLS) ## Deploy the template to an emulator and check rules, policies and settings
	$(PYTHON) -m pytest -q tests/wiring

venv: $(TOOLS) ## Install the pinned tools into .venv

clean: ## Remove the tools and what the demo left; compiled code stays (cargo clean)
	rm -rf .venv .demo .aws-sam .pytest_cache

$(TOOLS):
	@scripts/venv.sh
	@rm -f .venv/.made-* && touch $@
