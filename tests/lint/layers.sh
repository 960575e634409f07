#!/bin/sh
# layers.sh [SRC]: each folder of SRC (src) includes only what is below it, and what belongs to one
# place stays there. Prints each line that breaks this; exits 1 if any does.
set -eu
LC_ALL=C
export LC_ALL
cd "${1:-src}"
broken=$(mktemp)
trap 'rm -f "$broken"' EXIT

# may_include LAYER: the layers that its files may include.
may_include() {
    case $1 in
    base) echo base ;;
    tls) echo base tls ;;
    http) echo base tls http ;;
    store) echo base store ;;
    edgegrid) echo base tls http edgegrid ;;
    iam) echo base tls http edgegrid store iam ;;
    cli) echo base tls http edgegrid store iam cli ;;
    main) echo base tls http edgegrid store iam cli ;;
    esac
}

report() {
    echo "layers: $*" >>"$broken"
}

# only PATTERN WHAT PLACE...: WHAT, found by PATTERN, stays in the files named (shell patterns).
only() {
    pattern=$1 what=$2
    shift 2
    # roots_generate.c is a tool of the build and no part of the program.
    grep -rnE --include='*.[ch]' --exclude=roots_generate.c "$pattern" . | sed 's#^\./##' |
        while IFS= read -r line; do
            for place in "$@"; do
                # shellcheck disable=SC2254
                case ${line%%:*} in $place) continue 2 ;; esac
            done
            report "src/$line: $what belongs in $*"
        done
}

include='^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*'

for file in *.c *.h */*.c */*.h; do
    [ -f "$file" ] || continue
    case $file in
    */*) layer=${file%%/*} ;;
    main.c) layer=main ;;
    *) layer= ;;
    esac
    allowed=$(may_include "$layer")
    [ -n "$allowed" ] || report "src/$file: no layer of that name is known"
    sed -n "s/$include\"\([^\"]*\)\".*/\1/p" "$file" | while read -r header; do
        case " $allowed " in
        *" ${header%%/*} "*) ;;
        *) report "src/$file: includes \"$header\"; a file of $layer may include: $allowed" ;;
        esac
        [ -f "$header" ] || report "src/$file: includes \"$header\", which is not there"
    done
done
find . -mindepth 3 -name '*.[ch]' | while read -r file; do
    report "src/${file#./}: is deeper than one folder, where nothing is compiled"
done

only "$include[<\"]cJSON\.h" 'cJSON' base/json.c
only "$include[<\"]bearssl_(hash|hmac|kdf)\.h" "BearSSL's hashing" \
    base/hash.c 'tls/*' 'store/seal*.c'
only "$include[<\"]bearssl(_(aead|block|ec|kdf|pem|prf|rand|rsa|ssl|x509))?\.h" \
    'BearSSL' 'tls/*' 'store/seal*.c'
only "$include<(sys/socket|netdb|netinet/[a-z]*|arpa/inet)\.h>" 'the network' 'tls/*' 'http/*'
only '(clock_gettime|gettimeofday|[^a-z_]time)[[:blank:]]*\(' 'asking for the time' 'base/clock.*'
only '(getrandom|getentropy)[[:blank:]]*\(|/dev/u?random' 'asking for random bits' 'base/random.*'

[ ! -s "$broken" ] || { cat "$broken"; exit 1; }
