# What people type first; the build itself is CMake's: CMakeLists.txt, CMakePresets.json.
JOBS   ?= $(shell nproc)
PREFIX ?= /usr/local
DEMO    = build/red-apple.png

.PHONY: all packages configure demo test check format bench-peers install clean help

all: configure                  ## build everything into build/release
	cmake --build build/release -j$(JOBS)

packages:
	@tools/install_packages.sh build

configure:
	@tools/install_packages.sh --list build
	@cmake --preset release --log-level=NOTICE

demo: packages configure        ## install what is missing, build, draw a red apple
	cmake --build build/release -j$(JOBS) --target sd14
	build/release/sd14 generate --seed 1 $$(test -t 2 && echo --show) -o $(DEMO) "a red apple"

test: packages all              ## install what is missing, build, run every test
	@tools/run_tests.sh release

check:                          ## what reviews would find: layers, symbols, headers, format, ...
	@tools/checks/check_all.sh

format:                         ## clang-format every C file
	git ls-files '*.c' '*.h' '*.cpp' | xargs clang-format -i

bench-peers: configure          ## time sd14 beside other engines; PEERS="--whole" or "--help": docs/performance.md
	@tools/install_packages.sh peers
	cmake --build build/release -j$(JOBS) --target sd14 run_module
	@python3 -B bench/peers $(PEERS)

install: all                    ## install into PREFIX, with DESTDIR if set
	cmake --install build/release --prefix $(PREFIX)

clean:                          ## remove every build
	rm -rf build

help:                           ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST)
