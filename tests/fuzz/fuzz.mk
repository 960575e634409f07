# Fuzzing, included by the Makefile: `make fuzz` looks for faults with libFuzzer, `make fuzz-seeds` runs the seeds.
#
# Fuzzing with libFuzzer: tests/fuzz/fuzz_X.c is a program of its own, see its head for what has to
# hold. `make fuzz TIME=SECONDS` shares the time among all of them, or those of FUZZ="X Y"; what they
# learn goes to $(BUILD)/fuzz/X, a finding to $(BUILD)/fuzz/X-findings. `make fuzz-seeds` runs each over
# its seeds alone, with the compiler and the objects of the unit tests.
FUZZCC ?= clang
TIME ?= 60
FUZZ ?= $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_THIRD := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address
FUZZ_OURS := $(FUZZ_THIRD) -fsanitize=undefined -fno-sanitize-recover=all
$(eval $(call compile,fuzz,$(FUZZCC) $(FUZZ_OURS),$(FUZZCC) $(FUZZ_THIRD)))

$(BUILD)/fuzz/gridkey.a: $(call objects,fuzz) $(BUILD)/settings-link
	@rm -f $@
	$(Q)ar rcD $@ $(filter %.o,$^)

$(FUZZ:%=$(BUILD)/fuzz/fuzz_%): $(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o \
		$(BUILD)/fuzz/gridkey.a
	@$(if $(V),,echo "  LINK $@")
	$(Q)$(FUZZCC) $(FUZZ_OURS) -fsanitize=fuzzer $^ -o $@

fuzz: $(FUZZ:%=$(BUILD)/fuzz/fuzz_%)
	@sh tests/fuzz/run.sh $(BUILD)/fuzz $(TIME) $(FUZZ)

$(FUZZ:%=$(BUILD)/checked/fuzz_%): $(BUILD)/checked/fuzz_%: $(BUILD)/checked/tests/fuzz/fuzz_%.o \
		$(BUILD)/checked/tests/fuzz/replay.o $(BUILD)/checked/gridkey.a
	@$(if $(V),,echo "  LINK $@")
	$(Q)$(HOSTCC) $(SANITIZE_OURS) $^ -o $@

fuzz-seeds: $(FUZZ:%=$(BUILD)/checked/fuzz_%)
	@sh tests/fuzz/run.sh $(BUILD)/checked seeds $(FUZZ)

.PHONY: fuzz fuzz-seeds
