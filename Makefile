# OpenSail: `make run` starts everything on this machine, `make test` runs every test. Both set up what they need.

SHELL := /bin/bash
# One folder of build results for every clone on this machine.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/opensail/target
export CARGO_TERM_COLOR ?= auto
OPENSAIL := $(CARGO_TARGET_DIR)/release/opensail

.PHONY: run test bench lint fmt build web setup-run setup-test

run: setup-run web
	@echo "Building opensail (the first build takes some minutes; cargo shows its progress) …"
	@cargo build --release --locked --package opensail-deploy --bin opensail
	@exec $(OPENSAIL) serve

test: setup-test web
	@cd api/web && npm run --silent check
	@cargo test --locked --workspace
	@cd api/web && npm run --silent browser

bench: setup-test
	@cargo bench --locked --package opensail-tests

lint:
	@cargo fmt --all --check
	@cargo clippy --locked --workspace --all-targets -- --deny warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check bans licenses sources; else echo "cargo-deny is not installed; skipped (cargo install cargo-deny)"; fi

fmt:
	@cargo fmt --all

build:
	@cargo build --locked --workspace --all-targets

# The console's bundle, made anew when what it is made from has changed.
web:
	@bash deploy/web.sh

setup-run:
	@bash deploy/setup.sh run

setup-test:
	@bash deploy/setup.sh test
