# The commands of this repository. `make` alone lists them.
CARGO ?= cargo
NEXTEST := $(shell command -v cargo-nextest 2>/dev/null)
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)

.DEFAULT_GOAL := help
.PHONY: help run server-dev server-prod up down logs demo static image release test test-deps bench soak fuzz check fmt clippy docs shellcheck drift generate clients

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build and start the server on port 8060
	$(CARGO) run

server-dev: run ## Another name for run

demo: ## A believable team at work on port 8060, to look at: 30 simulated clients
	$(CARGO) build --workspace
	$(TARGET_DIR)/debug/workspace-bench --server $(TARGET_DIR)/debug/workspace-server demo $(ARGS)

static: ## Build dist/workspace-server-ARCH-linux-musl for x86_64 and aarch64, or ARCHS="x86_64"
	@scripts/static.sh $(ARCHS)

image: ## Build the image workspace-server from what `make static` built, with Docker or podman
	@scripts/image.sh $(ARCH)

release: ## Pack dist/workspace-server-ARCH.tar.gz: the static binary, the stack, and the scripts for Proxmox
	@scripts/release.sh $(ARCH)

up: ## Start the whole stack: the server, Prometheus, Loki, Grafana (settings in compose/.env)
	@scripts/compose.sh up

server-prod: up ## Another name for up

down: ## Stop the stack; its data stays
	@scripts/compose.sh down

logs: ## Follow the logs of the stack
	@scripts/compose.sh logs

test: clients ## Install what the tests need, then run all of them
ifdef NEXTEST
	$(CARGO) nextest run $(FILTER)
else
	$(CARGO) test --lib --bins --tests -- $(FILTER)
endif
	$(CARGO) test --quiet --doc

test-deps: ## Install what the tests need (Debian packages, npm and Python packages)
	@scripts/install-test-deps.sh

check: fmt clippy docs shellcheck drift ## Format, lints, docs, shell scripts, generated files: everything but the tests

fmt:
	$(CARGO) fmt --all --check

clippy:
	$(CARGO) clippy --workspace --all-targets -- -D warnings

docs:
	RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" $(CARGO) doc --no-deps --document-private-items

shellcheck: test-deps
	shellcheck --external-sources .ci/run scripts/*.sh proxmox/*.sh proxmox/workspace-ctl

drift: ## Compare what is committed with what the code generates
ifdef NEXTEST
	$(CARGO) nextest run drift::
else
	$(CARGO) test --test main -- drift::
endif

fuzz: ## Ten minutes of made-up telemetry against its parser, or ARGS="minutes"; grows fuzz/corpus
	@scripts/fuzz.sh $(ARGS)

soak: ## Ten minutes of telemetry from 100 clients, 5,000 signals a second, against a release build
	$(CARGO) build --release --workspace
	$(TARGET_DIR)/release/workspace-bench --server $(TARGET_DIR)/release/workspace-server soak $(ARGS)

bench: ## 5,000 connections that hear a room, against a release build
	$(CARGO) build --release --workspace
	$(TARGET_DIR)/release/workspace-bench --server $(TARGET_DIR)/release/workspace-server sockets $(ARGS)

generate: ## Write again what is committed and generated: openapi/openapi.json, the settings in README.md and compose/.env.example
	$(CARGO) build
	scripts/generate.sh "$(TARGET_DIR)/debug/workspace-server"

clients: test-deps ## Generate and compile the API clients (TypeScript, Python, Rust) in target/clients
	scripts/generate-clients.sh "$(TARGET_DIR)/clients"

.PHONY: grafana
grafana: ## Check dashboards, alerts and their configurations with a Prometheus that watches a server at work
	@scripts/check-grafana.sh
