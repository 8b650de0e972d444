# Every verb works from a clean clone: each one runs Scripts/bootstrap first.
.PHONY: setup build release test bench demo format check clean
setup:
	@Scripts/bootstrap
build: setup
	swift build
release: setup
	@Scripts/release
test: release
	swift test
clean:
	rm -rf .build
