#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each public header compiles alone and twice, without a warning, as C99, C11 and C++17.
set -eu
cd "$(dirname "$0")/../.."
n=0
for header in include/sd14/*.h; do
    name=sd14/$(basename "$header")
    for language in c99 c11 c++17; do
        case $language in
        c++*) compiler=c++ kind=c++ ;;
        *) compiler=cc kind=c ;;
        esac
        if ! command -v $compiler >/dev/null; then
            echo "skipped: no $compiler here, so $name was not tried as $language"
            continue
        fi
        printf '#include <%s>\n#include <%s>\n' "$name" "$name" |
            $compiler -x $kind -std=$language -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -
        n=$((n + 1))
    done
done
echo "$n compilations"
