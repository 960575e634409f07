#!/bin/sh
# static.sh BINARY UNSTRIPPED COMPILER: the binary needs nothing of the machine it runs on, and is hardened as far
# as the flags in COMPILER do not forbid it: -no-pie, -Wl,-z,norelro. Prints a line for each property, and which
# of them the machines in third_party/targets lack; exits 1 if one is missing.
set -eu
LC_ALL=C
export LC_ALL
binary=$1
unstripped=$2
compiler=" $3 "
status=0
segments=$(readelf -lW "$binary")
dynamic=$(readelf -dW "$binary")
symbols=$("${NM:-nm}" "$unstripped")

# property WORDS COMMAND...: it holds when the command succeeds.
property() {
    words=$1
    shift
    if "$@"; then
        echo "check-static: ok: $words"
    else
        echo "check-static: FAILED: $words ($binary)"
        status=1
    fi
}

has() {
    printf '%s\n' "$1" | grep -Eq "$2"
}

lacks() {
    ! has "$1" "$2"
}

property "no interpreter: needs no dynamic loader" lacks "$segments" '^ *INTERP '
property "no shared library is needed" lacks "$dynamic" '\(NEEDED\)'
property "the stack is not executable" has "$segments" '^ *GNU_STACK .* RW +0x'
property "no segment is both writable and executable" lacks "$segments" '^ *LOAD .* RWE +0x'
case $compiler in
*' -no-pie '*) ;;
*)
    property "position independent: every run has its own addresses" has "$(readelf -hW "$binary")" ' DYN '
    property "no address is left to a dynamic loader" \
        lacks "$(readelf -rW "$binary" | grep -v '_RELATIV')" ' R_[A-Z0-9_]+ '
    ;;
esac
case $compiler in
*,norelro\ *) ;;
*) property "has a read-only-after-start segment" has "$segments" '^ *GNU_RELRO ' ;;
esac
property "functions with buffers guard the stack" has "$symbols" ' [Tt] __stack_chk_fail$'
# Debian's compiler for mips has it for other calling conventions than ours.
property "nothing of the compiler's floating point" lacks "$symbols" \
    ' [TWtw] __((add|sub|mul|div|eq|ne|lt|le|gt|ge|cmp|extend|trunc|fix|float)[a-z]*[sdt]f[a-z]*[0-9]?|aeabi_[df](add|r?sub|mul|div|cmp|2)[a-z]*)$'
property "stripped" lacks "$(readelf -SW "$binary")" ' \.(symtab|debug_info) '
for lacking in 'no-pie fixed addresses' 'norelro no read-only-after-start segment'; do
    echo "check-static: $(sed -n "s/^\([a-z][a-z0-9_]*\) .*[-,]${lacking%% *}\( .*\)*$/\1/p" third_party/targets |
        paste -s -d ' ') have ${lacking#* }"
done
exit $status
