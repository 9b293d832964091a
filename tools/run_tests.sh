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
run=$(count tests)
passed=$(grep -c 'status="run"' "$results" || true)
skipped=$(grep -c 'SKIP_RETURN_CODE' "$results" || true) # exit 77; a test that did not start is a failure
echo "$preset: $run tests: $passed passed, $((run - passed - skipped)) failed, $skipped skipped"
exit $status
