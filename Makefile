# gridkey: GNU make. `make help` prints this. Debian packages that a target needs are installed by it; see README.md.
#
#   make [all]     build/gridkey, stripped, build/gridkey.debug with its map file, and build/gridkey.1
#   make install   the binary into $(DESTDIR)$(PREFIX)/bin, the manual page into share/man/man1
#   make test      build, check-static, lint, size-here, unit, fuzz-seeds, e2e, faults-spread, random-fixed, and
#                  test-cross for one other machine
#   make test-all  also e2e-thorough, analyze, repro, valgrind, bench, test-cross and size for every machine, and
#                  faults: every point of the fault loops
#   make unit      a part of the tests by itself, as also: check-static lint e2e e2e-thorough fuzz-seeds valgrind
#                  analyze faults-spread faults random-fixed repro size-here, and size for every machine
#   make fuzz      look for faults with libFuzzer for TIME seconds (default: 60)
#   make random    random sequences of commands and faults for TIME seconds, from SEED=N on: see tests/random
#   make demo      create a client against a local fake of the API
#   make bench     measure a create by gridkey and by programs in Go, Python, Node.js and shell, ROUNDS times
#   make cross     build/cross/ARCH/gridkey for every machine in third_party/targets;  cross-ARCH: for one
#   make test-cross   run them in qemu, unit tests and all;  test-cross-ARCH: one
#   make dist      build/dist: the binaries of all machines, SHA256SUMS and a bill of materials
#   make messages  all texts of the program, sorted, with their places, for a reader to go through once
#   make roots-update   third_party/roots.list anew, from the newest ca-certificates; prints the difference
#   make deps      the Debian packages that build and tests need;  clean: remove $(BUILD)
#
# Variables, on the command line or in the environment:
#   CC, STRIP      compiler and strip for the machine gridkey is for; HOSTCC for this one
#   CFLAGS         -Os; what gridkey needs is added
#   LDFLAGS        more for the linker
#   WERROR         -Werror; empty lets a compiler warn that we have not tried
#   ROOTS          trust roots to build in: "default" are those of third_party/roots.list, "none",
#                  or a PEM file
#   CA_CERTIFICATES  a folder or PEM file with the certificates of that list, instead of Debian's
#                  ca-certificates
#   BEARSSL_SRC, CJSON_SRC   folders with the sources, instead of Debian's source packages; for
#                  cross also MUSL_SRC and CMOCKA_SRC
#   BUILD          where everything is made: build
#   V=1            show the commands

ifneq ($(filter default undefined,$(origin CC)),)
CC := musl-gcc
endif
HOSTCC ?= cc
STRIP ?= strip
NM ?= nm
ifneq ($(filter default undefined,$(origin AR)),)
AR := ar
endif
CFLAGS ?= -Os
LDFLAGS ?=
WERROR ?= -Werror
PREFIX ?= /usr/local
BUILD ?= build
ROOTS ?= default
BEARSSL_SRC ?=
CJSON_SRC ?=
MUSL_SRC ?=
CMOCKA_SRC ?=
PYTHON ?= /usr/bin/python3
SOURCE_DATE_EPOCH ?= 0

export LC_ALL := C
export SOURCE_DATE_EPOCH
export PYTHONDONTWRITEBYTECODE := 1
export GRIDKEY_BINARY := $(abspath $(BUILD))/gridkey

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
Q := $(if $(V),,@)

# Limits that `make size` checks, in KiB: a squashfs image (xz, its filter for x86) of the binary, the binary, the peak memory of
# a create; and the instructions of a start. Those for other machines are in third_party/targets.
IMAGE_LIMIT := 240
SIZE_LIMIT := 512
MEMORY_LIMIT := 640
START_LIMIT := 100000

