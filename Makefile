# SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
# SPDX-License-Identifier: Apache-2.0

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

GO      ?= go
# How tests are run; CI puts a summary around it.
GOTEST  ?= $(GO) test
ADDRESS ?= 127.0.0.1:9876
# The directory of release artifacts.
DIST    ?= dist

# The version is that of the chart. A commit without its tag is a development version.
chart_directory := charts/cobaltcore-exporter
chart_version   := $(shell sed -n 's/^version: *//p' $(chart_directory)/Chart.yaml)
described       := $(shell git describe --tags --exact-match --dirty --match 'v$(chart_version)' 2>/dev/null)
development     := $(chart_version)-dev$(shell git rev-parse HEAD 2>/dev/null | sed -E 's/^(.{12}).*/.g\1/')$(shell git status --porcelain --untracked-files=no 2>/dev/null | grep -q . && echo .dirty)
VERSION         ?= $(if $(filter v$(chart_version),$(described)),$(chart_version),$(development))
# The registry is named in one place: the values of the chart.
image_registry  := $(shell sed -n '/^image:/,/^[^ ]/s/^  registry: *//p' $(chart_directory)/values.yaml)
image           := $(image_registry)/$(shell sed -n '/^image:/,/^[^ ]/s/^  repository: *//p' $(chart_directory)/values.yaml)

version_package := github.com/prometheus/common/version
ldflags := -s -w \
	-X $(version_package).Version=$(VERSION) \
	-X $(version_package).Revision=$(shell git rev-parse HEAD 2>/dev/null) \
	-X $(version_package).Branch=$(shell git rev-parse --abbrev-ref HEAD 2>/dev/null)

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "%-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/cobaltcore-exporter
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(ldflags)' -o bin/cobaltcore-exporter ./cmd/cobaltcore-exporter

# Release artifacts depend on neither the machine nor the checkout, and have no time but
# that of the commit: builds are reproducible.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
platforms       := linux-amd64 linux-arm64
binaries        := $(platforms:%=$(abspath $(DIST))/%/cobaltcore-exporter)
release_ldflags := -s -w -X $(version_package).Version=$(VERSION) -X $(version_package).Revision=$(shell git rev-parse HEAD 2>/dev/null)

.PHONY: binaries
binaries: $(binaries) ## Build the program for all platforms into dist

.PHONY: $(binaries)
$(binaries):
	CGO_ENABLED=0 GOOS=$(word 1,$(subst -, ,$(notdir $(@D)))) GOARCH=$(word 2,$(subst -, ,$(notdir $(@D)))) \
		$(GO) build -trimpath -buildvcs=false -ldflags '$(release_ldflags)' -o $@ ./cmd/cobaltcore-exporter

.PHONY: image
image: binaries ## Build the OCI image for all platforms into dist/image, without a daemon, and print its digest
	cd cmd/image && $(GO) run . build -out $(abspath $(DIST))/image -sboms $(abspath $(DIST)) -version $(VERSION) \
		-revision "$$(git rev-parse HEAD 2>/dev/null)" -licence $(CURDIR)/LICENSE $(binaries)

.PHONY: release-check
release-check: build ## Fail when chart, plugin, changelog and binary have different versions; with TAG, of that release
	bin/cobaltcore-exporter version | $(GO) run ./cmd/release-check -tag '$(TAG)'

.PHONY: image-registry
image-registry: ## Print the registry of image and chart
	@echo $(image_registry)

.PHONY: image-push
image-push: ## Push dist/image with the tag VERSION, where docker login has logged in
	cd cmd/image && $(GO) run . push -from $(abspath $(DIST))/image $(image):$(VERSION)

.PHONY: chart
chart: bin/helm ## Check the chart and pack it into dist
	bin/helm lint --strict $(chart_directory)
	bin/helm package --destination $(DIST) $(chart_directory)

.PHONY: chart-push
chart-push: ## Push the packed chart, where helm registry login has logged in
	bin/helm push $(DIST)/cobaltcore-exporter-$(chart_version).tgz oci://$(image)/charts

