#!/bin/sh
# Compile musl for a machine, without root and without installing it:
#
#   musl.sh SOURCE DESTINATION COMPILER AR FLAGS...
#
#   SOURCE        musl's tree; nothing is written there
#   DESTINATION   becomes a folder with lib/ and gcc.specs: compile and link with
#                 COMPILER -specs=DESTINATION/gcc.specs -static
#
# Only the files in musl.files are compiled, for size, in the configuration that musl's own configure
# finds for COMPILER FLAGS.
set -eu
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 4 ] || { echo "usage: musl.sh SOURCE DESTINATION COMPILER AR FLAGS..." >&2; exit 2; }
source=$(cd "$1" && pwd)
headers=$1
given=$2
compiler=$3
ar=$4
shift 4
rm -rf "$given"
mkdir -p "$given"
cd "$given"

# musl's assembler files for mips are position independent and say so to nobody.
case $("$compiler" -dumpmachine) in
mips*) set -- "$@" -Wa,-KPIC ;;
esac
run() {
    "$@" >log 2>&1 || { sed 's/^/musl: /' log >&2; exit 1; }
}
files=$(sed -n 's/^[a-z].*\.c$/&/p' "$here/musl.files")
case " $* " in
*' -no-pie '*) position=-fno-pie ;;
*) position=-fPIE ;;
esac
run env CC="$compiler $*" CFLAGS="$position -fno-ident" AR="$ar" "$source/configure" \
    --disable-shared --disable-warnings --enable-optimize=size --target="$("$compiler" -dumpmachine)"
# It shares the jobs of the make that called this, but not the variables on its command line.
case ${MAKEFLAGS:-} in
*' -- '*) MAKEFLAGS=${MAKEFLAGS%% -- *} ;;
esac
run ${MAKE:-make} --no-print-directory lib/libc.a lib/crt1.o lib/rcrt1.o lib/crti.o lib/crtn.o \
    SRC_DIRS="$(for file in $files; do echo "$source/src/${file%/*}"; done | sort -u | tr '\n' ' ') $source/crt" \
    BASE_SRCS="$(for file in $files; do echo "$source/src/$file"; done | tr '\n' ' ') $source/crt/crt1.c $source/crt/rcrt1.c $source/crt/crti.c $source/crt/crtn.c" \
    AR="$ar" RANLIB=:
rm -f log

arch=$(sed -n 's/^ARCH = //p' config.mak)
include=
for folder in "$headers/arch/$arch" "$headers/arch/generic" "$given/obj/include" "$headers/include"; do
    include="$include -isystem $folder"
done
cat >gcc.specs.new <<END
%rename cpp_options gcc_cpp_options
%rename cc1 gcc_cc1

*cpp_options:
-nostdinc$include -isystem include%s %(gcc_cpp_options)

*cc1:
%(gcc_cc1) -nostdinc$include -isystem include%s

*link_libgcc:


*lib:
$given/lib/libc.a

*libgcc:
libgcc.a%s

*startfile:
$given/lib/crt1.o $given/lib/crti.o

*endfile:
$given/lib/crtn.o

END
mv gcc.specs.new gcc.specs
