#!/bin/sh
# circles.sh [SRC]: no file of SRC (src) includes, by way of others too, a file that includes it; a .c file
# and its header count as one. Prints each circle; exits 1 if there is one.
# circles.sh SRC dot: prints the graph for Graphviz instead.
set -eu
LC_ALL=C
export LC_ALL
src=${1:-src}

# Includes of which circles are still made.
known='store/access store/file
store/seal_parts store/seal
edgegrid/problem edgegrid/session
tls/errors tls/connection
tls/internal tls/connection
iam/deposit_parts iam/deposit
iam/rotate_parts iam/rotate
iam/recover_parts iam/recover'

# "FILE INCLUDED", a line each, without extensions.
pairs() {
    (cd "$src" && grep -rnoE --include='*.[ch]' '^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*"[^"]*"' .) |
        sed 's#^\./\([^:]*\)\.[ch]:[0-9]*:.*"\([^"]*\)\.h"$#\1 \2#' | awk '$1 != $2' | sort -u
}

if [ "${2:-}" = dot ]; then
    echo 'digraph includes {'
    pairs | sed 's#\([^ ]*\) \(.*\)#    "\1" -> "\2"#'
    echo '}'
    exit 0
fi
found=$(pairs | grep -vxF "$known" | tsort 2>&1 >/dev/null) || true
[ -z "$found" ] || { echo "$found" | sed 's/^tsort: \(-: \)*/circles: /'; exit 1; }
