#!/bin/sh
# valgrind.sh: runs the commands that make, rotate and recover a credential against the fake, each under
# valgrind, with $GRIDKEY_BINARY. Fails on what valgrind finds, a leak included.
set -eu
. tests/start-fake.sh

run() {
    echo "valgrind: $*"
    env -i HOME="$work/home" PATH="$PATH" valgrind -q --error-exitcode=99 --leak-check=full \
        --show-leak-kinds=definite,indirect,possible --errors-for-leak-kinds=definite,indirect,possible \
        --track-fds=no "$gridkey" --cacert "$work/ca.pem" --connect-to "127.0.0.1:$port" --connect-timeout 60 "$@" \
        >"$work/out" 2>"$work/err" || { status=$?; cat "$work/out" "$work/err"; exit $status; }
}

run client create --name box --api /papi=rw --clone-groups
run client list
run credential create box --save-section box-2
run credential rotate box
run credential recover
run client update box --remove-api /papi --api /cps=ro --yes
run edgerc set box max_body=1
run edgerc check
run --clock server verify
run client delete box --yes
echo "valgrind: clean"
