#!/bin/sh
# measure-create.sh: creates a client against the fake and prints what that costs, the peak resident
# memory in KiB as the last number of the last line.
set -eu
. tests/start-fake.sh
create="client create --name measured --api /papi=rw --clone-groups --user jsmith"
env -i HOME="$work/home" PATH="$PATH" /usr/bin/time -v -o "$work/time" "$gridkey" --cacert "$work/ca.pem" \
    --connect-to "127.0.0.1:$port" $create >/dev/null
env -i HOME="$work/home" PATH="$PATH" strace -c -o "$work/calls" "$gridkey" --cacert "$work/ca.pem" \
    --connect-to "127.0.0.1:$port" $create --replace >/dev/null
echo "measure-create: $(awk '$NF == "total" {print $(NF - 2) == "" ? $3 : $4}' "$work/calls") system calls"
echo "measure-create: peak resident memory in KiB: $(sed -n 's/.*Maximum resident set size.*: //p' "$work/time")"
