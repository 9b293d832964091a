/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "formats/json.h"

json_t *json_any_string(const char *bytes)
{
    json_t *made = json_string(bytes);
    if (made != NULL) return made;
    char *line = mem_string(bytes);
    if (line == NULL) return NULL;
    text_to_line(line);
    made = json_string(line);
    mem_free(line);
    return made;
}
