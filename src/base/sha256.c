/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <openssl/evp.h>

static sd14_status fail_libcrypto(sd14_error *error)
{
    FAIL(error, FAILED, "libcrypto cannot compute SHA-256; check the OpenSSL installation");
}

sd14_status sha256_init(sha256 *out_hash, sd14_error *error)
{
    out_hash->context = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL) FAIL_NO_MEMORY(error, "a SHA-256");
    if (EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        return fail_libcrypto(error);
    }
    out_hash->context = context;
    return SD14_OK;
}

sd14_status sha256_add(sha256 *hash, const void *bytes, size_t size, sd14_error *error)
{
    if (size == 0) return SD14_OK;
    return EVP_DigestUpdate(hash->context, bytes, size) == 1 ? SD14_OK : fail_libcrypto(error);
}

sd14_status sha256_final(sha256 *hash, char out_text[SHA256_TEXT_BYTES], sd14_error *error)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_DigestFinal_ex(hash->context, digest, &length) != 1 || length != 32) {
        return fail_libcrypto(error);
    }
    for (unsigned i = 0; i < length; i++) {
        out_text[2 * i] = digits[digest[i] >> 4];
        out_text[2 * i + 1] = digits[digest[i] & 15];
    }
    out_text[SHA256_TEXT_BYTES - 1] = '\0';
    return SD14_OK;
}

void sha256_release(sha256 *hash)
{
    EVP_MD_CTX_free(hash->context);
    hash->context = NULL;
}

sd14_status
sha256_bytes(const void *bytes, size_t size, char out_text[SHA256_TEXT_BYTES], sd14_error *error)
{
    sha256 hash;
    TRY(sha256_init(&hash, error));
    sd14_status status = sha256_add(&hash, bytes, size, error);
    if (status == SD14_OK) status = sha256_final(&hash, out_text, error);
    sha256_release(&hash);
    return status;
}
