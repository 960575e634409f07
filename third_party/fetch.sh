#!/bin/sh
# Put sources of others into a folder, checked and patched:
#
#   fetch.sh DESTINATION PACKAGE...
#
#   PACKAGE                 bearssl, cjson; for `make cross` also musl and cmocka; ca-certificates: the
#                           certificates of the newest package; ca-certificates-source: its source
#   DESTINATION/PACKAGE     the tree to compile
#   DESTINATION/download    what they were made from, kept: no second download
#
# They come as Debian source packages by this machine's own apt configuration, with every source
# turned to deb-src in an apt state of its own inside DESTINATION; the machine's apt is only read,
# and root is not needed. What is used of a package is its upstream archive, which must have the
# SHA-256 in SHA256SUMS, and for cJSON the patches named in cjson.patches, each of which must have
# the SHA-256 there. So a later Debian revision of the same upstream version serves as well.
# Our own patches, in patches/, come last.
#
# ca-certificates is the newest of Debian's unstable, which is looked for, for this package alone, in the
# archives that the machine's apt takes Debian from. It has no sum here: apt checks its signature, and a
# certificate counts only when third_party/roots.list has its SHA-256.
#
# With BEARSSL_SRC=DIR, CJSON_SRC=DIR and so on that folder is used instead, as it is.
set -eu
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { echo "usage: fetch.sh DESTINATION PACKAGE..." >&2; exit 2; }
mkdir -p "$1"
destination=$(cd "$1" && pwd)
shift
download=$destination/download
apt=$destination/apt

say() {
    echo "third_party: $*" >&2
}

fail() {
    say "$@"
    exit 1
}

# need COMMAND PACKAGE: stop with words when a command is not there.
need() {
    command -v "$1" >/dev/null 2>&1 ||
        fail "$1 is not installed; 'make deps' installs it (Debian package $2)"
}

# has_sum FILE SHA256: is the file there with that content?
has_sum() {
    [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$2" ]
}

# variable PACKAGE: the name of the variable that names its folder.
variable() {
    echo "$(echo "$1" | tr a-z A-Z)_SRC"
}

# archive_name PACKAGE, archive_sum PACKAGE: the upstream archive in SHA256SUMS.
archive_name() {
    sed -n "s/^[0-9a-f]\{64\}  \($1_.*\)$/\1/p" "$here/SHA256SUMS"
}
archive_sum() {
    sed -n "s/^\([0-9a-f]\{64\}\)  $1_.*$/\1/p" "$here/SHA256SUMS"
}

# patches_are_there PACKAGE: does the download folder hold every Debian patch we name?
patches_are_there() {
    [ -f "$here/$1.patches" ] || return 0
    while read -r sum name; do
        has_sum "$download/$1-patches/$name" "$sum" || return 1
    done <"$here/$1.patches"
}

# apt_begin: an empty private apt state, and in $files the machine's files of sources.
apt_begin() {
    command -v apt-get >/dev/null 2>&1 || fail "apt-get is not here, and the sources come from" \
        "Debian's source packages; give folders that hold them: make BEARSSL_SRC=DIR CJSON_SRC=DIR" \
        "(for make cross also MUSL_SRC=DIR CMOCKA_SRC=DIR)"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
    list= parts=
    eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
    files=
    for file in "$list" "${parts%/}"/*.list "${parts%/}"/*.sources; do
        [ ! -f "$file" ] || files="$files $file"
    done
}

# apt_update: write the private apt configuration and fetch the indexes of the sources in parts.
apt_update() {
    cat >"$apt/apt.conf" <<END
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$apt/parts";
APT::Sandbox::User "root";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
    # A source without an index, or out of reach, is no failure while another has the package.
    apt-get -c "$apt/apt.conf" -qq update >"$apt/log" 2>&1 </dev/null || true
}

# apt_prepare: fetch the source indexes of the machine's sources; once per run.
apt_prepare() {
    [ ! -d "$apt" ] || return 0
    apt_begin
    for file in $files; do
        case $file in
        *.sources) sed 's/^[Tt][Yy][Pp][Ee][Ss]:.*/Types: deb-src/' "$file" ;;
        *) sed -n 's/^[[:blank:]]*deb\(-src\)\{0,1\}[[:blank:]]/deb-src /p' "$file" | sort -u ;;
        esac >"$apt/parts/${file##*/}"
    done
    cat "$apt"/parts/* 2>/dev/null | grep -q deb-src || fail "apt has no source configured" \
        "($list and ${parts%/}); add Debian's, or give BEARSSL_SRC=DIR, CJSON_SRC=DIR and so on"
    say "reading the indexes of Debian's source packages"
    apt_update
}

# unstable_prepare TYPE: the same with Debian's unstable alone, as deb or deb-src, from the archives
# that the machine has a Debian suite of.
unstable_prepare() {
    apt_begin
    codename=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-sid}")
    suites="($codename|sid|unstable|testing|stable)"
    for file in $files; do
        case $file in
        *.sources)
            awk -v RS= -v suite="(^|\n)Suites:([^\n]*[ \t])?$suites([ \t\n]|\$)" \
                '$0 ~ suite && /(^|\n)Components:([^\n]*[ \t])?main([ \t\n]|$)/ { print $0 "\n" }' "$file" |
                sed "s/^Types:.*/Types: $1/; s/^Suites:.*/Suites: sid/; s/^Components:.*/Components: main/"
            ;;
        *)
            sed -nE "s/^[[:blank:]]*deb(-src)?[[:blank:]]+((\[[^]]*\][[:blank:]]+)?[^[:blank:]]+)[[:blank:]]+\
$suites[[:blank:]]+main.*/$1 \2 sid main/p" "$file" | sort -u
            ;;
        esac >"$apt/parts/${file##*/}"
    done
    say "reading the index of Debian's unstable, for ca-certificates"
    apt_update
}

