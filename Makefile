# Every verb works from a clean clone: each one sets up first (Scripts/bootstrap is idempotent).
.PHONY: setup build release test demo sim bench format check clean

setup:
	@Scripts/bootstrap

build: setup
	swift build

release: setup
	@Scripts/release

# The end-to-end tests drive the release binary, so it is built first.
test: release
	@Scripts/test

demo: release
	@Scripts/demo

# A minute of four sites: real nodes, stores and links; the report is laptop.html.
sim: release
	@.build/release/atoll sim scenarios/laptop.toml

bench: release
	@bench/run

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests

check: setup
	swift format lint --strict --recursive --parallel Package.swift Sources Tests
	swift build -Xswiftc -warnings-as-errors

clean:
	rm -rf .build
