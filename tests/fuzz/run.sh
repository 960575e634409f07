#!/bin/sh
# run.sh FOLDER SECONDS|seeds NAME...: run the fuzz targets FOLDER/fuzz_NAME one after the other,
# each for an equal share of the time, or over their seeds alone: then they are built with replay.c.
#
# Prints a line for each target; for one that found something also the end of what it said, and the
# command that repeats it. Exits 1 when any did. What a target learns stays in FOLDER/NAME, to begin
# with the next time; the seeds are left as they are.
set -eu
LC_ALL=C
export LC_ALL
here=$(dirname "$0")
folder=$1
time=$2
shift 2
share=1
[ "$time" = seeds ] || share=$((time / $#))
[ "$share" -ge 1 ] || share=1
status=0

# number NAME: of libFuzzer's final statistics.
number() {
    sed -n "s/^stat::$1: *//p" "$log" | tail -1
}

for name in "$@"; do
    program=$folder/fuzz_$name
    findings=$folder/$name-findings/
    log=$folder/$name.log
    dictionary=$here/seeds/$name.dict
    if [ "$time" = seeds ]; then
        set -- "$here/seeds/$name"/*
    else
        mkdir -p "$folder/$name" "$findings"
        set -- -rss_limit_mb=1024 -timeout=20 -print_final_stats=1 "-artifact_prefix=$findings"
        [ ! -f "$dictionary" ] || set -- "$@" "-dict=$dictionary"
        set -- "$@" "-max_total_time=$share" "$folder/$name" "$here/seeds/$name"
    fi
    if "$program" "$@" >"$log" 2>&1; then
        if [ "$time" = seeds ]; then
            echo "fuzz: $name: $(grep -c '^Executed' "$log") seeds"
        else
            echo "fuzz: $name: $(number number_of_executed_units) executions in $share s," \
                "$(find "$folder/$name" -type f | wc -l) inputs kept"
        fi
        continue
    fi
    status=1
    echo "fuzz: $name: FOUND SOMETHING; the end of $log:"
    tail -40 "$log"
    input=$(sed -n 's/^.*Test unit written to //p' "$log" | tail -1)
    [ -n "$input" ] || input=$(sed -n 's/^Running: //p' "$log" | tail -1)
    echo "fuzz: $name: repeat it with: $program ${input:-"$*"}"
done
exit $status