# unstable_fetch TYPE COMMAND...: run apt-get with that alone, in the folder of the private state.
unstable_fetch() {
    rm -rf "$apt"
    unstable_prepare "$1"
    shift
    (cd "$apt" && apt-get -c "$apt/apt.conf" -qq "$@") >>"$apt/log" 2>&1 </dev/null || {
        sed 's/^/third_party:   /' "$apt/log" >&2
        fail "the newest ca-certificates cannot be downloaded"
    }
}

# provide_certificates: the certificates of the newest ca-certificates.
provide_certificates() {
    unstable_fetch deb download ca-certificates
    dpkg-deb -x "$apt"/ca-certificates_*.deb "$apt/tree" || fail "ca-certificates cannot be unpacked"
    rm -rf "$destination/ca-certificates"
    mv "$apt/tree/usr/share/ca-certificates/mozilla" "$destination/ca-certificates"
    rm -rf "$apt"
}

# provide_certificates_source: the newest source package of ca-certificates, unpacked.
provide_certificates_source() {
    need xz xz-utils
    unstable_fetch deb-src source --download-only ca-certificates
    rm -rf "$destination/ca-certificates-source"
    mkdir "$destination/ca-certificates-source"
    tar -xf "$apt"/ca-certificates_*.tar.* --strip-components=1 --no-same-owner \
        -C "$destination/ca-certificates-source" || fail "ca-certificates cannot be unpacked"
    rm -rf "$apt"
}

# apt_version PACKAGE UPSTREAM: the highest Debian revision of that upstream version on offer.
apt_version() {
    offered=$(apt-cache -c "$apt/apt.conf" showsrc "$1" 2>>"$apt/log" |
        sed -n 's/^Version: //p' | sort -u)
    best=
    for version in $offered; do
        case $version in
        "$2"-*) [ -n "$best" ] && dpkg --compare-versions "$version" lt "$best" || best=$version ;;
        esac
    done
    if [ -z "$offered" ]; then
        sed 's/^/third_party:   /' "$apt/log" >&2
        fail "apt finds no source package '$1': without a network connection give" \
            "$(variable "$1")=DIR; else see that apt has a Debian source ('apt-get update' shows it)"
    fi
    [ -n "$best" ] || fail "apt offers the source of $1 as" $offered "but this tree is built with" \
        "$2; build on the Debian release that has it (12), or give its folder in" \
        "$(variable "$1")"
    echo "$best"
}

