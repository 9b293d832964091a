#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs build/release into a new folder, moves it, and builds and runs programs of C and C++ against it:
# pkg-config and find_package, shared and static.
set -eu
cd "$(dirname "$0")/../.."
here=$PWD
work=$here/build/install-test
rm -rf "$work"
mkdir -p "$work"

tools/install_packages.sh --list build
cmake --preset release --log-level=NOTICE
cmake --build build/release
cmake --install build/release --prefix "$work/first" >"$work/install.log"
mv "$work/first" "$work/prefix" # nothing may remember where it was installed
prefix=$work/prefix
libraries=$prefix/$(sed -n 's/^CMAKE_INSTALL_LIBDIR:PATH=//p' build/release/CMakeCache.txt)
PKG_CONFIG_PATH=$libraries/pkgconfig
LD_LIBRARY_PATH=$libraries
export PKG_CONFIG_PATH LD_LIBRARY_PATH

for file in bin/sd14 include/sd14/sd14.h share/man/man1/sd14.1 share/doc/sd14/LICENSE \
    share/bash-completion/completions/sd14 share/sd14/models/emoji/model_index.json \
    libexec/sd14/sd14-ttnn-device; do
    [ -s "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done

flags=$(pkg-config --cflags sd14)
shared=$(pkg-config --libs sd14)
static=$(pkg-config --static --libs sd14 | sed 's/-lsd14/-l:libsd14.a/')
# shellcheck disable=SC2086 # flags are words
{
    cc -std=c99 -Wall -Wextra -Werror $flags examples/draw.c $shared -o "$work/pc_c_shared"
    cc -std=c99 -Wall -Wextra -Werror $flags examples/draw.c $static -o "$work/pc_c_static"
    c++ -std=c++17 -Wall -Wextra -Werror $flags tests/install/draw.cpp $shared -o "$work/pc_cpp_shared"
    c++ -std=c++17 -Wall -Wextra -Werror $flags tests/install/draw.cpp $static -o "$work/pc_cpp_static"
}
cmake -G Ninja -S tests/install -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" --log-level=NOTICE
cmake --build "$work/cmake"

model=$prefix/share/sd14/models/emoji
same_picture() { # program argument ...: what it draws is what the first of its kind drew
    program=$1
    first=$2
    shift 2
    "$program" "$model" "$@" "$work/picture.png"
    [ -e "$work/$first" ] || cp "$work/picture.png" "$work/$first"
    cmp "$work/picture.png" "$work/$first"
}
for program in "$work"/pc_c_shared "$work"/pc_c_static "$work"/cmake/c_sd14 "$work"/cmake/c_sd14_static; do
    same_picture "$program" c.png "a red apple"
done
for program in "$work"/pc_cpp_shared "$work"/pc_cpp_static "$work"/cmake/cpp_sd14 "$work"/cmake/cpp_sd14_static; do
    same_picture "$program" cpp.png
done
ldd "$work/pc_c_shared" | grep -q "$libraries/libsd14.so.0" || { echo "pc_c_shared: not shared"; exit 1; }
if ldd "$work/cmake/c_sd14_static" | grep -q libsd14; then echo "c_sd14_static: not static"; exit 1; fi

# The program finds the model installed beside it.
(cd "$work" && env -u SD14_MODEL prefix/bin/sd14 generate -q --steps 1 -o cli.png "a red apple" >/dev/null)
[ -s "$work/cli.png" ]
echo "install: 8 programs built and run, and the installed sd14"
