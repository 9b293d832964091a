/* SPDX-License-Identifier: Apache-2.0 */

/** Numbers as people type them, read strictly: the whole text, in decimal, or nothing. */
#ifndef SD14_CLI_NUMBERS_H
#define SD14_CLI_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Digits only: no sign, no spaces, no overflow. */
bool number_u64(const char *text, uint64_t *out_value);

/** Digits with an optional '-', from min to max. */
bool number_i32(const char *text, int32_t min, int32_t max, int32_t *out_value);

/** A decimal fraction ("7.5", "1e-3"; not "inf", "nan", "0x1p3"), from min to max. */
bool number_float(const char *text, double min, double max, float *out_value);

/** Bytes: digits, or a decimal fraction with K, M, G or T behind it, which stand for powers of 1024:
 * "1048576", "512M", "2.5g". A fraction of a byte is left out. Up to 1024T. */
bool number_bytes(const char *text, uint64_t *out_value);

/** "512x768". */
bool number_size(const char *text, int32_t min, int32_t max, int32_t out_size[2]);

/** "0.2,0.8": both from min to max, the first less than the second. */
bool number_interval(const char *text, double min, double max, float out_interval[2]);

enum { NUMBER_TEXT_BYTES = 32 };

/** The shortest decimal text that reads back as the same float: 7.1, not 7.0999999. */
void number_float_text(float value, char out[NUMBER_TEXT_BYTES]);

/** The double nearest to number_float_text(): what JSON shall show. */
double number_float_shown(float value);

#endif /* SD14_CLI_NUMBERS_H */
