/* SPDX-License-Identifier: Apache-2.0 */

/** What the parts of a comparison share; from outside see parity/compare.h. */
#ifndef SD14_PARITY_COMPARE_PARTS_H
#define SD14_PARITY_COMPARE_PARTS_H

#include "parity/compare.h"

/** Adds a finding, and marks item and tensor (each may be NULL) when it fails. Out of memory is remembered in
 * the comparison. */
#if defined(__GNUC__)
__attribute__((format(printf, 6, 7)))
#endif
void
compare_find(comparison *in,
             compared_item *item,
             compared_tensor *about,
             bool fails,
             const char *subject,
             const char *format,
             ...);

/** A new item; NULL and remembered: no memory. Valid until the next one. */
compared_item *compare_add_item(comparison *to, const char *id);

/** A new tensor of the item; NULL and remembered: no memory. Valid until the next one. */
compared_tensor *compare_add_tensor(comparison *in, compared_item *to, const char *name);

/** Measures one tensor that both sides have. @return SD14_ERROR_OUT_OF_MEMORY */
SD14_NODISCARD sd14_status compare_tensors(comparison *in,
                                           compared_item *item,
                                           const char *name,
                                           const tensor sides[SIDES],
                                           sd14_error *error);

/** Measures two PNG files. @return SD14_ERROR_OUT_OF_MEMORY; SD14_ERROR_FILE: unreadable. */
SD14_NODISCARD sd14_status compare_pictures(comparison *in,
                                            compared_item *item,
                                            const char *const paths[SIDES],
                                            sd14_error *error);

/** The manifests: settings, models, items; makes the items. */
void compare_manifests(comparison *in);

/** Hashes every file that the manifests name. @return SD14_ERROR_OUT_OF_MEMORY */
SD14_NODISCARD sd14_status compare_hashes(comparison *in, sd14_error *error);

/** All tensors and the picture of an item that both runs have. @return SD14_ERROR_OUT_OF_MEMORY */
SD14_NODISCARD sd14_status compare_item(comparison *in, compared_item *item, sd14_error *error);

/** Two files by the end of their names. As comparison_make(). */
SD14_NODISCARD sd14_status compare_files(comparison *in, sd14_error *error);

#endif /* SD14_PARITY_COMPARE_PARTS_H */
