#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a preset's tests and counts them, skipped ones included: tools/run_tests.sh release [ctest options]
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift
results=build/$preset/tests.xml
rm -f "$results"
status=0
ctest --preset "$preset" --output-junit "$PWD/$results" "$@" || status=$?
[ -f "$results" ] || exit 1

count() { sed -n "s/^[[:space:]]*$1=\"\([0-9]*\)\".*/\1/p" "$results" | head -n 1; }
run=$(count tests) failed=$(count failures) skipped=$(count skipped)
echo "$preset: $run tests: $((run - failed - skipped)) passed, $failed failed, $skipped skipped"
exit $status
