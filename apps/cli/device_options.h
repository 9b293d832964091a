/* SPDX-License-Identifier: Apache-2.0 */

/** The backend's own options, as one JSON object of --device-options and of those with a name of their own. */
#ifndef SD14_CLI_DEVICE_OPTIONS_H
#define SD14_CLI_DEVICE_OPTIONS_H

#include "settings.h"

/** @param out_text  `out`, or NULL where nothing was said. The console said what is wrong. */
exit_code device_options_text(const model_settings *settings,
                              console *con,
                              char out[DEVICE_OPTIONS_BYTES],
                              const char **out_text);

#endif /* SD14_CLI_DEVICE_OPTIONS_H */
