#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets with clang and lets each try inputs for some seconds, from its seeds on and from what
# earlier runs found interesting (build/fuzz/corpus). Fails where one fails; its input is kept.
#
#   tests/fuzz/run.sh SECONDS [subject ...]     without subjects: all
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."
seconds=$1
shift
export build=build/fuzz seconds

# One target, with a line that says how it went.
fuzz() { # subject
    local subject=$1 log=$build/logs/$1 folders=("$build/corpus/$1" "$build/seeds/$1")
    mkdir -p "$build/corpus/$subject" "$build/found" "$build/logs"
    if [[ -d tests/fuzz/regressions/$subject ]]; then folders+=("tests/fuzz/regressions/$subject"); fi
    if ! "$build/tests/fuzz/fuzz_$subject" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
        -max_len=4096 -dict="$build/seeds/words" -use_value_profile=1 -print_final_stats=1 \
        -artifact_prefix="$build/found/$subject-" "${folders[@]}" >"$log" 2>&1; then
        grep -v '^#' "$log" | tail -n 60
        echo "fuzz_$subject FAILED: fix it and keep its input in tests/fuzz/regressions/$subject"
        return 1
    fi
    printf '%-18s %9d executions\n' "$subject" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
}
export -f fuzz

cmake --preset fuzz --log-level=NOTICE
cmake --build --preset fuzz
tests/fuzz/make_seeds.py "$build/seeds"
subjects=("$@")
if [[ $# -eq 0 ]]; then
    for source in tests/fuzz/fuzz_*.c; do subjects+=("$(basename "${source#*fuzz_}" .c)"); done
fi
# Targets with several files put them into memory where there is room for it.
scratch=$(mktemp -d -p "$(test -w /dev/shm && echo /dev/shm || echo "${TMPDIR:-/tmp}")" sd14-fuzz-XXXXXX)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch
# What was freed long ago need not be kept for a report.
export ASAN_OPTIONS=quarantine_size_mb=16
printf '%s\n' "${subjects[@]}" | xargs -P "$(nproc)" -I {} bash -euc "fuzz {}"
