/* SPDX-License-Identifier: Apache-2.0 */

/** Values of reports as JSON. NULL where there is no memory, as jansson has it: json_pack() and
 * json_object_set_new() pass that on. */
#ifndef SD14_PARITY_JSON_VALUES_H
#define SD14_PARITY_JSON_VALUES_H

#include <jansson.h>

#include "tensor/tensor.h"

/** A number; null for NaN and infinity, which JSON does not have. */
json_t *json_finite(double value);

/** [1, 4, 16, 16] */
json_t *json_shape(shape of);

#endif /* SD14_PARITY_JSON_VALUES_H */
