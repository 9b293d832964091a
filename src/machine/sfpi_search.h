/* SPDX-License-Identifier: Apache-2.0 */

/** Tenstorrent's compiler for kernels, sfpi. */
#ifndef SD14_MACHINE_SFPI_SEARCH_H
#define SD14_MACHINE_SFPI_SEARCH_H

#include "base/text.h"
#include "machine/machine.h"

/**
 * runtime/sfpi of $TT_METAL_RUNTIME_ROOT, $TT_METAL_HOME and the package ttnn, then /opt/tenstorrent/sfpi.
 * @param ttnn_folder  the package's; NULL: there is none.
 * @param looked_in    gets the folders looked at, separated by ", ".
 * @return false: it is in none of them.
 */
bool sfpi_find(const machine *on,
               const char *ttnn_folder,
               char out_folder[PATH_MAX],
               text *looked_in);

#endif /* SD14_MACHINE_SFPI_SEARCH_H */
