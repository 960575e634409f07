#!/bin/sh
# repro.sh BUILD MAKE [VARIABLE=VALUE...]: build the tree twice, from copies without git in folders
# of different names, with the third-party sources of BUILD, and compare what `make all` and `make dist`
# make. Exits 1 if they differ.
set -eu
build=$(cd "$1" && pwd)
make=$2
shift 2
rm -rf "$build/repro"
for folder in one another-and-longer; do
    copy=$build/repro/$folder
    mkdir -p "$copy/build"
    cp -Rp Makefile src third_party tests "$copy"
    cp -Rp "$build/third_party" "$copy/build"
    $make --no-print-directory -C "$copy" "$@" BUILD=build all dist >"$copy/log" 2>&1 || {
        cat "$copy/log"
        echo "repro: the build in $copy failed"
        exit 1
    }
done
for file in gridkey gridkey.debug; do
    cmp "$build/repro/one/build/$file" "$build/repro/another-and-longer/build/$file" || {
        echo "repro: $file differs between two folders; both are left in $build/repro"
        exit 1
    }
done
diff -r "$build/repro/one/build/dist" "$build/repro/another-and-longer/build/dist" || {
    echo "repro: what make dist makes differs between two folders; both are left in $build/repro"
    exit 1
}
[ -s "$build/repro/one/build/dist/SHA256SUMS" ] || { echo "repro: make dist made nothing"; exit 1; }
sum=$(sha256sum <"$build/repro/one/build/gridkey" | cut -d ' ' -f 1)
rm -rf "$build/repro"
echo "repro: two builds in two folders are the same, $sum; so is what make dist makes"
