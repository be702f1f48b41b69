# What one does with this repository; `make` alone lists it. CI runs exactly `make test`.
SHELL = /bin/sh
export CMD BIN UNITDIR ZSHDIR
export PATH := $(PATH):$(HOME)/.cargo/bin:/usr/local/sbin:/usr/sbin:/sbin

VAGRANT_BIN = vagrant/bin

.PHONY: help demo test test-fast lint lab mutants soak matrix transcripts differential keepalived-tables sloppy bench clean services simulate lab-qemu lab-vagrant vagrant-programs build install deb rpm

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 23

demo: ## build, boot a lab with a real IPVS kernel, and show a director at work
	@tests/lab/install
	@cargo build --quiet --bins
	@tests/lab/demo

test: ## format, lints, all tests and the lab's scenarios; one summary line at the end
	@tests/all

test-fast: ## all but the lab, and the five quickest scenarios: minutes, for every change on the way
	@tests/all --fast

lint: ## format, clippy and shellcheck only
	@tests/all --lint

lab: ## a shell in a booted lab: 'on HOST COMMAND...'; or one command: make lab CMD='on director ipvsadm -L -n'
	@tests/lab/install
	@cargo build --quiet --bins
	@tests/lab/run --shell $(if $(CMD),-c "$$CMD")

matrix: ## in the lab: test every forwarding path of the kernel and rewrite tests/lab/MATRIX.md
	@tests/lab/install
	@cargo build --quiet --workspace --bins
	@results=$$(mktemp -d) && LAB_RESULTS=$$results tests/lab/run auto forwarding/every-path checks/path-check-works operator/check-refuses-crossed && tests/lab/matrix $$results >tests/lab/MATRIX.md && rm -r $$results

transcripts: ## in the lab: make every fault that the doctor knows and write tests/lab/doctor-transcripts.md
	@tests/lab/install
	@cargo build --quiet --workspace --bins
	@results=$$(mktemp -d) && LAB_RESULTS=$$results tests/lab/run auto operator/doctor && tests/lab/transcripts $$results >tests/lab/doctor-transcripts.md && rm -r $$results

keepalived-tables: ## the tables that Debian's keepalived makes of tests/lab/keepalived/cases, for tests/keepalived.rs
	@tests/lab/install
	@tests/lab/keepalived/tables

differential: ## Debian's ldirectord and ours on the same files, through the same events; rewrites its RESULTS.md
	@tests/lab/install
	@cargo build --quiet --workspace --bins
	@tests/lab/differential/run

sloppy: ## the checks of Debian's ldirectord and ours, and other clients, on 900 servers that break their protocols; rewrites its RESULTS.md
	@tests/lab/install
	@cargo build --quiet --bins
	@tests/lab/sloppy/run

mutants: ## in the lab: reload a thousand mutated configurations under load; no request may fail
	@tests/lab/install
	@cargo build --quiet --bins
	@LAB_LIMIT=3600 tests/lab/run --with tests/lab/mutated-reloads $(or $(COUNT),1000) $(or $(SEED),1)

soak: ## in the lab: an hour of faults on purpose under load (TIME=seconds, SEED=n); rewrites tests/lab/SOAK.md
	@tests/lab/install
	@cargo build --quiet --bins
	@results=$$(mktemp -d); status=0; \
	LAB_RESULTS=$$results LAB_LIMIT=$$(($(or $(TIME),3600) + 1800)) tests/lab/run --with tests/lab/soak/run $(or $(TIME),3600) $(SEED) || status=$$?; \
	[ ! -s $$results/SOAK.md ] || cp $$results/SOAK.md tests/lab/SOAK.md; \
	rm -r $$results; exit $$status

services: ## in the lab: every protocol check against its real server, in every state; prints the table of docs/checks.md
	@tests/lab/install
	@cargo build --quiet --workspace --bins
	@LAB_RESULTS=target/services tests/lab/run auto checks/protocol-states
	@grep -h '^|' target/services/checks/protocol-states-*.log

simulate: ## play 10,000 seeds of the simulation (SEEDS=n for others, SEED=n for one)
	@SEEDS=$(or $(SEEDS),10000) cargo test --quiet --profile simulate -p director-core --test simulation

bench: ## in the lab: programming a large table beside ipvsadm, and how long a killed server stays, with and without a held connection
	@tests/lab/install
	@cargo bench --quiet --features lab --bench program --config "target.'cfg(unix)'.runner = ['$(CURDIR)/tests/lab/run', 'auto', '--exec']"
	@cargo build --quiet --bins
	@tests/lab/run --with tests/lab/measure-detection

lab-qemu: ## the lab's scenarios in virtual machines with each of Debian's kernels, without KVM too: hours; writes tests/lab/RESULTS-qemu.md
	@tests/lab/install
	@cargo build --quiet --workspace --bins --features lab
	@status=0; tests/lab/qemu-kernels target/lab-qemu || status=$$?; \
	tests/lab/qemu-kernels --table target/lab-qemu >tests/lab/RESULTS-qemu.md; exit $$status

vagrant-programs: ## build the programs and put them where the machines of vagrant/ find them
	@cargo build --quiet --workspace --bins --features lab
	@mkdir -p $(VAGRANT_BIN)
	@for program in ipvsd ipvsctl ldirectord; do strip -o $(VAGRANT_BIN)/$$program $${CARGO_TARGET_DIR:-target}/debug/$$program; done

lab-vagrant: vagrant-programs ## the lab's scenarios on virtual machines, without KVM too: minutes to an hour; needs root there
	@vagrant/lab

build: ## build the programs for use, into target/release
	@RUSTFLAGS="$$RUSTFLAGS --remap-path-prefix=$${CARGO_HOME:-$$HOME/.cargo}=cargo --remap-path-prefix=$(CURDIR)=ipvsd" \
	cargo build --release --locked --bins --workspace

install: ## install what 'make build' built: DESTDIR=, PREFIX=/usr/local, PACKAGE= (dist/install has more)
	@DESTDIR='$(DESTDIR)' PREFIX='$(or $(PREFIX),/usr/local)' dist/install $(PACKAGE)

deb: ## build the packages of Debian into target/deb and check them; BIN=DIR takes programs that are built already
	@dist/build-deb

rpm: ## build the packages of rpm into target/rpm; BIN=DIR takes programs that are built already
	@dist/build-rpm

clean: ## remove what was built
	@cargo clean
