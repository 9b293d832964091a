/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Python interpreters and the packages beside them, by looking at files: nothing is run.
 *
 * An interpreter's packages lie in lib/python3.X/site-packages of its prefix, of its virtual environment, of
 * the user's ~/.local, or (Debian's own) in /usr/lib/python3/dist-packages.
 */
#ifndef SD14_MACHINE_PYTHON_SEARCH_H
#define SD14_MACHINE_PYTHON_SEARCH_H

#include "base/text.h"
#include "machine/machine.h"

/** A package's place and version, from the name of its dist-info folder. */
typedef struct python_package {
    char version[MACHINE_LINE]; /**< "": not found */
    char folder[PATH_MAX];      /**< the site-packages that has it */
} python_package;

typedef struct python_found {
    char program[PATH_MAX]; /**< "": no interpreter that ttnn has packages for */
    int minor;              /**< 12 of 3.12 */
    python_package ttnn;
    python_package numpy;
    text looked_for; /**< in words, separated by ", " */
} python_found;

/**
 * The first of $SD14_TTNN_PYTHON, the active virtual environment, python3.12, python3.10 and python3 on PATH
 * that has ttnn; if none has, the first there is. ttnn has packages for 3.10 and 3.12 only.
 * @param out_found  the caller's to python_found_release().
 * @return SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status python_find(const machine *on,
                                       python_found *out_found,
                                       sd14_error *error);

void python_found_release(python_found *found);

#endif /* SD14_MACHINE_PYTHON_SEARCH_H */