VERSION := $(firstword $(shell cat src/version))
RELEASE_DATE := $(lastword $(shell cat src/version))
ROOTS_TOOL := src/tls/roots_generate.c
MANUAL_TOOL := src/cli/manual_generate.c
LAYERS := base store tls http edgegrid iam cli
SOURCES := $(filter-out $(ROOTS_TOOL) $(MANUAL_TOOL),$(foreach layer,$(LAYERS:%=src/%) src,$(sort $(wildcard $(layer)/*.c))))
# Those with a "+" are compiled where a folder of later sources, BEARSSL_SRC, has them.
BEARSSL := $(shell sed -n 's/^[a-z].*\.c$$/&/p' third_party/bearssl.files) \
	$(patsubst $(BEARSSL_SRC)/src/%,%,$(if $(BEARSSL_SRC),$(wildcard $(addprefix $(BEARSSL_SRC)/src/,$(shell \
	sed -n 's/^+ \(.*\.c\)$$/\1/p' third_party/bearssl.files)))))
UNIT := $(sort $(wildcard tests/unit/test_*.c))
UNIT_HELPERS := $(filter-out $(UNIT),$(sort $(wildcard tests/unit/*.c)))

# The builds for other machines take these from the build that started them.
THIRD := $(BUILD)/third_party
ROOTS_C := $(BUILD)/roots.c
FETCHED := $(THIRD)/fetched
FETCHED_CROSS := $(THIRD)/fetched-cross
INCLUDES := -Isrc -isystem $(THIRD)/bearssl/inc -isystem $(THIRD)/cjson

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wundef -Wvla $(WERROR) \
	-Wdate-time
LANGUAGE := -std=c11 -fno-common
DEFINES := -DVERSION='"$(VERSION)"' -DRELEASE_DATE='"$(RELEASE_DATE)"'
# BearSSL asks the machine for neither time nor random bits: gridkey hands both in, or it refuses.
BEARSSL_DEFINES := -DBR_RDRAND=0 -DBR_USE_URANDOM=0 -DBR_USE_UNIX_TIME=0
CJSON_DEFINES := -DCJSON_NESTING_LIMIT=128 -Isrc -include base/cjson_number.h
DEPENDENCIES := -MMD -MP
SAME_ANYWHERE := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(abspath $(BUILD))=build \
	-ffile-prefix-map=$(BUILD)=build
# A static-pie, where the libc has the start file that moves one to its address, unless -no-pie is asked for. Not by
# gcc's -static-pie: musl-gcc makes a program of it that asks for a dynamic loader.
START := $(dir $(firstword $(filter %crt1.o,$(shell $(CC) -static -\#\#\# -x c /dev/null 2>&1 | tr -d '"'))))
PIE := $(if $(findstring -no-pie,$(CC)),,$(wildcard $(START)rcrt1.o))
# Passes of the compiler that make the code larger and no faster where it matters are off. Without scheduling, the same
# statements become the same instructions in the same order, which compresses better.
RELEASE := $(SAME_ANYWHERE) -ffunction-sections -fdata-sections -fomit-frame-pointer -fno-schedule-insns2 \
	-fno-move-loop-invariants -fno-inline-small-functions -fno-tree-pre -fno-tree-dominator-opts -fno-tree-ch \
	-fno-tree-vrp -fno-shrink-wrap \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident -fstack-protector-strong \
	$(if $(PIE),-fPIE,-fno-pie)
# See src/base/memory_wiped.c.
WIPED := -Wl,--wrap=free,--wrap=realloc
LINK_PIE := -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text,--version-script=third_party/static-pie.map \
	$(addprefix $(START),rcrt1.o crti.o crtn.o)
LINK := -static $(if $(PIE),$(LINK_PIE),-no-pie) $(WIPED) -Wl,--gc-sections \
	$(if $(findstring norelro,$(CC)),,-Wl,-z,relro) -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code \
	-Wl,--build-id=none
SANITIZE := -O0 -g1 -fno-omit-frame-pointer -fsanitize=address
SANITIZE_OURS := $(SANITIZE) -fsanitize=undefined -fno-sanitize-recover=all

# objects FOLDER: everything but main and the unit tests, compiled there. The builds for sanitizers
# and valgrind keep the libc's free and realloc, which these watch. BearSSL is checked by valgrind and
# by the fuzzers; for the unit tests it is compiled without sanitizers, which takes a third of the time.
# The roots come first and then the layers: what is alike stays together, which compresses better.
objects = $(BUILD)/$(1)/roots.o $(patsubst %.c,$(BUILD)/$(1)/%.o,$(filter-out src/main.c \
	$(if $(filter checked fuzz host,$(1)),src/base/memory_wiped.c),$(SOURCES))) \
	$(BEARSSL:%.c=$(BUILD)/$(1:checked=host)/bearssl/%.o) $(BUILD)/$(1)/cjson/cJSON.o

.PHONY: all check-static lint unit e2e e2e-thorough valgrind analyze test test-all repro size size-here demo \
	deps help messages install roots-update clean FORCE

all: $(BUILD)/gridkey $(BUILD)/gridkey.1

# What the files are made with: each is written anew only when it would change.
SETTINGS_sources := $(BEARSSL_SRC) $(CJSON_SRC)
SETTINGS_cross := $(MUSL_SRC) $(CMOCKA_SRC)
SETTINGS_compile = $(CC) $(HOSTCC) $(CFLAGS) $(LANGUAGE) $(RELEASE) $(WARNINGS) $(DEFINES) \
	$(BEARSSL_DEFINES) $(CJSON_DEFINES) $(SANITIZE_OURS) $(FUZZCC) $(FUZZ_OURS)
SETTINGS_link = $(STRIP) $(LDFLAGS) $(LINK) $(SOURCES) $(BEARSSL)
SETTINGS_roots = $(ROOTS) $(CA_CERTIFICATES)

$(foreach kind,sources cross compile link roots,$(BUILD)/settings-$(kind)): $(BUILD)/settings-%: FORCE
	@for tool in $(firstword $(CC)) $(firstword $(HOSTCC)) $(firstword $(STRIP)); do \
		command -v $$tool >/dev/null || { \
		echo "$$tool is not installed; 'make deps' installs what the build needs" >&2; exit 1; }; done
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(SETTINGS_$*))' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

ifeq ($(origin THIRD),file)
$(FETCHED): $(BUILD)/settings-sources third_party/fetch.sh third_party/SHA256SUMS \
		$(wildcard third_party/*.patches third_party/patches/*/*.patch)
	$(Q)BEARSSL_SRC='$(BEARSSL_SRC)' CJSON_SRC='$(CJSON_SRC)' sh third_party/fetch.sh $(THIRD) \
		bearssl cjson
	$(Q)touch $@

$(FETCHED_CROSS): $(BUILD)/settings-cross third_party/fetch.sh third_party/SHA256SUMS | $(FETCHED)
	$(Q)MUSL_SRC='$(MUSL_SRC)' CMOCKA_SRC='$(CMOCKA_SRC)' sh third_party/fetch.sh $(THIRD) musl cmocka
	$(Q)touch $@
endif

# The trust roots: the certificates, as PEM, and the C file made of them.
ROOTS_LIST := third_party/roots.list
ROOTS_PEM := $(BUILD)/roots.pem
ifeq ($(ROOTS),default)
ROOTS_DATE := $(shell sed -n 's/^# date: //p' $(ROOTS_LIST))
else ifeq ($(ROOTS),none)
ROOTS_PEM :=
ROOTS_DATE := none
else
ROOTS_PEM := $(or $(wildcard $(ROOTS)),$(error ROOTS=$(ROOTS): there is no such file))
ROOTS_DATE := custom
endif

$(BUILD)/roots.pem: $(ROOTS_LIST) third_party/roots.py $(BUILD)/settings-roots | $(FETCHED)
	$(Q)CA_CERTIFICATES='$(CA_CERTIFICATES)' $(PYTHON) third_party/roots.py collect $< $@ $(THIRD)

ifeq ($(origin ROOTS_C),file)
$(ROOTS_C): $(BUILD)/host/roots_generate $(BUILD)/settings-roots $(ROOTS_PEM)
	$(Q)$(BUILD)/host/roots_generate '$(ROOTS_DATE)' $(ROOTS_PEM) >$@
endif

roots-update:
	$(Q)sh third_party/fetch.sh $(THIRD) ca-certificates-source
	$(Q)$(PYTHON) third_party/roots.py update $(ROOTS_LIST) $(THIRD)/ca-certificates-source $(RELEASE_DATE)

# compile FOLDER,COMPILER AND FLAGS OF OURS,COMPILER AND FLAGS OF THIRD PARTIES
define compile
$(BUILD)/$(1)/src/%.o: src/%.c $(FETCHED) $(BUILD)/settings-compile
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  CC $(1) src/$$*.c")
	$(Q)$(2) $(LANGUAGE) $(WARNINGS) $(DEFINES) $(INCLUDES) $(DEPENDENCIES) -c $$< -o $$@
$(BUILD)/$(1)/tests/%.o: tests/%.c $(FETCHED) $(BUILD)/settings-compile
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  CC $(1) tests/$$*.c")
	$(Q)$(2) $(LANGUAGE) $(WARNINGS) $(INCLUDES) $$(CMOCKA) $(DEPENDENCIES) -c $$< -o $$@
$(BUILD)/$(1)/roots.o: $(ROOTS_C) $(BUILD)/settings-compile
	@mkdir -p $$(@D)
	$(Q)$(2) $(LANGUAGE) $(WARNINGS) $(INCLUDES) $(DEPENDENCIES) -c $$< -o $$@
$(BUILD)/$(1)/bearssl/%.o: $(FETCHED) $(BUILD)/settings-compile
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  CC $(1) bearssl/$$*.c")
	$(Q)$(3) $(BEARSSL_DEFINES) -w -I$(THIRD)/bearssl/inc -I$(THIRD)/bearssl/src $(DEPENDENCIES) \
		-c $(THIRD)/bearssl/src/$$*.c -o $$@
$(BUILD)/$(1)/cjson/%.o: $(FETCHED) $(BUILD)/settings-compile src/base/cjson_number.h
	@mkdir -p $$(@D)
	$(if $(V),,@echo "  CC $(1) cjson/$$*.c")
	$(Q)$(3) $(CJSON_DEFINES) -w $(DEPENDENCIES) -c $(THIRD)/cjson/$$*.c -o $$@
endef
# Two curves, which are most of the work, for the fewest instructions, of which inlining saves none; all else for the
# fewest bytes that cost little.
$(foreach curve,p256 c25519,$(BUILD)/release/bearssl/ec/ec_$(curve)_%.o): ARITHMETIC := -O3 -fno-inline-functions
$(BUILD)/release/bearssl/hash/%.o: ARITHMETIC := -O2
$(eval $(call compile,release,$(CC) $(CFLAGS) $(RELEASE),$(CC) $(CFLAGS) $$(ARITHMETIC) $(RELEASE)))
$(eval $(call compile,checked,$(HOSTCC) $(SANITIZE_OURS),$(HOSTCC) $(SANITIZE)))
$(eval $(call compile,host,$(HOSTCC) -O1,$(HOSTCC) -O1))

$(BUILD)/host/roots_generate: $(BUILD)/host/$(ROOTS_TOOL:.c=.o) \
		$(addprefix $(BUILD)/host/src/,tls/trust.o tls/x509_time.o tls/certificate.o tls/name.o base/buffer.o \
		base/character.o base/clock.o base/date.o base/descriptor.o base/error.o base/hash.o base/text.o base/wipe.o) \
		$(addprefix $(BUILD)/host/bearssl/,codec/dec32be.o codec/dec64be.o codec/enc32be.o codec/enc64be.o \
		codec/ccopy.o hash/sha2small.o hash/sha2big.o mac/hmac.o x509/x509_decoder.o)
	$(Q)$(HOSTCC) $^ -o $@

$(BUILD)/gridkey.debug: $(BUILD)/release/src/main.o $(call objects,release) $(BUILD)/settings-link
	@$(if $(V),,echo "  LINK $@")
	$(Q)$(CC) $(CFLAGS) $(LINK) -Wl,-Map,$(BUILD)/gridkey.map $(LDFLAGS) $(filter %.o,$^) -o $@

$(BUILD)/gridkey: $(BUILD)/gridkey.debug
	$(Q)$(STRIP) -s -R .comment -o $@ $<

# The manual page, from the table of commands, whose functions are empty here, and the prose.
$(BUILD)/host/commands.c: src/cli/commands.h
	@mkdir -p $(@D)
	$(Q)sed -n 's/^int \(command_[a-z_]*\)(.*/int \1(void); int \1(void) { return 0; }/p' $< >$@

$(BUILD)/host/manual_generate: $(BUILD)/host/$(MANUAL_TOOL:.c=.o) \
		$(addprefix $(BUILD)/host/,src/cli/command.o src/base/buffer.o src/base/wipe.o src/base/text.o commands.c)
	$(Q)$(HOSTCC) $^ -o $@

$(BUILD)/gridkey.1: src/cli/manual.mdoc $(BUILD)/host/manual_generate $(BUILD)/settings-compile
	$(Q)$(BUILD)/host/manual_generate '$(VERSION)' '$(RELEASE_DATE)' <$< >$@

# Tests. tests/unit/test_X.c is a program of its own, with the rest of gridkey as a library; other
# files there are linked into each.
$(BUILD)/checked/gridkey.a: $(call objects,checked) $(BUILD)/settings-link
	@rm -f $@
	$(Q)ar rcD $@ $(filter %.o,$^)

FASTEST_LINKER := $(if $(shell command -v ld.gold),-fuse-ld=gold)
$(UNIT:tests/unit/%.c=$(BUILD)/checked/%): $(BUILD)/checked/%: $(BUILD)/checked/tests/unit/%.o \
		$(UNIT_HELPERS:%.c=$(BUILD)/checked/%.o) $(BUILD)/checked/gridkey.a
	@$(if $(V),,echo "  LINK $@")
	$(Q)$(HOSTCC) $(SANITIZE_OURS) $(FASTEST_LINKER) $^ -lcmocka -o $@

unit: $(UNIT:tests/unit/%.c=$(BUILD)/checked/%)
	@set -e; for program in $^; do echo "== $$program"; $$program; done

include third_party/cross.mk
include tests/fuzz/fuzz.mk

# Many wait for something: three at a time on two processors. The fault loops use all by themselves.
PYTEST := $(PYTHON) -m pytest -q -rs -p no:cacheprovider
e2e e2e-thorough: all
	$(PYTEST) -n $(shell expr $$(nproc) '*' 3 / 2 + 1 / $$(nproc)) --ignore-glob='*/test_fault_*' \
		-m '$(if $(filter e2e,$@),not )thorough' tests/e2e

# Under valgrind, which sees what is used before it is set: built for the
# host's libc, without src/base/memory_wiped.c.
$(BUILD)/host/gridkey: $(BUILD)/host/src/main.o $(call objects,host)
	@$(if $(V),,echo "  LINK $@")
	$(Q)$(HOSTCC) $^ -o $@

valgrind: $(BUILD)/host/gridkey
	@GRIDKEY_BINARY='$<' sh tests/valgrind.sh

include tests/faults/faults.mk
include tests/bench/bench.mk

check-static: all
	@NM='$(NM)' sh tests/lint/static.sh $(BUILD)/gridkey $(BUILD)/gridkey.debug '$(if $(PIE),,-no-pie) $(CC)'

lint: $(FETCHED)
	@sh tests/lint/prove.sh $(THIRD)
	@sh tests/lint/layers.sh src
	@sh tests/lint/banned.sh src
	@sh tests/lint/headers.sh src $(THIRD)
	@$(PYTHON) tests/lint/circles.py src $(LAYERS)
	@clang-format --dry-run --Werror $$(find src tests -name '*.[ch]')
	@echo "lint: clean"

messages:
	@$(PYTHON) tests/lint/messages.py $(SOURCES) $(wildcard src/*/*.h)

analyze: $(FETCHED)
	@sh tests/lint/analyze.sh $(THIRD) $(SOURCES) $(ROOTS_TOOL) $(MANUAL_TOOL)

# With jobs, unless it was started with some.
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

# What runs in qemu each time: the machine that differs most from x86_64, of 32 bits and big-endian, and of the
# unit tests those of code that could notice.
CROSS_SPREAD := mips
CROSS_SPREAD_UNIT := bech32 buffer date edgegrid_sign http_address json random seal tls_curves tls_trust

test:
	@CROSS='$(CROSS_SPREAD)' sh tests/install-tools.sh build test cross
	+$(MAKE) $(PARALLEL) all
	+$(MAKE) $(PARALLEL) --output-sync=target CROSS='$(CROSS_SPREAD)' \
		CROSS_UNIT='$(CROSS_SPREAD_UNIT)' e2e check-static lint size-here unit fuzz-seeds test-cross \
		faults-spread random-fixed

test-all: test
	@sh tests/install-tools.sh all bench cross
	$(MAKE) e2e-thorough
	$(MAKE) analyze
	+$(MAKE) $(PARALLEL) valgrind
	+$(MAKE) $(PARALLEL) test-cross
	$(MAKE) repro
	$(MAKE) size
	$(MAKE) bench ROUNDS=1
	$(MAKE) mutations
	$(MAKE) faults

# Built twice from copies in folders of different names: the same bytes come out, also of `make dist`, for
# some machines: of 32 and 64 bits, of either byte order.
repro: $(FETCHED) $(FETCHED_CROSS)
	@sh tests/lint/repro.sh $(BUILD) '$(MAKE) $(PARALLEL)' CROSS='x86_64 armv7 mips s390x' \
		ROOTS='$(if $(filter default none,$(ROOTS)),$(ROOTS),$(abspath $(ROOTS)))' \
		BEARSSL_SRC='$(abspath $(BEARSSL_SRC))' CJSON_SRC='$(abspath $(CJSON_SRC))'

size: size-here
	@sh tests/install-tools.sh cross
	@$(MAKE) --no-print-directory cross

size-here: all
	@sh tests/lint/size.sh $(BUILD) $(IMAGE_LIMIT) $(SIZE_LIMIT) $(MEMORY_LIMIT) $(START_LIMIT)

demo:
	@sh tests/install-tools.sh build demo
	@$(MAKE) --no-print-directory all
	@sh tests/demo.sh

deps:
	@sh tests/install-tools.sh build test

help:
	@sed -n '/^$$/q; s/^# \?//p' Makefile

install: all
	install -D -m 755 $(BUILD)/gridkey $(DESTDIR)$(PREFIX)/bin/gridkey
	install -D -m 644 $(BUILD)/gridkey.1 $(DESTDIR)$(PREFIX)/share/man/man1/gridkey.1

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' $(addprefix -not -path ,'$(BUILD)/third_party/*' '$(BUILD)/repro/*' '$(BUILD)/cross/*') 2>/dev/null)
