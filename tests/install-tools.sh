#!/bin/sh
# install-tools.sh GROUP...: install the Debian packages of these groups that are missing.
#
#   build    to compile gridkey        test    for `make test`, `make fuzz` and `make demo`
#   analyze  for `make test-all`       cross   for `make cross` and `make test-cross`, all machines or those in $CROSS
#   bench    for `make bench`
#
# Does nothing, and asks for nothing, when all are there. Uses sudo where it is not root.
set -eu

targets=$(dirname "$0")/../third_party/targets
packages=
for group in "$@"; do
    case $group in
    build) packages="$packages gcc libc6-dev musl-tools binutils patch python3 xz-utils ca-certificates" ;;
    test) packages="$packages libcmocka-dev clang clang-format libclang-rt-dev
        python3 python3-pytest python3-pytest-xdist python3-edgegrid python3-requests
        python3-jsonschema nginx-light openssl strace jq time squashfs-tools valgrind
        tinyproxy-bin squid age
        bash zsh fish mandoc
        python3-yaml golang-go golang-github-akamai-akamaiopen-edgegrid-golang-dev"
        # A Node.js that is not Debian's brings its own npm, and Debian's cannot be put beside it.
        command -v npm >/dev/null 2>&1 || packages="$packages nodejs npm" ;;
    analyze) packages="$packages clang-tidy cppcheck" ;;
    cross) packages="$packages qemu-user-static
        $(for arch in ${CROSS:-$(sed -n 's/^\([a-z][a-z0-9_]*\) .*/\1/p' "$targets")}; do
            sed -n "/^x86_64 /d; s/^$arch  *\\([a-z0-9-]*\\) .*/gcc-\\1/p" "$targets"
        done)" ;;
    bench) packages="$packages nginx-light openssl curl jq strace valgrind python3 python3-edgegrid python3-requests
        golang-go golang-github-akamai-akamaiopen-edgegrid-golang-dev"
        command -v npm >/dev/null 2>&1 || packages="$packages nodejs npm" ;;
    *) echo "install-tools: no group '$group'; there are build, test, analyze, cross and bench" >&2; exit 2 ;;
    esac
done

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    echo "install-tools: this is no Debian; install what these packages hold:" $packages >&2
    exit 1
fi

missing=
for package in $packages; do
    case " $(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null)" in
    *" installed "*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "install-tools: not root, and no sudo; run as root: apt-get install$missing" >&2
        exit 1
    fi
    # A password can be asked for only where somebody can type it.
    if [ -t 0 ]; then root=sudo; else root='sudo -n'; fi
fi

install() {
    $root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install $missing \
        </dev/null
}

echo "install-tools: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The package lists are fetched only when what they say now does not serve.
if install >"$log" 2>&1; then
    exit 0
fi
if $root apt-get -qq update >"$log" 2>&1 </dev/null && install >"$log" 2>&1; then
    exit 0
fi
cat "$log" >&2
echo "install-tools: apt-get failed, see above; then repeat, or run as root: apt-get install$missing" >&2
exit 1
