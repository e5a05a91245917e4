# SPDX-License-Identifier: Apache-2.0
# The ways in. `make help` lists them.
SHELL := /bin/bash
# lld keeps quiet about a libc function that the static Foundation mentions and never calls.
SWIFT_BUILD := swift build -c release --static-swift-stdlib -Xswiftc -use-ld=lld
BIN := .build/release

.DEFAULT_GOAL := help
.PHONY: help demo build install test check format bench docs setup clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: ## install the Debian packages that the build needs
	@ci/setup.sh

build: setup ## build the release binaries axcert and axcheck
	$(SWIFT_BUILD) --product axcert
	$(SWIFT_BUILD) --product axcheck

demo: build ## install what is missing, build, verify the bundled example
	@ci/demo.sh $(BIN)

test: setup ## run every test
	swift test --parallel --disable-xctest

check: ## what a change must pass besides the tests: format, trusted base, fixtures, certificates
	@ci/check.sh $(BIN)

format: ## rewrite the Swift sources in the project's format
	swift format --in-place --recursive Sources Tests Package.swift

bench: build ## time axcert on the bundled example and, where they are installed, on the competition instances
	@Benchmarks/run.sh $(BIN)

docs: ## build the API documentation of the checker into docs/api
	swift package --allow-writing-to-directory docs/api generate-documentation --target Checker --output-path docs/api

install: build ## copy the binaries to PREFIX/bin (default /usr/local)
	install -m 755 $(BIN)/axcert $(BIN)/axcheck $(or $(PREFIX),/usr/local)/bin/

clean: ## remove what was built
	rm -rf .build
