#!/bin/sh
# measure-create.sh: creates a client against the fake and prints what that costs, the peak resident
# memory in KiB as the last number of the last line: the median of five, since it depends on the
# addresses of a run. Fails where a stack of 128 KiB or an address space of 4 MiB is not enough.
set -eu
. tests/start-fake.sh
set -- "$gridkey" --cacert "$work/ca.pem" --connect-to "127.0.0.1:$port" client create --name measured \
    --api /papi=rw --clone-groups --user jsmith
env -i HOME="$work/home" PATH="$PATH" "$@" >/dev/null
set -- "$@" --replace
for _ in 1 2 3 4 5; do
    env -i HOME="$work/home" PATH="$PATH" /usr/bin/time -a -f %M -o "$work/peaks" "$@" >/dev/null
done
env -i HOME="$work/home" PATH="$PATH" strace -c -o "$work/calls" "$@" >/dev/null
for limit in "-s 128" "-v 4096"; do
    env -i HOME="$work/home" PATH="$PATH" sh -c "ulimit $limit"' && exec "$@"' sh "$@" >/dev/null || {
        echo "measure-create: FAILED under ulimit $limit"
        exit 1
    }
    echo "measure-create: runs under ulimit $limit"
done
echo "measure-create: $(awk '$NF == "total" {print $(NF - 2) == "" ? $3 : $4}' "$work/calls") system calls"
echo "measure-create: peak resident memory in KiB: $(sort -n "$work/peaks" | sed -n 3p)"
