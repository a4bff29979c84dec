#!/bin/sh
# run.sh PROGRAM SECONDS: fuzzes one target from its committed corpus. New inputs are kept
# in build/fuzz/corpus/<topic>, what crashes in build/fuzz/crashes.
set -eu
program=$1
topic=$(basename "$program" | sed 's/^fuzz_//')
committed=tests/fuzz/corpus/$topic
grown=build/fuzz/corpus/$topic
log=build/log/fuzz-$topic.log
mkdir -p "$grown" "$committed" build/fuzz/crashes build/log
if "$program" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/crashes/$topic-" "$grown" "$committed" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    echo "$topic: clean, $runs runs in $2 s"
else
    tail -n 30 "$log"
    echo "$topic: FAILED (the whole log: $log)"
    exit 1
fi
