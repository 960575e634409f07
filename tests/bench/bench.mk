# Measuring, included by the Makefile: `make bench`.

# A create by gridkey and by other programs, in turn. `make bench BENCH_SVG=.github/bench.svg` renews README's plot.
ROUNDS ?= 25
BENCH_SVG ?= $(BUILD)/bench.svg

$(BUILD)/bench/measure: tests/bench/measure.c
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -O2 -static $< -o $@

bench:
	@sh tests/install-tools.sh build bench
	@$(MAKE) --no-print-directory all $(BUILD)/bench/measure
	@$(PYTHON) tests/bench/bench.py --build '$(BUILD)' --rounds '$(ROUNDS)' --svg '$(BENCH_SVG)'

.PHONY: bench
