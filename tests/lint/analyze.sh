#!/bin/sh
# analyze.sh THIRD_PARTY FILE...: clang-tidy, cppcheck and gcc's analyzer over the files. Prints
# what they find; exits 1 if they find anything.
set -eu
third=$1
shift
include="-Isrc -isystem $third/bearssl/inc -isystem $third/cjson"
define='-DVERSION="0"'
status=0

echo "analyze: clang-tidy"
# shellcheck disable=SC2086
printf '%s\n' "$@" | xargs -P 2 -I FILE \
    clang-tidy --quiet --warnings-as-errors='*' FILE -- -std=c11 "$define" $include 2>/dev/null || status=1

echo "analyze: cppcheck"
cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
    --error-exitcode=1 --suppress=missingIncludeSystem -Isrc "$define" "$@" || status=1

echo "analyze: gcc -fanalyzer"
# shellcheck disable=SC2086
printf '%s\n' "$@" | xargs -P 2 -I FILE \
    "${HOSTCC:-gcc}" -std=c11 -O1 -fanalyzer -Werror "$define" $include -c FILE -o /dev/null || status=1

[ $status -eq 0 ] && echo "analyze: clean"
exit $status
