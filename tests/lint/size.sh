#!/bin/sh
# size.sh BINARY BYTES KIB: the binary has at most BYTES, and creating a client needs at most KIB of
# memory at its peak. tests/measure-create.sh measures that with $GRIDKEY_BINARY and prints the KiB as the
# last number of its last line.
set -eu
bytes=$(stat -c %s "$1")
echo "size: $bytes bytes of at most $2"
[ "$bytes" -le "$2" ] || { echo "size: FAILED: $1 is too large"; exit 1; }
measured=$(sh tests/measure-create.sh) || { echo "size: FAILED: tests/measure-create.sh"; exit 1; }
peak=$(printf '%s\n' "$measured" | tail -n 1 | grep -Eo '[0-9]+' | tail -n 1)
echo "size: $peak KiB of memory at most while creating a client, of at most $3"
[ "$peak" -le "$3" ] || { echo "size: FAILED: it needs too much memory"; exit 1; }
