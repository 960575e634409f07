#!/bin/sh
# prove.sh THIRD_PARTY: every check of this folder can fail. Makes small trees that each break one
# rule, and one that breaks none, and sees that the check says so.
set -eu
LC_ALL=C
export LC_ALL
lint=$(cd "$(dirname "$0")" && pwd)
third=$(cd "$1" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# good_tree: a source tree in which nothing is wrong.
good_tree() {
    rm -rf "${tree:?}/src"
    mkdir -p "$tree/src/base" "$tree/src/tls" "$tree/src/http" "$tree/src/store" \
        "$tree/src/edgegrid" "$tree/src/iam" "$tree/src/cli"
    echo '/* strcpy( in a comment is no call */ int text_length(void);' >"$tree/src/base/text.h"
    echo '#include "base/text.h"' >"$tree/src/http/reply.c"
    echo '#include "base/text.h"' >"$tree/src/main.c"
    echo '#define LIMIT 1' >"$tree/src/cli/limit.h"
    for header in http/reply edgegrid/sign store/save cli/table; do
        echo 'int something(void);' >"$tree/src/$header.h"
    done
    echo 'struct text; int my_printf(struct text *text);' >"$tree/src/iam/client.h"
}

# check NAME: run a check on the tree, quietly.
check() {
    sh "$lint/$1.sh" "$tree/src" "$third" >/dev/null 2>&1
}

# refuses CHECK FILE TEXT: the check fails on a tree where FILE holds TEXT.
refuses() {
    good_tree
    mkdir -p "$(dirname "$tree/src/$2")"
    printf '%b\n' "$3" >"$tree/src/$2"
    if check "$1"; then
        echo "prove: $1.sh does not see what is wrong with $2: $3"
        exit 1
    fi
}

for name in layers banned headers; do
    good_tree
    check "$name" || { echo "prove: $name.sh finds fault with a tree that has none"; exit 1; }
done

refuses layers base/a.c '#include "http/reply.h"'
refuses layers tls/a.c '#include "http/reply.h"'
refuses layers http/a.c '#include "edgegrid/sign.h"'
refuses layers store/a.c '#include "http/reply.h"'
refuses layers edgegrid/a.c '#include "store/save.h"'
refuses layers iam/a.c '#include "cli/table.h"'
refuses layers cli/a.c '#include "text.h"'
refuses layers base/missing.c '#include "base/missing.h"'
refuses layers iam/a.c '#include <cJSON.h>'
refuses layers http/a.c '#include <bearssl_ssl.h>'
refuses layers store/a.c '#include <bearssl_hash.h>'
refuses layers base/a.c '#include <bearssl.h>'
refuses layers iam/a.c '#include <netdb.h>'
refuses layers http/a.c 'long now(void) { return time(0); }'
refuses layers cli/a.c 'int fill(void) { return getrandom(0, 0, 0); }'
refuses layers stray.c 'int stray;'
refuses layers base/deep/a.c 'int deep;'

for call in strcpy sprintf snprintf printf sscanf atoi strtoul system popen localtime setjmp fopen; do
    refuses banned base/a.c "int a(void)\n{\n    return $call(0);\n}"
done
refuses banned base/a.c '/* T''ODO: later */'
refuses banned base/a.c "$(yes 'int a;' | head -n 501)"

refuses headers base/a.h 'size_t a(void);'
refuses headers base/a.h 'struct a { int b; };'

# A program of the machine itself is dynamic and has no symbols.
if sh "$lint/static.sh" /bin/sh /bin/sh >/dev/null 2>&1; then
    echo "prove: static.sh takes /bin/sh for a static binary"
    exit 1
fi
