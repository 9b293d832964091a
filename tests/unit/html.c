/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/html.h"

#include <string.h>

#include "support/cmocka.h"

static void names_cannot_become_markup(void **state)
{
    (void)state;
    text page = {0};
    html_escape(&page, "</td><script>alert('1' & \"2\")</script> \xC3\xA9");
    assert_string_equal(text_get(&page), "&lt;/td&gt;&lt;script&gt;alert(&#39;1&#39; &amp; "
                                         "&quot;2&quot;)&lt;/script&gt; \xC3\xA9");
    text_release(&page);
}

static void control_characters_do_not_pass(void **state)
{
    (void)state;
    text page = {0};
    html_escape(&page, "a\x1B[31m\r\n\tb\xC2\x9B\xFF\xE2\x82");
    assert_string_equal(text_get(&page), "a\xEF\xBF\xBD[31m   b\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                                         "\xEF\xBF\xBD\xEF\xBF\xBD");
    text_release(&page);
}

static void a_page(void **state)
{
    (void)state;
    text page = {0};
    html_begin(&page, "a & b");
    html_end(&page);
    assert_false(text_failed(&page));
    assert_non_null(strstr(text_get(&page), "<title>a &amp; b</title>"));
    assert_non_null(strstr(text_get(&page), "<h1>a &amp; b</h1>"));
    assert_null(strstr(text_get(&page), "<script"));
    assert_null(strstr(text_get(&page), "http"));
    text_release(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_cannot_become_markup),
                                       cmocka_unit_test(control_characters_do_not_pass),
                                       cmocka_unit_test(a_page)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
