#!/bin/sh
# packed.sh FILE: the linker gave the segment that .packed is in the right to be executed, since there is
# code in it. Take it away: packed_unfold gives it to the pages it fills, once they are no longer writable.
# In an ELF file a program header is 56 bytes with its flags at 4, or 32 bytes with its flags at 24.
set -eu
LC_ALL=C
export LC_ALL
header=$(readelf -hW "$1")
case $header in
*'Class: '*ELF64*) size=56 at=4 ;;
*) size=32 at=24 ;;
esac
case $header in
*'big endian'*) at=$((at + 3)) ;;
esac
first=$(printf '%s\n' "$header" | sed -n 's/.*Start of program headers: *\([0-9]*\) .*/\1/p')
index=$(readelf -lW "$1" | awk '/^ *Type/ { on = 1; next } on && NF == 0 { exit }
    on && !/\[/ { n++ } on && / RWE / { print n - 1 }')
case $index in
[0-9] | [0-9][0-9]) ;;
*)
    echo "packed.sh: $1 has not just one segment that is writable and executable" >&2
    exit 1
    ;;
esac
printf '\006' | dd of="$1" bs=1 seek=$((first + size * index + at)) conv=notrunc 2>/dev/null
