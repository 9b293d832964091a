/* SPDX-License-Identifier: Apache-2.0 */
#include "json_output.h"

#include <stdlib.h>

#include "recipe.h"

static exit_code no_memory(cli *cli)
{
    console_error(&cli->console, "not enough memory for the result");
    return EXIT_CODE_MEMORY;
}

exit_code json_output(cli *cli, json_t *result)
{
    char *text = result == NULL ? NULL : json_dumps(result, JSON_INDENT(2) | RECIPE_JSON_FLAGS);
    json_decref(result);
    if (text == NULL) return no_memory(cli);
    cli_print(cli, text);
    cli_print(cli, "\n");
    free(text);
    return EXIT_CODE_OK;
}

exit_code json_output_text(cli *cli, bool json, const char *text, void (*print)(json_t *root))
{
    if (json) {
        cli_print(cli, text);
        cli_print(cli, "\n");
        return EXIT_CODE_OK;
    }
    json_t *root = json_loads(text, 0, NULL);
    if (root == NULL) return no_memory(cli);
    print(root);
    json_decref(root);
    return EXIT_CODE_OK;
}
