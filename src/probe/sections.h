/* SPDX-License-Identifier: Apache-2.0 */

/** The report's sections: each writes its own, and fails only without memory. */
#ifndef SD14_PROBE_SECTIONS_H
#define SD14_PROBE_SECTIONS_H

#include "probe/findings.h"
#include "probe/probe.h"

#define PROBE_SECTIONS(SECTION)                                                                    \
    SECTION(program)      /* this program, its libraries, the system */                            \
    SECTION(cpu)          /* processor, instruction sets, cores, caches */                         \
    SECTION(memory)       /* memory, limits, huge pages */                                         \
    SECTION(folders)      /* cache folders and their disks */                                      \
    SECTION(models)       /* models found */                                                       \
    SECTION(hugging_face) /* token, licence */                                                     \
    SECTION(tenstorrent)  /* cards, driver, firmware */                                            \
    SECTION(ttnn)         /* Python, ttnn, compilers */

#define DECLARE(name)                                                                              \
    SD14_NODISCARD sd14_status probe_##name(const probe_options *options, findings *to,            \
                                            sd14_error *error);
PROBE_SECTIONS(DECLARE)
#undef DECLARE

/** Whether Tenstorrent's things are needed: what is missing then stops the run. */
bool probe_wants_ttnn(const probe_options *options);

#endif /* SD14_PROBE_SECTIONS_H */
