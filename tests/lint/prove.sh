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

# check NAME: run a check on the tree; what it says is kept.
check() {
    sh "$lint/$1.sh" "$tree/src" "$third" >"$tree/said" 2>&1
}

# wrong FILE TEXT: put a file that breaks a rule into the tree.
wrong() {
    mkdir -p "$(dirname "$tree/src/$1")"
    printf '%b\n' "$2" >"$tree/src/$1"
    echo "$1" >>"$tree/wrong"
}

# refuses CHECK: the check fails and names each of these files; then a good tree is there again.
refuses() {
    if check "$1"; then
        echo "prove: $1.sh finds no fault with" $(cat "$tree/wrong")
        exit 1
    fi
    while read -r file; do
        grep -qF "src/$file" "$tree/said" || {
            echo "prove: $1.sh does not see what is wrong with $file: $(cat "$tree/src/$file")"
            exit 1
        }
    done <"$tree/wrong"
    rm "$tree/wrong"
    good_tree
}

good_tree
for name in layers banned headers; do
    check "$name" || { echo "prove: $name.sh finds fault with a tree that has none"; exit 1; }
done

wrong base/upward.c '#include "http/reply.h"'
wrong tls/upward.c '#include "http/reply.h"'
wrong http/upward.c '#include "edgegrid/sign.h"'
wrong store/aside.c '#include "http/reply.h"'
wrong edgegrid/aside.c '#include "store/save.h"'
wrong iam/upward.c '#include "cli/table.h"'
wrong cli/no_layer.c '#include "text.h"'
wrong base/missing.c '#include "base/missing.h"'
wrong iam/json.c '#include <cJSON.h>'
wrong http/ssl.c '#include <bearssl_ssl.h>'
wrong store/hash.c '#include <bearssl_hash.h>'
wrong base/all.c '#include <bearssl.h>'
wrong iam/names.c '#include <netdb.h>'
wrong http/clock.c 'long now(void) { return time(0); }'
wrong cli/random.c 'int fill(void) { return getrandom(0, 0, 0); }'
wrong stray.c 'int stray;'
wrong base/deep/a.c 'int deep;'
refuses layers

for call in strcpy sprintf snprintf printf sscanf atoi strtoul strcat system popen localtime setjmp fopen; do
    wrong "base/$call.c" "int a(void)\n{\n    return $call(0);\n}"
done
wrong base/mark.c '/* T''ODO: later */'
refuses banned

wrong base/size.h 'size_t a(void);'
wrong base/twice.h 'struct a { int b; };'
refuses headers

echo '#include "base/b.h"' >"$tree/src/base/a.h"
echo '#include "base/c.h"' >"$tree/src/base/b.c"
echo 'int b;' >"$tree/src/base/b.h"
echo '#include "base/a.h"' >"$tree/src/base/c.h"
if python3 "$lint/circles.py" "$tree/src" >/dev/null || ! python3 "$lint/circles.py" "$tree/src" http >/dev/null; then
    echo "prove: circles.py does not see a circle of three files, or sees one in another layer"
    exit 1
fi
good_tree
python3 "$lint/circles.py" "$tree/src" >/dev/null || { echo "prove: circles.py sees a circle where there is none"; exit 1; }

# A program of the machine itself is dynamic and has no symbols.
if sh "$lint/static.sh" /bin/sh /bin/sh >/dev/null 2>&1; then
    echo "prove: static.sh takes /bin/sh for a static binary"
    exit 1
fi
