#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The built libraries give a program the names that the public headers declare, and no others.
set -eu
cd "$(dirname "$0")/../.."
libraries="build/release/libsd14.so build/release/libsd14.a"
work=build/check-symbols
mkdir -p $work

if [ ! -e build/release/build.ninja ]; then
    echo "build/release is not there: make"
    exit 1
fi
cmake --build build/release --target sd14_shared sd14_static >$work/build.log || { cat $work/build.log; exit 1; }

grep -ohE '\bsd14_[a-z0-9_]+\(' include/sd14/*.h | tr -d '(' | sort -u >$work/declared
for library in $libraries; do
    case $library in
    *.so) dynamic=-D ;;
    *) dynamic= ;;
    esac
    nm $dynamic -g --defined-only "$library" | awk 'NF == 3 { print $3 }' | sort -u >$work/defined
    if ! diff $work/declared $work/defined >$work/difference; then
        echo "$library: '<' is declared in include/sd14/ and not there, '>' is there and not declared:"
        cat $work/difference
        exit 1
    fi
done

# A program's own function may have the name of a hidden one.
hidden=cpu_has
nm build/release/libsd14.a | grep -q " t $hidden\$" || { echo "libsd14.a: no hidden $hidden to test with"; exit 1; }
cat >$work/own.c <<C
#include <sd14/sd14.h>
int $hidden(void);
int $hidden(void) { return sd14_version()[0] == 0; }
int main(void)
{
    sd14_model *model = 0;
    sd14_model_params params;
    sd14_model_params_default(&params);
    return sd14_model_load(&params, &model, 0) == SD14_OK || $hidden();
}
C
libs=$(pkg-config --libs libpng jansson libutf8proc libcrypto)
# shellcheck disable=SC2086 # libs are words
cc -Iinclude $work/own.c build/release/libsd14.a $libs -pthread -lm -o $work/own
$work/own
echo "$(wc -l <$work/declared) names"
