/* SPDX-License-Identifier: Apache-2.0 */

/** sd14 bench --operators. */
#ifndef SD14_CLI_BENCH_OPERATORS_H
#define SD14_CLI_BENCH_OPERATORS_H

#include "bench_options.h"

/** Times the model's operators, each alone, and prints them; the console says what went wrong. */
exit_code bench_operators(cli *cli, const bench_settings *settings);

#endif /* SD14_CLI_BENCH_OPERATORS_H */
