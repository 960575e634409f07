#!/bin/sh
# sizes.sh FOLDER ARCH...: a table of the binaries FOLDER/ARCH/gridkey and their limits, which are in
# third_party/targets. Exits 1 if one is above its limit.
set -eu
LC_ALL=C
export LC_ALL
folder=$1
shift
status=0
printf '%-12s %9s %9s %9s\n' machine bytes limit "of it"
for arch; do
    limit=$(awk -v arch="$arch" '$1 == arch { print $4 * 1024 }' third_party/targets)
    bytes=$(stat -c %s "$folder/$arch/gridkey")
    verdict=
    [ "$bytes" -le "$limit" ] || { verdict="  FAILED: too large"; status=1; }
    printf '%-12s %9d %9d %7d %%%s\n' "$arch" "$bytes" "$limit" $((100 * bytes / limit)) "$verdict"
done
exit $status
