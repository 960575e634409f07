#!/bin/sh
# install-tools.sh GROUP...: install the Debian packages of these groups that are missing.
#
#   build   to compile gridkey           demo    for `make demo`
#   test    for `make test`              all     for `make test-all` and `make fuzz`
#   bench   for `make bench`             cross   for other machines: all, or those in $CROSS
#
# Says first how many packages it installs and how much disk they take. Does nothing, and asks for nothing, when all
# are there. Uses sudo where it is not root.
set -eu

targets=$(dirname "$0")/../third_party/targets
libraries="python3-edgegrid golang-go golang-github-akamai-akamaiopen-edgegrid-golang-dev"
# A Node.js that is not Debian's brings its own npm, and Debian's cannot be put beside it.
command -v npm >/dev/null 2>&1 || libraries="$libraries nodejs npm"
packages=
for group in "$@"; do
    case $group in
    build) packages="$packages make gcc libc6-dev musl-tools binutils patch python3 xz-utils ca-certificates" ;;
    demo) packages="$packages python3 openssl python3-edgegrid python3-requests" ;;
    test) packages="$packages libcmocka-dev clang-format python3 python3-pytest python3-pytest-xdist python3-edgegrid
        python3-requests python3-jsonschema python3-yaml nginx-light tinyproxy-bin openssl age strace jq bash mandoc time
        squashfs-tools valgrind bindfs" ;;
    all) packages="$packages clang libclang-rt-dev clang-tidy cppcheck valgrind squid zsh fish $libraries" ;;
    bench) packages="$packages nginx-light openssl curl jq strace valgrind python3 python3-requests $libraries" ;;
    cross) packages="$packages qemu-user
        $(for arch in ${CROSS:-$(sed -n 's/^\([a-z][a-z0-9_]*\) .*/\1/p' "$targets")}; do
            sed -n "/^x86_64 /d; s/^$arch  *\\([a-z0-9-]*\\) .*/gcc-\\1/p" "$targets"
        done)" ;;
    *) echo "install-tools: no group '$group'; there are build, demo, test, all, bench and cross" >&2; exit 2 ;;
    esac
done
if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    echo "install-tools: this is no Debian; install what these packages hold:" $packages >&2
    exit 1
fi

missing=
for package in $(printf '%s\n' $packages | sort -u); do
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

# How many packages, what has to be fetched and how much disk it takes, in apt's words.
announce() {
    apt-get -o Debug::NoLocking=1 --no-install-recommends --assume-no install $missing </dev/null 2>/dev/null |
        sed -n 's/^.* \([0-9][0-9]* newly installed\).*/install-tools: \1/p
            s/^Need to get .*/install-tools: &/p; s/^After this operation.*/install-tools: &/p'
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The package lists are fetched only when what they say now does not serve.
words=$(announce)
if [ -z "$words" ]; then
    $root apt-get -qq update >"$log" 2>&1 </dev/null || true
    words=$(announce)
fi
echo "install-tools: installing$(printf ' %s' $missing)"
[ -z "$words" ] || printf '%s\n' "$words"
if install >"$log" 2>&1; then
    exit 0
fi
if $root apt-get -qq update >"$log" 2>&1 </dev/null && install >"$log" 2>&1; then
    exit 0
fi
cat "$log" >&2
echo "install-tools: apt-get failed, see above; then repeat, or run as root: apt-get install$missing" >&2
exit 1
