/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdint.h>
#include <string.h>

#include "formats/json.h"
#include "support/cmocka.h"

/* An escape sequence, a C1 control, a lone byte, a character cut short, an overlong '/', a surrogate. */
static const char hostile[] =
    "\x1B[31m \xC3\xA9 \xC2\x9B \xFF \xE2\x82 \xC0\xAF \xED\xA0\x80 \xF0\x9F\x8D\x8E\n";
static const char line[] = "?[31m \xC3\xA9 ?? ? ?? ?? ??? \xF0\x9F\x8D\x8E?";

static void any_bytes_become_a_line(void **state)
{
    (void)state;
    char bytes[sizeof(hostile)];
    memcpy(bytes, hostile, sizeof(hostile));
    text_to_line(bytes);
    assert_string_equal(bytes, line);

    text added = {0};
    text_add_line(&added, hostile, SIZE_MAX);
    assert_string_equal(text_get(&added), line);
    text_release(&added);
}

static void a_long_line_is_cut_between_characters(void **state)
{
    (void)state;
    static const struct {
        size_t most;
        const char *shown;
    } cuts[] = {{0, "..."},
                {1, "a..."},
                {2, "a..."},
                {3, "a\xC3\xA9..."},
                {4, "a\xC3\xA9"
                    "b"}};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        text added = {0};
        text_add_line(&added,
                      "a\xC3\xA9"
                      "b",
                      cuts[i].most);
        assert_string_equal(text_get(&added), cuts[i].shown);
        text_release(&added);
    }
}

static void json_takes_any_bytes(void **state)
{
    (void)state;
    json_t *kept = json_any_string("a\x1B\n\xC3\xA9"), *changed = json_any_string("a\n\xFF");
    assert_string_equal(json_string_value(kept), "a\x1B\n\xC3\xA9");
    assert_string_equal(json_string_value(changed), "a??");
    json_decref(kept);
    json_decref(changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_become_a_line),
        cmocka_unit_test(a_long_line_is_cut_between_characters),
        cmocka_unit_test(json_takes_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
