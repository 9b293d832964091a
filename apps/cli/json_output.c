/* SPDX-License-Identifier: Apache-2.0 */
#include "json_output.h"

#include <stdio.h>

#include "recipe.h"

exit_code json_output(cli *cli, json_t *result)
{
    if (result == NULL) {
        console_error(&cli->console, "not enough memory for the result");
        return EXIT_CODE_MEMORY;
    }
    (void)json_dumpf(result, stdout, JSON_INDENT(2) | RECIPE_JSON_FLAGS);
    (void)putchar('\n');
    json_decref(result);
    return EXIT_CODE_OK;
}
