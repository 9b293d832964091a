/* SPDX-License-Identifier: Apache-2.0 */

/** cmocka and what it wants included before itself. */
#ifndef SD14_TEST_CMOCKA_H
#define SD14_TEST_CMOCKA_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif /* SD14_TEST_CMOCKA_H */
