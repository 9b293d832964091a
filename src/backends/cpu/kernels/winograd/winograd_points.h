/* SPDX-License-Identifier: Apache-2.0 */

/** The numbers of Winograd's transforms: kernels.h says where each stands. */
#ifndef SD14_CPU_WINOGRAD_POINTS_H
#define SD14_CPU_WINOGRAD_POINTS_H

#define WINOGRAD_H 0x1.6A09E6p-1F            /* sqrt(1/2) */
#define WINOGRAD_W 0x1.6A09E6p+0F            /* sqrt(2) */
#define WINOGRAD_TWO_THIRDS 0x1.555556p-1F   /* 2/3 */
#define WINOGRAD_H_TWO_THIRDS 0x1.E2B7DEp-2F /* sqrt(1/2)*2/3 */
#define WINOGRAD_SIXTH 0x1.555556p-3F        /* 1/6 */
#define WINOGRAD_W_SIXTH 0x1.E2B7DEp-3F      /* sqrt(2)/6 */

#endif /* SD14_CPU_WINOGRAD_POINTS_H */