# fetch PACKAGE: make the download folder hold the archive and patches of a package.
fetch() {
    archive=$(archive_name "$1")
    sum=$(archive_sum "$1")
    mkdir -p "$download"
    if has_sum "$download/$archive" "$sum" && patches_are_there "$1"; then
        return 0
    fi
    apt_prepare
    upstream=${archive#*_}
    version=$(apt_version "$1" "${upstream%.orig.tar.*}")
    say "fetching $1 $version"
    rm -rf "$apt/$1"
    mkdir "$apt/$1"
    (cd "$apt/$1" && apt-get -c "$apt/apt.conf" -qq source --download-only "$1=$version") \
        >"$apt/log" 2>&1 </dev/null || {
        sed 's/^/third_party:   /' "$apt/log" >&2
        fail "$1 $version cannot be downloaded; repeat when the network is back, or give" \
            "$(variable "$1")=DIR"
    }
    has_sum "$apt/$1/$archive" "$sum" || fail "$archive has not the SHA-256 of" \
        "third_party/SHA256SUMS ($sum); it is left in $apt/$1. Do not build with it: find out" \
        "why, or review it and write the new sum down"
    mv "$apt/$1/$archive" "$download/$archive"
    [ ! -f "$here/$1.patches" ] || fetch_patches "$1" "$version"
}

# fetch_patches PACKAGE VERSION: take the patches we name out of Debian's part of the package.
fetch_patches() {
    tar -xJf "$apt/$1/"*.debian.tar.xz -C "$apt/$1" debian/patches ||
        fail "the patches of $1 $2 cannot be unpacked; delete $destination and repeat"
    rm -rf "$download/$1-patches"
    mkdir "$download/$1-patches"
    while read -r sum name; do
        [ -f "$apt/$1/debian/patches/$name" ] || fail "$1 $2 has no patch $name any more; see" \
            "what took its place, and bring third_party/$1.patches up to date"
        has_sum "$apt/$1/debian/patches/$name" "$sum" || fail "Debian's patch $name of $1 $2 is" \
            "not the one of third_party/$1.patches ($sum); review it and write the new sum down"
        cp "$apt/$1/debian/patches/$name" "$download/$1-patches/$name"
    done <"$here/$1.patches"
    sed 's/[[:blank:]]*\(#.*\)\{0,1\}$//; /^$/d' "$apt/$1/debian/patches/series" |
        while read -r name rest; do
            grep -q "  $name\$" "$here/$1.patches" || say "note: $1 $2 has a patch this tree" \
                "does not know and did not apply: $name; review it for third_party/$1.patches"
        done
}

# apply PACKAGE PATCH: apply a patch to the tree being made.
apply() {
    patch -d "$destination/$1.new" -p1 -F0 -s <"$2" ||
        fail "the patch $2 does not apply to $1; delete $destination and repeat"
}

# unpack PACKAGE: make the tree anew from the download folder.
unpack() {
    rm -rf "$destination/$1.new" "$destination/$1"
    mkdir "$destination/$1.new"
    tar -xf "$download/$(archive_name "$1")" --strip-components=1 --no-same-owner \
        -C "$destination/$1.new" ||
        fail "$(archive_name "$1") cannot be unpacked; see that there is room on the disk"
    if [ -f "$here/$1.patches" ]; then
        while read -r sum name; do
            apply "$1" "$download/$1-patches/$name"
        done <"$here/$1.patches"
    fi
    for file in "$here/patches/$1"/*.patch; do
        [ ! -f "$file" ] || apply "$1" "$file"
    done
    mv "$destination/$1.new" "$destination/$1"
}

# provide PACKAGE FOLDER PROOF: the tree, from FOLDER when it is named; PROOF is a file in it.
provide() {
    if [ -n "$2" ]; then
        [ -f "$2/$3" ] || fail "$2 does not hold the sources of $1: $3 is not there"
        rm -rf "${destination:?}/$1"
        ln -s "$(cd "$2" && pwd)" "$destination/$1"
        say "$1 is taken from $2 as it is: neither checked nor patched"
        return 0
    fi
    need sha256sum coreutils
    need patch patch
    need xz xz-utils
    fetch "$1"
    unpack "$1"
}

rm -rf "$apt"
for package; do
    case $package in
    bearssl) provide bearssl "${BEARSSL_SRC:-}" src/inner.h ;;
    cjson) provide cjson "${CJSON_SRC:-}" cJSON.c ;;
    musl) provide musl "${MUSL_SRC:-}" src/string/memcpy.c ;;
    cmocka) provide cmocka "${CMOCKA_SRC:-}" src/cmocka.c ;;
    ca-certificates) (apt=$apt-unstable && provide_certificates) ;;
    ca-certificates-source) (apt=$apt-unstable && provide_certificates_source) ;;
    *) fail "there is no recipe for '$package'" ;;
    esac
done
rm -rf "$apt"
