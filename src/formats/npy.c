/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/npy.h"

#include <string.h>

#include "base/file_write.h"
#include "base/text.h"

/* "\x93NUMPY", version 1.0; the array begins at a multiple of 64. */
static const char magic[] = "\x93NUMPY"; /* 6 bytes; then the version, then the header's length */
enum { MAGIC_BYTES = 6, PREAMBLE_BYTES = 10, HEADER_MAX = 4096, ALIGNMENT = 64 };

static const struct {
    dtype type;
    const char *descr;
} descrs[] = {{DTYPE_F32, "<f4"}, {DTYPE_I32, "<i4"}, {DTYPE_I64, "<i8"}};

/* The header is a Python dictionary in text; `at` runs through it. */
typedef struct reader {
    const char *path;
    const char *at;
    bool has_descr;
    bool has_order;
    bool has_shape;
    tensor *out;
} reader;

static void skip_spaces(reader *from)
{
    while (*from->at == ' ') from->at++;
}

static bool take(reader *from, const char *word)
{
    skip_spaces(from);
    const size_t length = strlen(word);
    if (strncmp(from->at, word, length) != 0) return false;
    from->at += length;
    return true;
}

static sd14_status fail_header(const reader *from, sd14_error *error)
{
    FAIL(error, FILE, "%s: the header is not numpy's near \"%.20s\"", from->path, from->at);
}

static sd14_status read_descr(reader *from, sd14_error *error)
{
    skip_spaces(from);
    for (size_t i = 0; i < sizeof(descrs) / sizeof(descrs[0]); i++) {
        const size_t length = strlen(descrs[i].descr);
        if (from->at[0] == '\'' && strncmp(from->at + 1, descrs[i].descr, length) == 0 &&
            from->at[1 + length] == '\'') {
            from->at += length + 2;
            from->out->type = descrs[i].type;
            from->has_descr = true;
            return SD14_OK;
        }
    }
    FAIL(error, FILE, "%s: element type %.*s; save the array as float32, int32 or int64",
         from->path, (int)strcspn(from->at, ", }"), from->at);
}

static sd14_status read_order(reader *from, sd14_error *error)
{
    if (take(from, "True")) {
        FAIL(error, FILE, "%s: Fortran order; save numpy.ascontiguousarray(array)", from->path);
    }
    if (!take(from, "False")) return fail_header(from, error);
    from->has_order = true;
    return SD14_OK;
}

/* A tuple: "()", "(3,)", "(1, 4, 64, 64)". */
static sd14_status read_shape(reader *from, sd14_error *error)
{
    shape *to = &from->out->shape;
    *to = (shape){0};
    if (!take(from, "(")) return fail_header(from, error);
    while (!take(from, ")")) {
        size_t dim = 0;
        const char *start = from->at;
        for (; *from->at >= '0' && *from->at <= '9'; from->at++) {
            if (dim > SIZE_MAX / 20) FAIL(error, FILE, "%s: an axis is too long", from->path);
            dim = dim * 10 + (size_t)(*from->at - '0');
        }
        if (from->at == start) return fail_header(from, error);
        if (to->rank == SHAPE_RANK_MAX) {
            FAIL(error, FILE, "%s: more than %d axes; reshape the array", from->path,
                 SHAPE_RANK_MAX);
        }
        to->dim[to->rank++] = dim;
        /* One axis needs its comma, or it would be a number in brackets. */
        const bool comma = take(from, ",");
        skip_spaces(from);
        if (!comma && (*from->at != ')' || to->rank == 1)) return fail_header(from, error);
    }
    from->has_shape = true;
    return SD14_OK;
}

/* One "'key': value"; each key once. */
static sd14_status read_member(reader *from, sd14_error *error)
{
    if (!from->has_descr && take(from, "'descr':")) return read_descr(from, error);
    if (!from->has_order && take(from, "'fortran_order':")) return read_order(from, error);
    if (!from->has_shape && take(from, "'shape':")) return read_shape(from, error);
    return fail_header(from, error);
}

static sd14_status read_dictionary(reader *from, sd14_error *error)
{
    if (!take(from, "{")) return fail_header(from, error);
    while (!take(from, "}")) {
        TRY(read_member(from, error));
        skip_spaces(from);
        if (!take(from, ",") && *from->at != '}') return fail_header(from, error);
    }
    skip_spaces(from);
    if (strcmp(from->at, "\n") != 0) return fail_header(from, error);
    if (!from->has_descr || !from->has_order || !from->has_shape) {
        FAIL(error, FILE, "%s: the header lacks descr, fortran_order or shape", from->path);
    }
    return SD14_OK;
}

