/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/safetensors_dtype.h"

#include <string.h>

/* In the reference's order. */
static const safetensors_dtype table[] = {
    {"BOOL", 8, DTYPE_BOOL},
    {"F4", 4, DTYPE_COUNT},
    {"F6_E2M3", 6, DTYPE_COUNT},
    {"F6_E3M2", 6, DTYPE_COUNT},
    {"U8", 8, DTYPE_U8},
    {"I8", 8, DTYPE_I8},
    {"F8_E5M2", 8, DTYPE_COUNT},
    {"F8_E4M3", 8, DTYPE_COUNT},
    {"F8_E8M0", 8, DTYPE_COUNT},
    {"F8_E4M3FNUZ", 8, DTYPE_COUNT},
    {"F8_E5M2FNUZ", 8, DTYPE_COUNT},
    {"I16", 16, DTYPE_I16},
    {"U16", 16, DTYPE_COUNT},
    {"F16", 16, DTYPE_F16},
    {"BF16", 16, DTYPE_BF16},
    {"I32", 32, DTYPE_I32},
    {"U32", 32, DTYPE_COUNT},
    {"F32", 32, DTYPE_F32},
    {"C64", 64, DTYPE_COUNT},
    {"F64", 64, DTYPE_F64},
    {"I64", 64, DTYPE_I64},
    {"U64", 64, DTYPE_COUNT},
};

const safetensors_dtype *safetensors_dtype_find(const char *name)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i].name, name) == 0) return &table[i];
    }
    return NULL;
}

const safetensors_dtype *safetensors_dtype_of(dtype type)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].type == type && type != DTYPE_COUNT) return &table[i];
    }
    return NULL;
}
