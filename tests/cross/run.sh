#!/bin/sh
# run.sh ARCH FOLDER RUNNER UNIT...: run the unit tests FOLDER/release/test_UNIT and the end-to-end tests of
# tests/e2e/test_cross.py with FOLDER/gridkey, through RUNNER ("-" for none). Prints one line, which is
# also left in FOLDER/tested; when something fails, also what it said, and exits 1.
set -eu
LC_ALL=C
export LC_ALL
arch=$1
folder=$(cd "$2" && pwd)
runner=$3
shift 3
[ "$runner" != - ] || runner=
log=$folder/test.log
rm -f "$folder/tested"

[ -z "$runner" ] || command -v "$runner" >/dev/null || {
    echo "test-cross: $runner is not installed; 'sh tests/install-tools.sh cross' installs it" >&2
    exit 1
}

# tell WORDS...: the one line.
tell() {
    echo "test-cross: $(printf '%-12s' "$arch")" "$@" | tee "$folder/tested"
}

fail() {
    cat "$log"
    tell "FAILED:" "$@"
    exit 1
}

programs=0
cases=0
for unit in "$@"; do
    program=$folder/release/test_$unit
    timeout 300 $runner "$program" >"$log" 2>&1 </dev/null ||
        fail "${program##*/}, status $?: $(grep -c '^\[  FAILED  \] [a-z]' "$log" || true) failed"
    programs=$((programs + 1))
    cases=$((cases + $(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$log")))
done
[ "$programs" -gt 0 ] || fail "no unit tests were named"
GRIDKEY_RUNNER=$runner GRIDKEY_BINARY=$folder/gridkey "${PYTHON:-/usr/bin/python3}" -m pytest -q \
    -p no:cacheprovider tests/e2e/test_cross.py >"$log" 2>&1 || fail "tests/e2e/test_cross.py"
tell "ok: $cases unit tests, $(tail -n 1 "$log" | grep -Eo '[0-9]+ passed') end to end," \
    "$(stat -c %s "$folder/gridkey") bytes${runner:+, $runner}"