/* Where the dictionary starts and how long it is. */
static sd14_status read_preamble(
    const file_map *map, const char *path, size_t *out_start, size_t *out_length, sd14_error *error)
{
    const uint8_t *b = map->bytes;
    if (map->size < 12 || memcmp(b, magic, MAGIC_BYTES) != 0) {
        FAIL(error, FILE, "%s: not a .npy file; write it with numpy.save", path);
    }
    if ((b[6] != 1 && b[6] != 2) || b[7] != 0) {
        FAIL(error, FILE, "%s: .npy version %d.%d; only 1.0 and 2.0 are read", path, b[6], b[7]);
    }
    *out_start = b[6] == 1 ? 10 : 12;
    *out_length = (size_t)b[8] | (size_t)b[9] << 8;
    if (b[6] == 2) *out_length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (*out_length > HEADER_MAX || *out_length > map->size - *out_start) {
        FAIL(error, FILE, "%s: a header of %zu bytes; the file is damaged or cut short", path,
             *out_length);
    }
    return SD14_OK;
}

static sd14_status read_array(const file_map *map, const char *path, tensor *out, sd14_error *error)
{
    size_t start = 0;
    size_t length = 0;
    TRY(read_preamble(map, path, &start, &length, error));
    char header[HEADER_MAX + 1];
    memcpy(header, map->bytes + start, length);
    header[length] = '\0';

    *out = (tensor){0};
    reader from = {.path = path, .at = header, .out = out};
    TRY(read_dictionary(&from, error));

    size_t bytes = dtype_bytes(out->type);
    for (int i = 0; i < out->shape.rank; i++) {
        if (__builtin_mul_overflow(bytes, out->shape.dim[i], &bytes)) {
            FAIL(error, FILE, "%s: the shape is too large", path);
        }
    }
    if (map->size - start - length != bytes) {
        FAIL(error, FILE, "%s: %zu bytes of data, but the shape needs %zu; the file is damaged",
             path, map->size - start - length, bytes);
    }
    out->data = map->bytes + start + length;
    return SD14_OK;
}

sd14_status npy_open(const char *path, npy *out_array, sd14_error *error)
{
    *out_array = (npy){0};
    TRY(file_map_open(path, &out_array->map, error));
    const sd14_status status = read_array(&out_array->map, path, &out_array->tensor, error);
    if (status != SD14_OK) npy_close(out_array);
    return status;
}

void npy_close(npy *array)
{
    file_map_close(&array->map);
    *array = (npy){0};
}

/* numpy's own text: {'descr': '<f4', 'fortran_order': False, 'shape': (3,), } */
static void add_dictionary(text *to, const char *descr, shape of)
{
    text_add(to, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
    for (int i = 0; i < of.rank; i++) {
        text_add(to, i + 1 < of.rank ? "%zu, " : "%zu", of.dim[i]);
    }
    text_add(to, of.rank == 1 ? ",), }" : "), }");
    const size_t used = PREAMBLE_BYTES + to->length + 1;
    text_add(to, "%*s\n", (int)((ALIGNMENT - used % ALIGNMENT) % ALIGNMENT), "");
}

static sd14_status
write_array(file_write *file, const text *dictionary, const tensor *array, sd14_error *error)
{
    const uint8_t version_and_length[] = {1, 0, (uint8_t)(dictionary->length & 0xFF),
                                          (uint8_t)(dictionary->length >> 8)};
    TRY(file_write_append(file, magic, MAGIC_BYTES, error));
    TRY(file_write_append(file, version_and_length, sizeof(version_and_length), error));
    TRY(file_write_append(file, dictionary->bytes, dictionary->length, error));
    const size_t bytes = shape_count(array->shape) * dtype_bytes(array->type);
    TRY(file_write_append(file, array->data, bytes, error));
    return file_write_commit(file, error);
}

sd14_status npy_write(const char *path, const tensor *array, sd14_error *error)
{
    const char *descr = NULL;
    for (size_t i = 0; i < sizeof(descrs) / sizeof(descrs[0]); i++) {
        if (descrs[i].type == array->type) descr = descrs[i].descr;
    }
    if (descr == NULL) {
        FAIL(error, INVALID_ARGUMENT,
             "%s: .npy files are written as float32, int32 or int64, not %s", path,
             dtype_name(array->type));
    }

    text dictionary = {0};
    file_write file;
    add_dictionary(&dictionary, descr, array->shape);
    sd14_status status = SD14_OK;
    if (text_failed(&dictionary)) {
        status = error_set(error, SD14_ERROR_OUT_OF_MEMORY, "%s: not enough memory to write", path);
    }
    if (status == SD14_OK) status = file_write_open(path, &file, error);
    if (status == SD14_OK) status = write_array(&file, &dictionary, array, error);
    text_release(&dictionary);
    return status;
}
