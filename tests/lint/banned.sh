#!/bin/sh
# banned.sh [SRC]: no file of SRC (src) calls a function that is unsafe or costs too much room, or
# holds a mark of unfinished work. Prints what breaks this; exits 1 if any.
set -eu
LC_ALL=C
export LC_ALL
cd "${1:-src}"
broken=$(mktemp)
trap 'rm -f "$broken"' EXIT

# Unbounded copies; parsers that hide errors; a shell; static buffers and jumps; the libc's streams,
# which would cost the binary more than our own formatter.
unsafe='strcpy|strcat|stpcpy|gets|strtok|alloca|system|popen|setjmp|longjmp|localtime|gmtime|tmpnam'
numbers='atoi|atol|atoll|atof|strtol|strtoll|strtoul|strtoull|strtod|strtof'
streams='v?f?s?n?printf|dprintf|f?s?scanf|f?puts|putchar|fopen|fdopen|fgets|getline|perror'
calls="(^|[^A-Za-z0-9_.>])($unsafe|$numbers|$streams)[[:blank:]]*\("
marks='T[O]DO|F[I]XME|X[X]X|H[A]CK'

{
    grep -rnE --include='*.[ch]' "$marks" . | sed 's#^\./#banned: src/#'
    # Where one may be called. The preprocessor takes the comments out.
    for file in $(grep -rlE --include='*.[ch]' "$calls" . | sed 's#^\./##' | sort); do
        case $file in tls/roots_generate.c | cli/manual_generate.c) continue ;; esac # tools of the build
        ${HOSTCC:-cc} -fpreprocessed -dD -E -P -x c "$file" 2>/dev/null |
            grep -E "$calls" | sed "s#^#banned: src/$file: #"
    done
} >"$broken" || true

[ ! -s "$broken" ] || { cat "$broken"; exit 1; }
