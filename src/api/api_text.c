/* SPDX-License-Identifier: Apache-2.0 */
#include <sd14/text.h>

#include "base/memory.h"

void sd14_text_destroy(char *text)
{
    mem_free(text);
}
