/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/base64.h"

#include <string.h>

#include "support/cmocka.h"

static void equals_rfc_4648(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *base64;
    } vectors[] = {{"", ""},
                   {"f", "Zg=="},
                   {"fo", "Zm8="},
                   {"foo", "Zm9v"},
                   {"foob", "Zm9vYg=="},
                   {"fooba", "Zm9vYmE="},
                   {"foobar", "Zm9vYmFy"},
                   {"\xff\xef\xbe", "/+++"}};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        text to = {0};
        base64_add(&to, vectors[i].bytes, strlen(vectors[i].bytes));
        assert_string_equal(text_get(&to), vectors[i].base64);
        text_release(&to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(equals_rfc_4648)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
