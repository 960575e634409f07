# Other machines, included by the Makefile: `make cross` builds gridkey for every row of third_party/targets,
# `make test-cross` runs the result in qemu, `make dist` collects what is handed out. Each machine has a make of its
# own in $(BUILD)/cross/ARCH, with a musl that third_party/musl.sh compiled for it.

# The unit tests with the very objects that are shipped, for machines that no sanitizer is here for.
CMOCKA_DEFINES := $(addprefix -DHAVE_,INTTYPES_H SIGNAL_H STRINGS_H GCC_THREAD_LOCAL_STORAGE \
	CLOCK_REALTIME SIGLONGJMP STRSIGNAL STRUCT_TIMESPEC)

# cmocka.h would declare it again.
CMOCKA_DEFINES += -D_UINTPTR_T_DEFINED

$(BUILD)/release/tests/%.o: CMOCKA := -isystem $(THIRD)/cmocka/include -D_UINTPTR_T_DEFINED
$(UNIT:%.c=$(BUILD)/release/%.o): $(FETCHED_CROSS)

$(BUILD)/release/cmocka.o: $(FETCHED_CROSS) $(BUILD)/settings-compile
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(RELEASE) $(CMOCKA_DEFINES) -w -I$(THIRD)/cmocka/include \
		-c $(THIRD)/cmocka/src/cmocka.c -o $@

$(BUILD)/release/gridkey.a: $(call objects,release) $(BUILD)/settings-link
	@rm -f $@
	$(Q)$(AR) rcD $@ $(filter %.o,$^)

$(UNIT:tests/unit/%.c=$(BUILD)/release/%): $(BUILD)/release/%: $(BUILD)/release/tests/unit/%.o \
		$(UNIT_HELPERS:%.c=$(BUILD)/release/%.o) $(BUILD)/release/cmocka.o $(BUILD)/release/gridkey.a
	@$(if $(V),,echo "  LINK $@")
	$(Q)$(CC) $(CFLAGS) -static -no-pie $(WIPED) $(LDFLAGS) $^ -o $@

# All of them, or those of CROSS_UNIT.
CROSS_UNIT ?= $(UNIT:tests/unit/test_%.c=%)
unit-release: $(CROSS_UNIT:%=$(BUILD)/release/test_%)

CROSS := $(shell sed -n 's/^\([a-z][a-z0-9_]*\) .*/\1/p' third_party/targets)
cross_row = $(shell sed -n 's/^$(1) //p' third_party/targets)

# cross ARCH,COMPILER,QEMU,LIMIT,FLAGS
define cross
$(BUILD)/cross/$(1)/row: FORCE
	@mkdir -p $$(@D)
	@echo '$(2) $(5)' | cmp -s - $$@ || echo '$(2) $(5)' >$$@
$(BUILD)/cross/$(1)/musl/gcc.specs: third_party/musl.sh third_party/musl.files $(BUILD)/cross/$(1)/row $(FETCHED_CROSS)
	@command -v $(2)-gcc >/dev/null || { echo "$(2)-gcc is not installed;" \
		"'sh tests/install-tools.sh cross' installs what other machines need" >&2; exit 1; }
	$(if $(V),,@echo "  MUSL $(1)")
	+$(Q)sh third_party/musl.sh $(THIRD)/musl $$(@D) $(2)-gcc $(2)-ar $(5)
cross-$(1): $(BUILD)/cross/$(1)/musl/gcc.specs $(ROOTS_C)
	+$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/cross/$(1) THIRD=$(THIRD) ROOTS_C=$(ROOTS_C) \
		CC='$(2)-gcc -specs=$(BUILD)/cross/$(1)/musl/gcc.specs $(5)' STRIP=$(2)-strip \
		NM=$(2)-nm AR=$(2)-ar $$(or $$(CROSS_GOAL),all check-static)
test-cross-$(1): CROSS_GOAL := all check-static unit-release
test-cross-$(1): cross-$(1)
	@sh tests/cross/run.sh $(1) $(BUILD)/cross/$(1) $(3) $$(CROSS_UNIT)
.PHONY: cross-$(1) test-cross-$(1)
endef
$(foreach arch,$(CROSS),$(eval $(call cross,$(arch),$(word 1,$(call cross_row,$(arch))),$(word \
	2,$(call cross_row,$(arch))),$(word 3,$(call cross_row,$(arch))),$(wordlist \
	4,20,$(call cross_row,$(arch))))))

cross: $(CROSS:%=cross-%)
	@sh tests/cross/sizes.sh $(BUILD)/cross $(CROSS)

test-cross: $(CROSS:%=test-cross-%)
	@echo; cat $(CROSS:%=$(BUILD)/cross/%/tested)
	@sh tests/cross/sizes.sh $(BUILD)/cross $(CROSS)

# What is handed out: a binary for each of $(CROSS), their sums, and what they are made of.
DIST := $(BUILD)/dist
dist: $(CROSS:%=cross-%)
	@[ -z '$(strip $(BEARSSL_SRC)$(CJSON_SRC)$(MUSL_SRC))' ] || { echo "dist: what is handed out is" \
		"made from sources that were checked: leave out BEARSSL_SRC, CJSON_SRC, MUSL_SRC" >&2; exit 1; }
	@sh tests/cross/sizes.sh $(BUILD)/cross $(CROSS)
	$(Q)rm -rf $(DIST)
	$(Q)mkdir -p $(DIST)
	$(Q)for arch in $(CROSS); do \
		install -m 755 $(BUILD)/cross/$$arch/gridkey $(DIST)/gridkey-$(VERSION)-$$arch || exit 1; done
	$(Q)cd $(DIST) && sha256sum gridkey-* >SHA256SUMS
	$(Q)$(PYTHON) third_party/sbom.py $(DIST) '$(VERSION)' '$(ROOTS_DATE)' \
		'$(foreach arch,$(CROSS),$(word 1,$(call cross_row,$(arch)))-gcc)' \
		$(ROOTS_PEM) >$(DIST)/gridkey-$(VERSION).spdx.json
	@cat $(DIST)/SHA256SUMS

.PHONY: cross test-cross dist unit-release
