# Bellman's front door.  `make run` and `make test` do everything on a fresh Debian 12.
PORT ?= 8110
TIME ?= 60
DATA ?= build/run
DEMO ?= build/demo
BUILD = build/release
DEV = build/dev
# So many executions rather than so long: in a build that does not follow comparisons, which is quicker (names five times, http hardly).
FUZZ = $(if $(RUNS),build/fuzz-counted,build/fuzz)
FUZZ_ARGS = -g1 $(if $(RUNS),-fno-sanitize-coverage=trace-cmp)

.PHONY: torture mutants coverage help build run demo-reset serve test dev fmt bench exact fuzz sim soak real show deps-run deps-test web clean bench-pgrouting deb deb-test

help:
	@echo "make run     installs what is missing, builds, and starts the demo on http://127.0.0.1:$(PORT) (PORT=9000 for another)"
	@echo "make serve   an empty desk on http://127.0.0.1:$(PORT); its record in DATA=$(DATA)"
	@echo "make demo-reset   forgets the demo's city and record"
	@echo "make test    installs what is missing, builds with sanitizers, runs all tests"
	@echo "make build   the program alone: $(BUILD)/src/cli/bellman"
	@echo "make dev     development build: sanitizers on, warnings are errors"
	@echo "make sim     SEEDS=5000: more seeds of the whole-desk simulator (1100 unless told)"
	@echo "make torture MINUTES=20: everything that tries to make the desk lose something, for about so long; prints a table"
	@echo "make soak    the simulator, the kill -9 loop and the races at length; make test runs a part of them"
	@echo "make mutants each deliberate fault in the program is found by its checker; about twenty minutes"
	@echo "make coverage   lines and branches that the fast tests of the heart reach; about a quarter of an hour the first time"
	@echo "make show    a minute in two browsers: one ambulance for two, a closed bridge, a killed server"
	@echo "make exact   roads and clocks: every answer against searches and counts written apart, ten times what make test compares"
	@echo "make fuzz    TIME=60: each fuzz target for so many seconds, or RUNS=n executions (clang); prints a table"
	@echo "make real    DATA=../shared/data: plays real cities through a real desk, prints tables"
	@echo "make bench   prints the tables of bench/"
	@echo "make bench-pgrouting   the same roads and questions to pgRouting, where it is installed"
	@echo "make deb     the Debian package, in build/deb; make deb-test installs and removes it in a fresh Debian 12 (root)"
	@echo "make fmt     formats the C files"

deps-run:
	@sh tools/install.sh run
deps-test:
	@sh tools/install.sh test
	@sh tools/suites.sh build/suites

# The page: npm fetches by package-lock.json, esbuild bundles into web/dist, meson builds that into the program.
web: web/dist/index.html
web/node_modules/.installed: web/package.json web/package-lock.json
	@echo "== npm: the page's packages"
	cd web && npm ci --no-audit --no-fund
	@touch $@
web/dist/index.html: web/node_modules/.installed $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
	@echo "== npm: building the page"
	cd web && npm run --silent build
	@touch $@

# Made anew, and not only touched, where it is there: what touches it would hide from ninja that files came or went.
RECONFIGURE = $(if $(wildcard $@),--reconfigure)
$(BUILD)/build.ninja: web/dist/index.html
	@echo "== meson: release build"
	@meson setup $(RECONFIGURE) $(BUILD) --buildtype=release -Dtests=false -Dbench=false >/dev/null
	@touch $@
# -O1 -g1: half the time to compile of -O2 -g, and a sanitizer still names the line.
$(DEV)/build.ninja: web/dist/index.html
	@echo "== meson: development build with sanitizers"
	@meson setup $(RECONFIGURE) $(DEV) -Dbench=false -Db_sanitize=address,undefined -Dwerror=true -Doptimization=1 -Dc_args=-g1 -Dpassword_work=least -Dfailpoints=true >/dev/null
	@touch $@

build: deps-run
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	ninja -C $(BUILD)

# The demo: a city that does not exist, kept in $(DEMO).  exec: Ctrl-C is the program's, and its exit status is make's.
run: build
	@exec $(BUILD)/src/cli/bellman demo --data $(DEMO) --listen 127.0.0.1:$(PORT)

demo-reset:
	rm -rf $(DEMO)

# An empty desk of one's own.
serve: build
	@mkdir -p $(DATA)
	@echo "== the desk keeps its record in $(DATA); Ctrl-C stops it, make serve goes on"
	@exec $(BUILD)/src/cli/bellman serve --data $(DATA) --listen 127.0.0.1:$(PORT)

dev: deps-test
	@$(MAKE) --no-print-directory $(DEV)/build.ninja
	ninja -C $(DEV)

test: dev
	python3 tools/run_tests.py $(DEV)

