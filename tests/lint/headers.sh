#!/bin/sh
# headers.sh SRC THIRD_PARTY: each header of SRC compiles by itself, and twice. THIRD_PARTY is the
# folder that third_party/fetch.sh filled. Prints which does not; exits 1 if any.
set -eu
LC_ALL=C
export LC_ALL
source=$1
third=$2
status=0

for header in $(cd "$source" && find . -name '*.h' | sed 's#^\./##' | sort); do
    printf '#include "%s"\n#include "%s"\ntypedef int not_empty;\n' "$header" "$header" |
        ${HOSTCC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c "-I$source" \
            -isystem "$third/bearssl/inc" -isystem "$third/cjson" - || {
        echo "headers: src/$header does not compile by itself"
        status=1
    }
done
exit $status