.PHONY: release-files
release-files: image chart ## Collect the files of a release with their checksums in dist/release, and its notes
	rm -rf $(DIST)/release && mkdir $(DIST)/release
	for platform in $(platforms); do cp $(DIST)/$$platform/cobaltcore-exporter $(DIST)/release/cobaltcore-exporter-$$platform; done
	cp $(DIST)/*.spdx.json $(DIST)/cobaltcore-exporter-$(chart_version).tgz $(DIST)/release
	cd $(DIST)/release && sha256sum -- * > sha256sums.txt
	awk '/^## \[/ {on = index($$0, "[$(chart_version)]")} on && !/^## /' CHANGELOG.md > $(DIST)/release-notes.md

.PHONY: run
run: build ## Serve the snapshot fleet of test/fleet (no cluster needed)
	bin/cobaltcore-exporter serve --config test/fleet/fleet.yaml --web.listen-address $(ADDRESS)

# The race detector makes parsers ten times slower, which is most of its cost. It does not watch
# these, which start no goroutine and share nothing by atomic operations (TestParsersAreSequential).
# Their callers are watched, in every test.
parsers := regexp github.com/grafana/regexp github.com/grafana/regexp/syntax compress/flate github.com/klauspost/compress/flate \
	strconv internal/strconv unicode/utf8 go.yaml.in/yaml/v2 go.yaml.in/yaml/v3 github.com/go-json-experiment/json/jsontext \
	github.com/go-json-experiment/json/internal/jsonwire github.com/prometheus/prometheus/promql/parser
RACE    := -race $(parsers:%=-gcflags=%=-race=false)
# Neither does it watch the tests of these packages, which start no goroutine (the same test). Their code runs with the
# detector in the tests of its callers, in internal/app most of all.
sequential := $(addprefix ./,alerts cmd/generate cmd/release-check collectors/certmanager collectors/externalsecrets collectors/flux \
	collectors/greenhouse dashboards dashboards/grafana dashboards/perses docs internal/config \
	internal/config/schema internal/health/render internal/objects internal/server/page plugin)
# A test leaves no goroutine behind, so there is nothing to wait for at its end (default 1 s).
export GORACE ?= atexit_sleep_ms=10

.PHONY: test
test: unit rules servers ## Run all tests, those on real servers too

# vet is off in what CI runs: the linters run it. Tests wait for files and clocks, so more of
# a package run at the same time than there are cores.
.PHONY: unit
unit: ## Run the tests that need no server
	$(GOTEST) $(RACE) -vet=off -parallel 4 -timeout 20m \
		$$(comm -23 <($(GO) list ./... | sort) <($(GO) list ./alerts/tests $(sequential) | sort))
	$(GOTEST) -vet=off -parallel 4 $(sequential)
	cd test && $(GOTEST) $(RACE) -vet=off ./...
	cd cmd/image && $(GOTEST) ./...

.PHONY: rules
rules: ## Test every rule with its fixtures, and make every mistake in it, one at a time: a fixture has to show each (without the race detector, which makes minutes of seconds)
	$(GOTEST) -tags mutants ./alerts/tests

.PHONY: tools
tools: ## Build the servers of the tests into the cache, where they stay
	cd test && $(GO) run ./testbed/cmd/tools -without kube-state-metrics # only make bench needs it

# The exporter runs in the process of the test. The race detector is on in the suite in which
# clusters come, go and fail, where its goroutines meet. In the others it would mostly watch
# tests that parse what they scrape and make fixtures; the code that they run is run with the
# detector by make unit and, on servers, by make e2e.
.PHONY: servers
servers: ## Run the tests on real servers, which are built into a cache once; suites that wait run beside others
	+$(MAKE) --no-print-directory --jobs=2 servers-fleet servers-others

.PHONY: servers-fleet
servers-fleet: tools
	cd test && $(GOTEST) $(RACE) -tags testbed -vet=off -timeout 30m ./e2e/fleet

.PHONY: servers-others
servers-others: tools
	cd test && $(GOTEST) -tags testbed -vet=off -timeout 30m -p 2 $$($(GO) list -tags testbed ./e2e/faults ./e2e/systems ./e2e/... ./testbed | grep -v /e2e/fleet$$)

.PHONY: e2e
e2e: tools ## Run those in full: every fault in front of a real Alertmanager, 10,000 scrapes of a fleet that changes
	cd test && $(GOTEST) $(RACE) -tags testbed -timeout 90m -p 2 ./e2e/... -args -thorough

.PHONY: abuse
abuse: ## Attack the binary with the memory limit of the chart, in all ways, and write what it costs others into docs/security.md (make unit has the short form)
	cd test && $(GO) test ./abuse -run '^Test(Abuse|KilledUnderLoad|KubeconfigBecomesGarbage)$$' -count=1 -v -timeout 30m -args -thorough -docs $(CURDIR)/docs/security.md

.PHONY: screenshots
screenshots: ## Take the pictures in docs/dashboards and docs/images: dashboards in a real Perses, and the page, with the faults of test/fleet
	cd test && $(GO) test -tags testbed -timeout 30m -run '^(TestDashboards|TestPictures)$$' ./e2e/dashboards -args -screenshots $(CURDIR)/docs

.PHONY: testbed
testbed: build ## Keep a real four-cluster fleet with Prometheus running until Ctrl-C
	cd test && $(GO) build -o $(CURDIR)/bin/testbed ./testbed/cmd/testbed
	exec bin/testbed -address $(ADDRESS)

OBJECTS ?= 10000
RUNS ?= 1

.PHONY: bench
bench: build ## Measure OBJECTS (10000) beside kube-state-metrics, 100 clusters, Prometheus and a million updates; writes docs/performance.md
	cd test && $(GO) run ./bench -objects $(OBJECTS) -runs $(RUNS) -docs $(CURDIR)/docs/performance.md -check
	cd test && $(GO) run ./bench -clusters 100 -docs $(CURDIR)/docs/performance.md
	cd test && $(GO) run ./bench -prometheus -docs $(CURDIR)/docs/performance.md
	cd test && $(GO) test ./abuse -run '^TestManyUpdates$$' -count=1 -timeout 60m -args -thorough -docs $(CURDIR)/docs/performance.md
	$(GO) test -run '^$$' -bench . ./internal/... ./collectors/...
	cd test && $(GO) test -run '^$$' -bench . -tags testbed ./e2e/fleet

# The targets of "make fuzz": all, or those that "make fuzz-targets" prints and TARGETS names.
TARGETS ?= $(shell $(MAKE) -s fuzz-targets)

.PHONY: fuzz
fuzz: ## Run every fuzz target, or those of TARGETS (package:name), for FUZZTIME (10s) each
	for target in $(TARGETS); do \
		$(GO) test -run '^$$' -fuzz "^$${target#*:}\$$" -fuzztime $${FUZZTIME:-10s} -fuzzminimizetime 1x "./$${target%:*}"; \
	done

.PHONY: fuzz-targets
fuzz-targets: ## Print all fuzz targets as package:name
	@git grep --untracked -E '^func Fuzz[A-Za-z0-9]*\(' -- '*_test.go' | sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z0-9]*)\(.*|\1:\2|' | sort

.PHONY: generate
generate: ## Write everything that is generated: docs, schemas, rules, dashboards
	$(GO) run ./cmd/generate

generated := alerts charts dashboards docs internal/config internal/health plugin

.PHONY: check-generated
check-generated: generate ## Fail when a generated file differs from what is committed
	@test -z "$$(git status --porcelain -- $(generated))" || { git status --short -- $(generated); git diff -- $(generated); exit 1; }

.PHONY: tidy
tidy: ## Make the modules of the exporter, of its tests and of its image tidy
	for module in . test cmd/image; do (cd $$module && $(GO) mod tidy); done

.PHONY: lint
lint: bin/golangci-lint ## Run the linters
	$(GO) run ./cmd/prose-check
	bin/golangci-lint run
	cd test && $(CURDIR)/bin/golangci-lint run --build-tags testbed ./...
	cd cmd/image && $(CURDIR)/bin/golangci-lint run ./...

bin/golangci-lint: test/tools/golangci-lint/go.mod
	cd test/tools/golangci-lint && $(GO) build -trimpath -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: vulnerabilities
vulnerabilities: bin/govulncheck ## Look for known vulnerabilities that the exporter, or what builds its image, reaches (needs vuln.go.dev)
	bin/govulncheck ./...
	cd cmd/image && $(CURDIR)/bin/govulncheck ./...

bin/govulncheck: test/tools/govulncheck/go.mod
	cd test/tools/govulncheck && $(GO) build -trimpath -o $(CURDIR)/$@ golang.org/x/vuln/cmd/govulncheck

.PHONY: pint
pint: bin/pint ## Look for mistakes in the generated rules
	bin/pint --offline lint --fail-on=warning alerts/generated/cluster alerts/generated/clusterName

bin/pint: test/tools/pint/go.mod
	cd test/tools/pint && $(GO) build -trimpath -o $(CURDIR)/$@ github.com/cloudflare/pint/cmd/pint

bin/helm: test/tools/helm/go.mod
	cd test/tools/helm && $(GO) build -trimpath -o $(CURDIR)/$@ helm.sh/helm/v3/cmd/helm

bin/gotestsum: test/tools/gotestsum/go.mod
	cd test/tools/gotestsum && $(GO) build -trimpath -o $(CURDIR)/$@ gotest.tools/gotestsum

.PHONY: clean
clean: ## Remove what was built here
	rm -rf bin dist