sim: SEEDS ?= 1100
sim: dev
	SEEDS=$(SEEDS) meson test -C $(DEV) --no-rebuild --timeout-multiplier 100 'desk simulation' --verbose

# A bounded mix of all that tries to make the desk lose something, and a table of what was tried: MINUTES=20, SEED=n, PARTS="house kill".
torture: dev
	python3 tools/torture.py $(DEV) $(PARTS)

# What finds the more the longer it runs.
soak: sim
	ROUNDS=200 python3 tests/crash/kill_test.py $(DEV)/src/cli/bellman
	EACH=3 python3 tests/crash/failpoint_test.py $(DEV)/src/cli/bellman
	python3 tests/crash/named_faults_test.py $(DEV)/src/cli/bellman
	CASES=10 $(DEV)/tests/sweep/sweep_test
	CASES=10 python3 tests/sweep/calls_test.py $(DEV)/src/cli/bellman $(DEV)/tests/sweep/libfail_calls.so
	SWEEP=all python3 tests/upgrade/upgrade_test.py $(DEV)/src/cli/bellman $(DEV)/tests/upgrade/libpower_cut.so power_cuts
	RACES=10000 python3 tests/api/races.py $(DEV)/src/cli/bellman

# Faults put into a copy of the program, one at a time (tests/mutants): FAULTS="name ..." tries some.
mutants: deps-test
	@$(MAKE) --no-print-directory web/dist/index.html
	python3 tests/mutants/mutants.py $(FAULTS)

# What nothing reaches is listed; docs/coverage.md says why it is left.
coverage: deps-test
	@sh tools/install.sh coverage
	@$(MAKE) --no-print-directory web/dist/index.html
	python3 tools/coverage.py

exact: deps-test
	@$(MAKE) --no-print-directory web/dist/index.html
	@test -f build/exact/build.ninja || meson setup build/exact --buildtype=release -Dbench=false >/dev/null
	ninja -C build/exact
	EXACT=1 python3 tools/run_tests.py build/exact 'road exact' 'road cch' 'road real' 'road labels' 'road assign' 'road cordon' 'road steps' 'clocks walk'

fuzz: deps-test
	@sh tools/install.sh fuzz
	@test -f $(FUZZ)/build.ninja || CC=clang-14 meson setup $(FUZZ) -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=2 "-Dc_args=$(FUZZ_ARGS)" -Dbench=false >/dev/null
	ninja -C $(FUZZ) fuzzers
	TIME=$(TIME) RUNS=$(RUNS) JOBS=$(JOBS) SEED=$(SEED) python3 tools/fuzz.py $(FUZZ) $(TARGETS)

# Real cities through a real desk; what is missing in the folder is named with where it comes from.
real: DATA = ../shared/data
real: build
	python3 tools/real/real.py $(BUILD)/src/cli/bellman --data $(DATA)

# One minute in two real browsers; screenshots stay in build/show.
show: build deps-test
	@rm -rf build/show && mkdir -p build/show
	$(BUILD)/src/cli/bellman demo --city build/show/city.osm
	$(BUILD)/src/cli/bellman area build/show/city.osm build/show/area --attribution "Gengcheng is invented 更城市为虚构"
	node tools/show/show.mjs $(BUILD)/src/cli/bellman build/show/area build/show/city.osm build/show

bench: deps-test
	@test -f build/bench/build.ninja || meson setup build/bench --buildtype=release >/dev/null
	ninja -C build/bench
	sh bench/run build/bench

# The same questions to pgRouting; about three minutes.  `sh tools/install.sh bench` installs it.
bench-pgrouting: deps-run
	@test -f build/bench/build.ninja || meson setup build/bench --buildtype=release >/dev/null
	ninja -C build/bench bench/bench-edges
	python3 bench/pgrouting.py build/bench

# The Debian package, compiled with a package's flags; and what lintian says of it, to the pedantic.
DEB = build/deb
deb: deps-run
	@sh tools/install.sh deb
	@$(MAKE) --no-print-directory web/dist/index.html
	sh tools/deb.sh $(DEB)
	lintian --pedantic --display-info --allow-root --fail-on error,warning,info,pedantic $(DEB)/*.deb

# What is in the package; and installed, upgraded, removed and purged in a fresh Debian 12: root, and some minutes.
MIRROR ?= http://deb.debian.org/debian
deb-test: build deb
	python3 tests/service/deb_test.py $(BUILD)/src/cli/bellman
	rm -rf build/deb-root
	debootstrap --variant=minbase bookworm build/deb-root $(MIRROR)
	python3 tests/service/deb_test.py --chroot build/deb-root $$(ls $(DEB)/*.deb)
	rm -rf build/deb-root

fmt:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build web/dist
