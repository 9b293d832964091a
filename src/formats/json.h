/* SPDX-License-Identifier: Apache-2.0 */

/**
 * JSON from outside (a model's configuration, a suite of prompts) read with types and ranges, over
 * jansson. A json_node is a place in a document, present or not: reading it gives the value or a
 * sentence that names file and place.
 *
 *     const json_node root = json_document_root(&document);
 *     const json_node widths = json_member(&root, "block_out_channels");
 *     TRY(json_get_count(&widths, 1, 8, &count, error));
 *     const json_node third = json_element(&widths, 2);
 *     TRY(json_get_int(&third, 1, 65536, &width, error));
 *
 *     unet/config.json: block_out_channels[2]: expected a whole number >= 1, found "x"
 */
#ifndef SD14_FORMATS_JSON_H
#define SD14_FORMATS_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

/** Largest file read. */
#define JSON_BYTES_MAX ((size_t)64 << 20)

typedef struct json_document {
    json_t *root;
    char *name;        /**< what errors call it: its path */
    sd14_status blame; /**< what its errors are, see json_document_load() */
} json_document;

/**
 * Reads a file. A key twice in one object is an error.
 * @param blame  The status of all errors in this document: SD14_ERROR_MODEL for a model's files,
 *               else SD14_ERROR_FILE.
 * @return `blame`, as "path:line:column: ..." where the text is not JSON; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD sd14_status json_document_load(const char *path,
                                              sd14_status blame,
                                              json_document *out_document,
                                              sd14_error *error);

/** As json_document_load(), from memory; `name` is copied. */
SD14_NODISCARD sd14_status json_document_parse(const char *bytes,
                                               size_t size,
                                               const char *name,
                                               sd14_status blame,
                                               json_document *out_document,
                                               sd14_error *error);

/** An all-zero or released document is fine. */
void json_document_release(json_document *document);

/** A place in a document. Nodes point to those above them: these must live as long. */
typedef struct json_node {
    const json_document *document;
    const json_t *value; /**< NULL where there is nothing */
    const struct json_node *parent;
    const char *key; /**< in the parent; NULL for an element of an array */
    size_t index;    /**< when key is NULL */
} json_node;

json_node json_document_root(const json_document *document);

/** The member of an object; absent if there is none or the node is not an object. */
json_node json_member(const json_node *object, const char *key);

/** Element of an array; absent past its end. */
json_node json_element(const json_node *array, size_t index);

/** Whether something other than null stands there: for values with a default. */
bool json_present(const json_node *node);

/* Each returns SD14_OK, or the document's `blame` when the node is absent, of another type, or out
 * of range. */

/** A whole number, written as one: 4, not 4.0. */
SD14_NODISCARD sd14_status json_get_int(
    const json_node *node, int64_t min, int64_t max, int64_t *out_value, sd14_error *error);

/** Any number, whole ones too, min <= value <= max. */
SD14_NODISCARD sd14_status json_get_number(
    const json_node *node, double min, double max, double *out_value, sd14_error *error);

SD14_NODISCARD sd14_status json_get_bool(const json_node *node, bool *out_value, sd14_error *error);

/** UTF-8 without zeros; lives as long as the document. */
SD14_NODISCARD sd14_status json_get_string(const json_node *node,
                                           const char **out_value,
                                           sd14_error *error);

/** The node is an array with min to max elements: how many. */
SD14_NODISCARD sd14_status
json_get_count(const json_node *node, size_t min, size_t max, size_t *out_count, sd14_error *error);

/** The node is an object. */
SD14_NODISCARD sd14_status json_get_object(const json_node *node, sd14_error *error);

/** The document's `blame` with "file: place: sentence": for rules of the caller's own. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
sd14_status
json_fail(const json_node *node, sd14_error *error, const char *format, ...);

/** The key after `after` in the file's order, the first after NULL; NULL past the last. */
const char *json_next_key(const json_node *object, const char *after);

/** As json_next_key(), leaving out those among `known`. */
const char *json_next_unknown_key(const json_node *object,
                                  const char *const *known,
                                  size_t known_count,
                                  const char *after);

/**
 * The node is an object and all of its keys are among `known`.
 * @return the document's `blame`: the first key that is not, with the known one most like it.
 */
SD14_NODISCARD sd14_status json_check_keys(const json_node *object,
                                           const char *const *known,
                                           size_t known_count,
                                           sd14_error *error);

/**
 * Appends the one way to write a value: keys sorted by bytes, no spaces, reals with the fewest
 * digits that read back the same (never fewer than one after the point), UTF-8 as it is. Out of
 * memory shows in text_failed(). Equal values give equal bytes: made for hashing.
 */
void json_canonical(const json_t *value, text *to);

/** A string of any bytes, such as a path: as it is when that is UTF-8, else as text_to_line() has it. The
 * caller's; NULL: out of memory. */
json_t *json_any_string(const char *bytes);

#endif /* SD14_FORMATS_JSON_H */
