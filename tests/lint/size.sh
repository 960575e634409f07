#!/bin/sh
# size.sh BUILD KIB ROOTLESS_KIB MEMORY_KIB: BUILD/gridkey has at most KIB, BUILD/rootless/gridkey at most
# ROOTLESS_KIB, and creating a client needs at most MEMORY_KIB at its peak. tests/measure-create.sh
# measures that with $GRIDKEY_BINARY and prints the KiB as the last number of its last line; it also
# fails where little memory is not enough. Prints what of the file comes from where.
set -eu
status=0

# hold WORDS IS LIMIT UNIT
hold() {
    echo "size: $1: $2 of at most $3 $4"
    [ "$2" -le "$3" ] || { echo "size: FAILED: $1"; status=1; }
}

hold "the file" "$(stat -c %s "$1/gridkey")" $(($2 * 1024)) bytes
hold "without trust roots" "$(stat -c %s "$1/rootless/gridkey")" $(($3 * 1024)) bytes
measured=$(sh tests/measure-create.sh) || { echo "size: FAILED: tests/measure-create.sh"; exit 1; }
echo "$measured"
peak=$(printf '%s\n' "$measured" | tail -n 1 | grep -Eo '[0-9]+' | tail -n 1)
hold "peak of memory while creating a client" "$peak" "$4" KiB
echo
"${PYTHON:-/usr/bin/python3}" tests/lint/modules.py "$1/gridkey" "$1/gridkey.map" "$1/packed-2.c.deflate"
exit $status
