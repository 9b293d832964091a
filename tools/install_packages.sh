#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the distribution packages that are missing, and nothing else; silent when none is.
#
#   tools/install_packages.sh [--list] build|checks|ttnn|peers ...
#
# --list installs nothing: it says what is missing and fails if anything is.
set -eu

# group | Debian's package | how to see that it is there (pc: pkg-config's name of a library) | why
packages() {
    cat <<'TABLE'
build  gcc             command:cc             compiles C
build  libc6-dev       header:stdio.h         the C library's headers
build  cmake           command:cmake          configures the build
build  ninja-build     command:ninja          runs the build
build  pkg-config      command:pkg-config     finds the libraries below
build  libpng-dev      pc:libpng              writes pictures
build  libjansson-dev  pc:jansson             reads configurations
build  libutf8proc-dev pc:libutf8proc         Unicode in prompts
build  libssl-dev      pc:libcrypto           SHA-256 of model files
build  libcmocka-dev   pc:cmocka              runs the tests
build  libsimde-dev    header:simde/x86/avx512.h tests AVX-512 kernels where the processor has none
build  python3         command:python3        runs some of the tests
build  python3-numpy   python:numpy           computes in place of a Tenstorrent card in tests
build  libpython3-dev  libpython:             runs inside the device process in tests
checks g++             command:g++            public headers in C++, the install test
checks clang           command:clang          the second compiler
checks libclang-rt-dev clang:libclang_rt.asan clang's sanitizers
checks clang-format    command:clang-format   the format of the source
checks clang-tidy      command:clang-tidy     static analysis
checks shellcheck      command:shellcheck     static analysis of shell scripts
checks python3-jsonschema python:jsonschema   configurations against their schemas
peers  python3-venv    python:ensurepip       an environment for other engines
peers  g++             command:g++            compiles one of them
ttnn   binutils-riscv64-unknown-elf command:riscv64-unknown-elf-as links what ttnn's mock device loads
TABLE
}

is_there() {
    case $1 in
    command:*) command -v "${1#*:}" >/dev/null 2>&1 ;;
    header:*) echo "#include <${1#*:}>" | cc -E - >/dev/null 2>&1 ;;
    pc:*) pkg-config --exists "${1#*:}" 2>/dev/null ;;
    python:*) python3 -c "import ${1#*:}" 2>/dev/null ;;
    libpython:) python3 -c 'import ctypes, sysconfig as s; ctypes.CDLL(s.get_config_var("INSTSONAME"))' 2>/dev/null ;;
    clang:*) test -e "$(clang --print-file-name="${1#*:}-$(uname -m).a" 2>/dev/null)" ;;
    esac
}

install() { # the missing packages as words
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "no apt-get here: install the packages above by their names in this distribution" >&2
        return 1
    fi
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            echo "not root and no sudo here: as root, run: apt-get install -y $*" >&2
            return 1
        fi
        as_root="sudo"
    fi
    get="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq"
    $get install -y --no-install-recommends "$@" >/dev/null 2>&1 && return
    # The lists may be missing or old: a new machine's are.
    $get update && $get install -y --no-install-recommends "$@" >/dev/null
}

list_only=false
if [ "${1-}" = --list ]; then
    list_only=true
    shift
fi
[ $# -gt 0 ] || { sed -n '3,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }

missing=
for group in "$@"; do
    while read -r its_group package sign why; do
        [ "$its_group" = "$group" ] || continue
        is_there "$sign" && continue
        [ -n "$missing" ] || echo "missing packages:"
        printf '  %-16s %s\n' "$package" "$why"
        missing="$missing $package"
    done <<TABLE
$(packages)
TABLE
done
[ -n "$missing" ] || exit 0
if $list_only; then
    echo "\`make demo\` and \`make test\` install them; by hand: apt-get install$missing" >&2
    exit 1
fi
# shellcheck disable=SC2086 # one word for each package
install $missing
echo "installed$missing"
