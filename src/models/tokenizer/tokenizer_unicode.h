/* SPDX-License-Identifier: Apache-2.0 */

/**
 * What the tokenizer needs to know of Unicode: which of four classes a code point is in, its lower
 * case, and where normalisation form C may cut a text.
 *
 * The answers are those of the Rust library `tokenizers` 0.23 that transformers 5 runs on, which
 * mixes three versions of Unicode: 9 for NFC (crate unicode-normalization-alignments), 16 for the
 * classes (Oniguruma), 17 for lower case (Rust's own). utf8proc brings one version, whichever the
 * system has; tokenizer_unicode_table.c holds what differs for utf8proc with Unicode 14 and later.
 */
#ifndef SD14_MODELS_TOKENIZER_UNICODE_H
#define SD14_MODELS_TOKENIZER_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum unicode_class {
    UNICODE_OTHER,  /**< [^\s\p{L}\p{N}]: punctuation, symbols, marks, controls, unassigned */
    UNICODE_LETTER, /**< \p{L} */
    UNICODE_NUMBER, /**< \p{N} */
    UNICODE_SPACE   /**< \s */
} unicode_class;

unicode_class unicode_class_of(uint32_t code_point);

/** Full lower case of one code point without its context (no final sigma); 1 or 2 code points. */
size_t unicode_lower(uint32_t code_point, uint32_t to[2]);

/** Whether NFC treats the code point as a stranger: never decomposed, composed or moved, and
 * nothing is composed or moved across it. */
bool unicode_is_inert(uint32_t code_point);

/* Tables, ascending, in tokenizer_unicode_table.c. */

typedef struct unicode_range {
    uint32_t first;
    uint32_t last;
} unicode_range;

typedef struct unicode_class_range {
    uint32_t first;
    uint32_t last;
    unicode_class class_of;
} unicode_class_range;

typedef struct unicode_lower_range {
    uint32_t first;
    uint32_t last;
    uint32_t lower_of_first; /**< those after it follow in step */
} unicode_lower_range;

extern const unicode_class_range unicode_class_table[];
extern const size_t unicode_class_table_count;
extern const unicode_lower_range unicode_lower_table[];
extern const size_t unicode_lower_table_count;
extern const unicode_range unicode_inert_table[];
extern const size_t unicode_inert_table_count;

#endif /* SD14_MODELS_TOKENIZER_UNICODE_H */
