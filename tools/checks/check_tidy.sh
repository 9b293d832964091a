#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy on the C files changed since a commit (the branch's start, or main), or on all of them.
#
#   tools/checks/check_tidy.sh [--all | COMMIT]
set -eu
cd "$(dirname "$0")/../.."
if ! command -v clang-tidy >/dev/null; then
    echo "skipped: no clang-tidy here"
    exit 77
fi
[ -e build/release/compile_commands.json ] || cmake --preset release --log-level=NOTICE

since=${1-}
if [ "$since" = --all ]; then
    files=$(git ls-files 'src/*.c' 'apps/*.c' 'examples/*.c')
else
    if [ -z "$since" ]; then
        since=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null || echo HEAD)
    fi
    files=$(git diff --name-only --diff-filter=d "$since" -- 'src/*.c' 'apps/*.c' 'examples/*.c')
fi
if [ -z "$files" ]; then
    echo "no C file changed since $since; --all takes all"
    exit 0
fi
# On stderr it counts what it does not show.
echo "$files" | xargs -P "$(nproc)" -n 4 clang-tidy -p build/release --quiet --warnings-as-errors='*' \
    --extra-arg=-Wno-unknown-warning-option 2>build/tidy.log || { cat build/tidy.log; exit 1; }
