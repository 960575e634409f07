#!/bin/sh
# size.sh BUILD IMAGE_KIB KIB MEMORY_KIB START: the limits of BUILD/gridkey: a squashfs image of it, compressed
# with xz and its filter for x86 code, as OpenWrt makes its images, has at most IMAGE_KIB; the file KIB; creating a client needs at most MEMORY_KIB
# at its peak; `--version` runs at most START instructions. Prints what of the file comes from where.
#
# tests/measure-create.sh measures the memory with $GRIDKEY_BINARY and prints the KiB as the last number of its
# last line; it also fails where little memory is not enough.
set -eu
status=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# hold WORDS IS LIMIT UNIT
hold() {
    echo "size: $1: $2 of at most $3 $4"
    [ "$2" -le "$3" ] || { echo "size: FAILED: $1"; status=1; }
}

# image FILTER...: the bytes of such an image.
image() {
    rm -f "$work/image"
    mksquashfs "$binary" "$work/image" -comp xz "$@" -no-progress -quiet -nopad -all-root >/dev/null
    stat -c %s "$work/image"
}

binary=$1/gridkey
echo "size: a squashfs image (xz) of the file without a filter: $(image) bytes"
hold "a squashfs image (xz, with its filter for x86)" "$(image -Xbcj x86)" $(($2 * 1024)) bytes
hold "the file" "$(stat -c %s "$1/gridkey")" $(($3 * 1024)) bytes
measured=$(sh tests/measure-create.sh) || { echo "size: FAILED: tests/measure-create.sh"; exit 1; }
echo "$measured"
peak=$(printf '%s\n' "$measured" | tail -n 1 | grep -Eo '[0-9]+' | tail -n 1)
hold "peak of memory while creating a client" "$peak" "$4" KiB
valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$work/start" "$1/gridkey" --version >/dev/null
hold "a start (--version)" "$(sed -n 's/.*Collected : //p' "$work/start")" "$5" instructions
echo
"${PYTHON:-/usr/bin/python3}" tests/lint/modules.py "$1/gridkey" "$1/gridkey.map"
exit $status
