#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every shell script passes shellcheck.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v shellcheck >/dev/null; then
    echo "skipped: no shellcheck here"
    exit 77
fi
git ls-files '*.sh' '*.bash' .ci/run | xargs shellcheck
