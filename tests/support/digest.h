/* SPDX-License-Identifier: Apache-2.0 */

/** SHA-256 of bytes that come in pieces, as text: compares much recorded data in one line. */
#ifndef SD14_TESTS_SUPPORT_DIGEST_H
#define SD14_TESTS_SUPPORT_DIGEST_H

/* cmocka.h needs the four before it. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static inline EVP_MD_CTX *digest_begin(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_non_null(context);
    assert_int_equal(EVP_DigestInit_ex(context, EVP_sha256(), NULL), 1);
    return context;
}

static inline void digest_add(EVP_MD_CTX *context, const void *bytes, size_t count)
{
    assert_int_equal(EVP_DigestUpdate(context, bytes, count), 1);
}

/** Ends the digest and compares it with a lower-case hexadecimal one; says `what` when it differs. */
static inline void digest_check(EVP_MD_CTX *context, const char *expected, const char *what)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    assert_int_equal(EVP_DigestFinal_ex(context, bytes, &length), 1);
    EVP_MD_CTX_free(context);

    char text[2 * EVP_MAX_MD_SIZE + 1];
    for (unsigned i = 0; i < length; i++) (void)snprintf(text + (size_t)2 * i, 3, "%02x", bytes[i]);
    if (strcmp(text, expected) != 0) fail_msg("%s: sha256 %s, recorded %s", what, text, expected);
}

#endif /* SD14_TESTS_SUPPORT_DIGEST_H */
