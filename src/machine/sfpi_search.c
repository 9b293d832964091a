/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/sfpi_search.h"

/* Appends a place to look at, if the variable or the folder it begins with is known. */
static bool try_folder(
    const machine *on, const char *base, const char *below, char out[PATH_MAX], text *looked_in)
{
    char program[PATH_MAX];
    if (base == NULL || !machine_join(out, "%s%s", base, below)) return false;
    text_add(looked_in, "%s%s", looked_in->length > 0 ? ", " : "", out);
    return machine_join(program, "%s/compiler/bin/riscv-tt-elf-g++", out) &&
           machine_has_file(on, program);
}

bool sfpi_find(const machine *on,
               const char *ttnn_folder,
               char out_folder[PATH_MAX],
               text *looked_in)
{
    static const char below[] = "/runtime/sfpi";
    const char *root = machine_variable(on, "TT_METAL_RUNTIME_ROOT");
    const char *home = machine_variable(on, "TT_METAL_HOME");
    return try_folder(on, root, below, out_folder, looked_in) ||
           try_folder(on, home, below, out_folder, looked_in) ||
           try_folder(on, ttnn_folder, below, out_folder, looked_in) ||
           try_folder(on, "/opt/tenstorrent/sfpi", "", out_folder, looked_in);
}
