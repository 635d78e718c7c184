# SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
# SPDX-License-Identifier: Apache-2.0

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

GO      ?= go
# How tests are run; CI puts a summary around it.
GOTEST  ?= $(GO) test
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
ADDRESS ?= 127.0.0.1:9876

version_package := github.com/prometheus/common/version
ldflags := -s -w \
	-X $(version_package).Version=$(VERSION) \
	-X $(version_package).Revision=$(shell git rev-parse HEAD 2>/dev/null) \
	-X $(version_package).Branch=$(shell git rev-parse --abbrev-ref HEAD 2>/dev/null)

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/cobaltcore-exporter
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(ldflags)' -o bin/cobaltcore-exporter ./cmd/cobaltcore-exporter

.PHONY: run
run: build ## Serve the snapshot fleet of test/fleet (no cluster needed)
	bin/cobaltcore-exporter serve --config test/fleet/fleet.yaml --web.listen-address $(ADDRESS)

.PHONY: test
test: unit e2e ## Run all tests, those on real servers too

.PHONY: unit
unit: ## Run the tests that need no server
	$(GOTEST) -race ./...

.PHONY: e2e
e2e: ## Run the tests on real servers, which are built into a cache once
	$(GOTEST) -race -tags testbed -timeout 45m -p 1 ./test/testbed ./test/e2e

.PHONY: faults
faults: ## Break everything once in a real fleet and look at what Alertmanager sends; make e2e breaks one thing of each system
	$(GOTEST) -race -tags testbed -timeout 60m -run '^TestFaults$$' ./test/e2e -args -all-faults

.PHONY: screenshots
screenshots: ## Take the pictures of docs/dashboards: every page in a real Perses, with the faults of test/fleet
	$(GO) test -tags testbed -timeout 30m -run '^TestDashboards$$' ./test/e2e -args -screenshots $(CURDIR)/docs/dashboards

.PHONY: mutants
mutants: ## Make every mistake in every rule, one at a time: a fixture has to show each
	$(GO) test -tags mutants -run '^TestMistakesAreFound$$' ./alerts/tests

.PHONY: testbed
testbed: build ## Keep a real four-cluster fleet with Prometheus running until Ctrl-C
	$(GO) build -o bin/testbed ./test/testbed/cmd/testbed
	exec bin/testbed -address $(ADDRESS)

.PHONY: bench
bench: build ## Measure beside kube-state-metrics on a real cluster, and 100 clusters, then the Go benchmarks
	$(GO) run ./test/bench -check
	$(GO) run ./test/bench -clusters 100
	$(GO) test -run '^$$' -bench . ./internal/... ./collectors/...
	$(GO) test -run '^$$' -bench . -tags testbed ./test/e2e

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (10s) each
	@for p in $$($(GO) list ./internal/... ./collectors/...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz' || true); do \
			$(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $${FUZZTIME:-10s} -fuzzminimizetime 1x $$p; \
		done; \
	done

.PHONY: generate
generate: ## Write everything that is generated: docs, schemas, rules, dashboards
	$(GO) run ./cmd/generate

.PHONY: check-generated
check-generated: generate ## Fail when a generated file differs from what is committed
	@test -z "$$(git status --porcelain -- alerts dashboards docs internal/config)" || { git status --short -- alerts dashboards docs internal/config; git diff -- alerts dashboards docs internal/config; exit 1; }

.PHONY: lint
lint: bin/golangci-lint ## Run the linters
	bin/golangci-lint run
	bin/golangci-lint run --build-tags testbed ./test/...

bin/golangci-lint: test/tools/golangci-lint/go.mod
	cd test/tools/golangci-lint && $(GO) build -trimpath -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: pint
pint: bin/pint ## Look for mistakes in the generated rules
	bin/pint --offline lint --fail-on=warning alerts/generated/cluster alerts/generated/clusterName

bin/pint: test/tools/pint/go.mod
	cd test/tools/pint && $(GO) build -trimpath -o $(CURDIR)/$@ github.com/cloudflare/pint/cmd/pint

bin/gotestsum: test/tools/gotestsum/go.mod
	cd test/tools/gotestsum && $(GO) build -trimpath -o $(CURDIR)/$@ gotest.tools/gotestsum

.PHONY: clean
clean: ## Remove what was built here
	rm -rf bin dist
