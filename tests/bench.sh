#!/bin/sh
# bench.sh: how long gridkey takes, from outside: a signature, a signed call and a create over TLS to
# the fake on this machine. The fake is Python and takes most of the time of the last two.
set -eu
. tests/start-fake.sh
bench() {
    words=$1
    shift
    "$python" - "$words" "$@" <<'PYTHON'
import os, subprocess, sys, time, statistics
words, command = sys.argv[1], sys.argv[2:]
spent = []
for _ in range(21):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    spent.append((time.perf_counter() - start) * 1000)
spent = sorted(spent[1:])
print(f"bench: {words}: median {statistics.median(spent):.1f} ms, fastest {spent[0]:.1f} ms, slowest {spent[-1]:.1f} ms")
PYTHON
}
HOME=$work/home
export HOME
set -- "$gridkey" --cacert "$work/ca.pem" --connect-to "127.0.0.1:$port"
bench "sign" "$gridkey" sign GET /papi/v1/contracts
bench "request" "$@" request GET /echo
bench "client create" "$@" client create --name bench --api /papi=rw --clone-groups --replace
