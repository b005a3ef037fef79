# Everything one does with Nadel from a checkout. `make help` lists the targets.

GOLANGCI_VERSION    := v2.15.0
GOVULNCHECK_VERSION := v1.9.0

SHELL      := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED ?= 0

bin       := bin
golangci  := $(bin)/golangci-lint-$(GOLANGCI_VERSION)
govuln    := $(bin)/govulncheck-$(GOVULNCHECK_VERSION)
front     := internal/web/assets
dist      := $(front)/dist/.built
unchecked := $(bin)/.vulnerabilities-not-checked

# Packages that the race detector is worth its cost for: those with goroutines
# of their own that finish in a minute. It slows the pure Go SQLite about
# tenfold, so whatever lives on the database is raced through these. Of mass
# editing those tests are raced in which several work at once.
RACED ?= ./sheet/... ./internal/locale/... ./internal/access/...
RACED_BULK ?= ^(TestCancel|TestRightLost|TestAllOrNothing|TestTakenBack|TestFencing|TestTwoWorkers|TestCrashes)

# Packages whose tests open one database, SQLite, and are to hold on PostgreSQL
# too. Those of the store run on both by themselves.
ON_POSTGRES ?= ./internal/bulk/... ./internal/web/...

##@ Use

.PHONY: run
run: build ## start a demonstration: demo data, its address and a login are printed
	@$(bin)/nadel demo

.PHONY: build
build: tools assets ## make bin/nadel, which needs nothing beside itself
	go build -trimpath -ldflags="-s -w" -o $(bin)/nadel ./cmd/nadel

##@ Prove

.PHONY: test
test: tools needs assets ## run every test; installs what they need, or says what is missing
	go test -timeout 20m ./...
	NADEL_TEST_DB=postgres go test -timeout 20m $(ON_POSTGRES)

.PHONY: race
race: tools assets ## run the tests of the concurrent packages under the race detector
	CGO_ENABLED=1 go test -race -timeout 20m $(RACED)
	CGO_ENABLED=1 go test -race -timeout 20m -run '$(RACED_BULK)' ./internal/bulk

.PHONY: lint
lint: tools assets $(golangci) ## formatting, vet, linters, types of the front end
	@unformatted=$$(gofmt -l cmd internal sheet); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(golangci) run ./...
	npm run --silent check

.PHONY: vuln
vuln: assets $(govuln) ## look for known vulnerabilities in what the program calls
	@rm -f $(unchecked)
	@scripts/vulnerabilities $(govuln) || { status=$$?; [ $$status -ne 3 ] || touch $(unchecked); exit $$status; }

.PHONY: check
check: lint test race ## all of the above; green before anyone else is asked to look
	@status=0; $(MAKE) --no-print-directory vuln || status=$$?; \
	if [ $$status -eq 0 ]; then echo "check: all good"; \
	elif [ ! -e $(unchecked) ]; then exit $$status; \
	else rm -f $(unchecked); echo "check: lint, tests and races are good; KNOWN VULNERABILITIES WERE NOT CHECKED (see above)"; fi

.PHONY: faults
faults: tools needs assets ## kill, freeze, starve and mislead whole processes on both engines, and count
	NADEL_FAULTS=$${NADEL_FAULTS:-long} go test -count=1 -timeout 240m -v -run '^TestFaults$$' ./internal/app

##@ Measure

.PHONY: load
load: tools needs assets ## 200 people work while a million rows are imported, on both engines; NADEL_LOAD_ROWS
	NADEL_LOAD_ROWS=$${NADEL_LOAD_ROWS:-1000000} NADEL_LOAD_USERS=$${NADEL_LOAD_USERS:-200} NADEL_LOAD_THINK_MS=$${NADEL_LOAD_THINK_MS:-5000} \
	go test -count=1 -timeout 120m -v -run '^TestLoad$$' ./internal/app

.PHONY: bench-sheet
bench-sheet: tools ## speed and memory of the spreadsheet reader and writer, with ratios
	SHEET_FIGURES=1 go test -count=1 -run '^TestFigures$$' -timeout 60m -v ./sheet

.PHONY: bench-list
bench-list: tools needs assets ## lists, maps and cards on both engines; NADEL_BENCH_COMPANIES=1000000
	@for engine in sqlite postgres; do echo "$$engine:"; \
	NADEL_TEST_DB=$$engine NADEL_BENCH_COMPANIES=$${NADEL_BENCH_COMPANIES:-100000} go test -run '^$$' -bench . -benchtime 20x -timeout 60m ./internal/records || exit 1; done

.PHONY: bench-import
bench-import: tools needs assets ## the whole way of an edit file on both engines, with ratios to floors; NADEL_BENCH_ROWS=1000000
	NADEL_BENCH_ROWS=$${NADEL_BENCH_ROWS:-100000} go test -count=1 -run '^TestImportFigures$$' -timeout 120m -v ./internal/app

.PHONY: bench-small
bench-small: tools assets ## every benchmark once and small, so that none can rot
	go test -run '^$$' -bench . -benchtime 1x -timeout 10m ./...

.PHONY: fuzz
fuzz: fuzz-sheet ## hunt for what breaks the stated laws; FUZZTIME=1m for each
	@$(call fuzz,./internal/entity) && $(call fuzz,./internal/bulk) && $(call fuzz,./internal/store)

.PHONY: fuzz-sheet
fuzz-sheet: tools ## the same for the spreadsheet reader and writer alone
	@$(call fuzz,./sheet)

fuzz = for target in $$(go test -list '^Fuzz' $(1) | grep ^Fuzz); do \
	go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $${FUZZTIME:-1m} $(1) || exit 1; done

##@ Upkeep

.PHONY: fmt
fmt: ## format the Go sources
	gofmt -w cmd internal sheet

.PHONY: tools
tools: # check that Go and Node are there and new enough
	@scripts/tools

.PHONY: needs
needs: # install what the tests need, or say what is missing
	@scripts/needs

.PHONY: assets
assets: $(dist)

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

$(dist): node_modules/.installed $(shell find $(front) internal/web/templates internal/catalog -type f -not -path '*/dist/*' 2>/dev/null) $(wildcard internal/web/*.go)
	npm run --silent build
	@touch $@

$(golangci):
	@mkdir -p $(bin)
	GOBIN=$(CURDIR)/$(bin)/.install go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@mv $(bin)/.install/golangci-lint $@ && rmdir $(bin)/.install

$(govuln):
	@mkdir -p $(bin)
	GOBIN=$(CURDIR)/$(bin)/.install go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION)
	@mv $(bin)/.install/govulncheck $@ && rmdir $(bin)/.install

.PHONY: clean
clean: ## remove everything that was built
	rm -rf $(bin) node_modules/.installed
	find $(front)/dist -type f -not -name README.md -delete

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
