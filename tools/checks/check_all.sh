#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every check beside this file, says how each went, and fails if one did. Exit 77 is a visible skip.
set -u
here=$(cd "$(dirname "$0")" && pwd)
failed=0
for check in "$here"/check_*; do
    name=$(basename "$check")
    [ "$name" != check_all.sh ] || continue
    start=$(date +%s)
    output=$("$check" 2>&1)
    case $? in
    0) result=passed ;;
    77) result=skipped ;;
    *) result=FAILED failed=$((failed + 1)) ;;
    esac
    printf '%-18s %-8s %4d s\n' "$name" "$result" $(($(date +%s) - start))
    [ -z "$output" ] || echo "$output" | sed 's/^/    /'
done
[ $failed -eq 0 ] || echo "$failed checks failed"
exit $((failed > 0))
