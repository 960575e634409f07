# Faults, included by the Makefile: `make faults` fails every allocation, system call and sync of whole commands in
# turn and looks at what is left, `make faults-spread` some of them; `make random` mixes commands and faults.

# gridkey as the fault loops run it: memory can run out at any moment, and what is done to files is
# recorded. See tests/faults.
comma := ,
FAULTS := $(sort $(wildcard tests/faults/*.c))

$(BUILD)/faults/gridkey: $(BUILD)/checked/src/main.o $(FAULTS:%.c=$(BUILD)/checked/%.o) \
		$(BUILD)/checked/gridkey.a
	@mkdir -p $(@D)
	@$(if $(V),,echo "  LINK $@")
	$(Q)$(HOSTCC) $(SANITIZE_OURS) \
		$(foreach call,malloc calloc realloc strdup free syscall,-Wl$(comma)--wrap=$(call)) $^ -o $@

# Some points of each fault loop, the same ones each time; or every one.
FAULT_LOOPS := $(sort $(wildcard tests/e2e/test_fault_*.py))
faults-spread: all $(BUILD)/faults/gridkey
	$(PYTEST) $(FAULT_LOOPS)

faults: all $(BUILD)/faults/gridkey
	GRIDKEY_ALL=1 $(PYTHON) -m pytest -rs -p no:cacheprovider $(FAULT_LOOPS)

# Random sequences of commands and faults, see tests/random/README.md: for TIME seconds, or fixed seeds.
random random-fixed: all
	$(PYTHON) tests/random $(if $(filter random,$@),--time $(TIME) $(if $(SEED),--seed $(SEED)),--fixed 20)

# One rule after the other is taken out of operation_next; the walk of its states has to notice each.
mutations:
	$(PYTHON) tests/mutations/operation_next.py $(BUILD) $(HOSTCC)

.PHONY: faults faults-spread random random-fixed mutations
