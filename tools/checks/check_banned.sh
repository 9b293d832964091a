#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Calls that have no place here. Memory comes from base/memory.h, so that tests can count and fail it; text
# goes through snprintf; what comes from outside is answered by a status, not by the end of the process.
set -eu
cd "$(dirname "$0")/../.."
found=0

ban() { # why | names of functions | git's pathspecs
    why=$1 names=$2
    shift 2
    if git grep -nP --untracked "^(?!\s*(/?\*|//)).*(?<![\w.>\"])($names)\s*\(" -- "$@"; then
        echo "  banned: $why"
        found=1
    fi
}

ban "memory comes from base/memory.h" \
    'malloc|calloc|realloc|reallocarray|free|strn?dup|v?asprintf|posix_memalign|aligned_alloc|alloca' \
    'src/*.c' 'src/*.h' ':!src/base/memory.c'
ban "no bound on what is written: snprintf" 'strcpy|strcat|stpcpy|v?sprintf|gets' \
    'src/*.[ch]' 'apps/*.[ch]' 'tests/*.[ch]' 'examples/*.[ch]'
ban "state behind the caller's back, or errors that look like 0" 'strtok|rand|srand|ato[ifl]|atoll|setlocale' \
    'src/*.[ch]' 'apps/*.[ch]' 'tests/*.[ch]' 'examples/*.[ch]'
ban "the process belongs to the caller: return a status" '_?exit|_Exit|abort|system|popen|signal|sigaction' \
    'src/*.[ch]'
ban "these layers read what comes from outside: return a status" 'assert' \
    'src/formats/*.[ch]' 'src/models/*.[ch]' 'src/api/*.[ch]'
exit $found
