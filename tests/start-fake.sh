# start-fake.sh: sourced by demo.sh and measure-create.sh. Makes a folder with a certificate
# authority, starts the fake IAM over TLS on a free port of 127.0.0.1, and stops and removes all of it
# when the script ends. Sets:
#
#   work       the folder; $work/home holds the administrator's .edgerc, $work/ca.pem the root
#   port       of the fake
#   gk ARG...  runs gridkey against it, with $work/home as HOME
python=${PYTHON:-/usr/bin/python3}
gridkey=${GRIDKEY_BINARY:-$(pwd)/build/gridkey}
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

work=$(mktemp -d)
fake=
stop_fake() {
    [ -z "$fake" ] || kill "$fake" 2>/dev/null || true
    rm -rf "$work"
}
trap stop_fake EXIT
trap 'exit 1' INT TERM
mkdir "$work/home"
"$python" tests/e2e/certificates.py "$work"
mkfifo "$work/said"
"$python" tests/fake --certificate "$work/server.pem" --key "$work/server.key" --state-dir "$work/state" \
    --edgerc "$work/home/.edgerc" >"$work/said" &
fake=$!
read -r _ port <"$work/said"

gk() {
    env -i HOME="$work/home" PATH="$PATH" "$gridkey" --cacert "$work/ca.pem" \
        --connect-to "127.0.0.1:$port" "$@"
}
