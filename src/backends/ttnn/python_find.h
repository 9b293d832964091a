/* SPDX-License-Identifier: Apache-2.0 */

/** The Python that has ttnn, as the device process needs it, and what else ttnn wants of the machine. */
#ifndef SD14_TTNN_PYTHON_FIND_H
#define SD14_TTNN_PYTHON_FIND_H

#include <jansson.h>
#include <stdbool.h>

#include "base/status.h"
#include "machine/machine.h"

typedef struct ttnn_python {
    char program[PATH_MAX];     /**< the interpreter that was asked */
    char library[PATH_MAX];     /**< its libpython, an absolute path */
    char folder[PATH_MAX];      /**< the package ttnn's */
    char version[MACHINE_LINE]; /**< ttnn's: "0.81.1"; "unknown": a source tree without metadata */
    bool
        native; /**< false: no compiled part, a stand-in that computes on the host and needs no card */
    json_t *site; /**< array of its site-packages folders */
} ttnn_python;

/**
 * Finds the interpreter and asks it.
 * @param wanted  an interpreter or a virtual environment's folder; NULL: $SD14_TTNN_PYTHON, else the first with
 *                ttnn of the active virtual environment, python3.12, python3.10 and python3 on PATH. One that is
 *                named may be of any version, if ttnn is there.
 * @param out     the caller's to ttnn_python_release().
 * @return SD14_ERROR_DEVICE: no interpreter, none with a shared libpython, no ttnn, numpy absent or >= 2, each
 *         with the remedy; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status ttnn_python_find(const machine *on,
                                            const char *wanted,
                                            ttnn_python *out,
                                            sd14_error *error);

/**
 * Looks for what a device call would miss: Tenstorrent's compiler (sfpi), and a card that may be opened,
 * unless $TT_METAL_MOCK_CLUSTER_DESC_PATH or $TT_METAL_SIMULATOR stands for it. Nothing for a stand-in.
 * @return SD14_ERROR_DEVICE with the remedy; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status ttnn_python_check_device(const machine *on,
                                                    const ttnn_python *python,
                                                    sd14_error *error);

/** Puts "library", "program" and "site" into an "open" request. @return SD14_ERROR_OUT_OF_MEMORY. */
SD14_NODISCARD sd14_status ttnn_python_describe(const ttnn_python *python,
                                                json_t *open_request,
                                                sd14_error *error);

void ttnn_python_release(ttnn_python *of);

#endif /* SD14_TTNN_PYTHON_FIND_H */
