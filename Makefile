# The checks, and what renews the files that are made by a program. `.ci/run` is `make ci` on a fresh machine.

help: ## these lines
	@sed -n 's/^\([a-z][a-z-]*\): ## \(.*\)/\1\t\2/p' Makefile | expand -t 16

# What `make ci` checks, in this order. Each part uses what the ones before it have built; the system's SQLite takes the place of
# the compiled one in target/debug, and comes after all that needs that.
PARTS = test demo lint package semver properties callbacks races benchmark c cargo-c rusqlite-range system-sqlite minimum-rust \
	async orms platforms extension npm python engines packages debian address threads miri fuzz

# A fresh machine builds nothing twice: keeping what helps to build it again takes longer than it saves. And nobody looks at
# variables in a debugger there; traces of a panic have their lines.
ci: export CI = true
ci: export CARGO_INCREMENTAL = 0
ci: export CARGO_PROFILE_DEV_DEBUG = line-tables-only
ci: ## all checks, as on a fresh machine, where it installs what is missing
	@set -e; for part in $(PARTS); do printf '\n== make %s\n' "$$part"; $(MAKE) --no-print-directory "$$part"; done

test: ## the tests of the library, its examples and its pages
	cargo test --locked

demo: ## the README's first command
	cargo run --locked --example backfill

lint: ## formatting, clippy, and the documentation of all items
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

properties: ## 10,000 random databases for each promise and 200 killed processes, in a release build that checks for overflows
	PROPTEST_CASES=10000 KILL_ROUNDS=200 cargo test --locked --release --config .ci/checked.toml --test property --test audit_property \
		--test sql_property --test sql --test steps

callbacks: ## interrupts and callbacks at every moment
	HARNESS_SECONDS=20 cargo test --locked --release --test callbacks

races: ## hosts at random, and writers that race with a backfill
	HARNESS_SECONDS=20 cargo test --locked --release --test hosts --test races -- --nocapture

package: ## whether the crate that a user gets has all that it needs
	.ci/package

semver: ## whether the crate keeps what the last release promised, where SEMVER_CHECKS asks for it
	.ci/semver

benchmark: ## whether the benchmark works, on small databases
	cargo bench --locked --bench backfill -- --quick

c: ## the C library: its header, its C programs under sanitizers and valgrind, and its examples
	.ci/capi

cargo-c: ## the C library as cargo-c installs it, where CARGO_C asks for it
	.ci/cargo-c

rusqlite-range: ## the tests with the oldest and the newest rusqlite that Cargo.toml allows
	.ci/rusqlite-range

system-sqlite: ## the tests with the system's SQLite, which on Debian 12 is the oldest version that works
	.ci/system-sqlite

minimum-rust: ## whether the oldest Rust that Cargo.toml allows compiles everything
	.ci/minimum-rust

async: ## the example for tokio and sqlx, with the oldest and the newest sqlx
	.ci/async

orms: ## the examples for diesel and sea-orm
	.ci/orms

platforms: ## the extension's files for other systems, in hosts of theirs; PLATFORMS=all for each system
	.ci/platforms

extension: ## the SQLite extension in every host; after `make platforms`
	.ci/extension

npm: ## the package for npm, from its packed files, in each driver, version of Node, ORM and kind of bundle, and its example; after `make extension`
	.ci/npm

python: ## the package for Python, from its wheel, over sqlite3 and apsw, and its example; after `make extension`
	.ci/python

engines: ## the SQL edition on each engine: clusters whose leader is killed; after `make npm python`
	.ci/engines

packages: ## all packages for npm and PyPI, with their sizes; after `make npm python`
	.ci/packages

debian: ## the Debian packages, judged by lintian, installed and used in a new Debian; after `make extension`
	.ci/debian

address: ## the tests that reach unsafe code, under AddressSanitizer
	.ci/address

threads: ## threads that load and call at the same moment, under ThreadSanitizer
	.ci/threads

miri: ## hashes and dates under Miri, where a nightly toolchain has it
	.ci/miri

fuzz: ## half a minute of libFuzzer for each target of fuzz/
	.ci/fuzz

licenses: ## renews extension/THIRD-PARTY-LICENSES.txt
	packaging/third-party-licenses >extension/THIRD-PARTY-LICENSES.txt

header: ## renews include/facilitator_markers.h
	WRITE_HEADER=1 cargo test --locked --features capi --test capi header

messages: ## renews docs/messages.txt
	WRITE_MESSAGES=1 cargo test --locked --features capi --test messages
	python3 extension/tests/messages.py --write

hosts: ## renews docs/hosts.md, where all hosts are installed; after `make platforms`
	packaging/extension
	python3 extension/tests/hosts.py --write

figures: ## renews docs/backfill.svg and docs/benchmark.md: twenty minutes of a machine that does nothing else
	cargo bench --locked --bench backfill -- --out docs

.PHONY: help ci $(PARTS) licenses header messages hosts figures
