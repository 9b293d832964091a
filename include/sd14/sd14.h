/* SPDX-License-Identifier: Apache-2.0 */

/** Everything: Stable Diffusion 1.4 as a C library. Start at sd14/generate.h. */
#ifndef SD14_SD14_H
#define SD14_SD14_H

#include <sd14/bench.h>
#include <sd14/compare.h>
#include <sd14/config.h>
#include <sd14/contracts.h>
#include <sd14/device.h>
#include <sd14/generate.h>
#include <sd14/golden.h>
#include <sd14/image.h>
#include <sd14/model.h>
#include <sd14/parity.h>
#include <sd14/plan.h>
#include <sd14/probe.h>
#include <sd14/report.h>
#include <sd14/status.h>
#include <sd14/text.h>

#ifdef __cplusplus
extern "C" {
#endif

/** "0.1.0". */
SD14_API const char *sd14_version(void);

#ifdef __cplusplus
}
#endif

#endif /* SD14_SD14_H */
