/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <string.h>

#include "support/cmocka.h"

/* FIPS 180-4's examples and the empty message. */
static const struct {
    const char *message;
    const char *digest;
} cases[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void gives_known_digests(void **state)
{
    (void)state;
    char digits[SHA256_TEXT_BYTES];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const size_t size = strlen(cases[i].message);
        assert_int_equal(sha256_bytes(cases[i].message, size, digits, NULL), SD14_OK);
        assert_string_equal(digits, cases[i].digest);
    }
}

/* A million "a", added in uneven pieces. */
static void takes_pieces(void **state)
{
    (void)state;
    static char piece[997];
    memset(piece, 'a', sizeof(piece));
    sha256 hash;
    assert_int_equal(sha256_init(&hash, NULL), SD14_OK);
    assert_int_equal(sha256_add(&hash, NULL, 0, NULL), SD14_OK);
    for (size_t left = 1000000; left > 0;) {
        const size_t size = left < sizeof(piece) ? left : sizeof(piece);
        assert_int_equal(sha256_add(&hash, piece, size, NULL), SD14_OK);
        left -= size;
    }
    char digits[SHA256_TEXT_BYTES];
    assert_int_equal(sha256_final(&hash, digits, NULL), SD14_OK);
    assert_string_equal(digits, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    sha256_release(&hash);
    sha256_release(&hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_known_digests),
        cmocka_unit_test(takes_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
