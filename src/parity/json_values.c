/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/json_values.h"

#include <math.h>

json_t *json_finite(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_shape(shape of)
{
    json_t *array = json_array();
    for (int i = 0; i < of.rank && array != NULL; i++) {
        if (json_array_append_new(array, json_integer((json_int_t)of.dim[i])) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}
