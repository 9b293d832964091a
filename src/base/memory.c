/* SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* From this size on a block is aligned to, and asks for, a 2 MiB page: fewer page faults and TLB
 * misses. */
static const size_t huge_page = (size_t)2 << 20;

void *mem_array(size_t count, size_t bytes)
{
    return calloc(count == 0 ? 1 : count, bytes);
}

void *mem_resize(void *block, size_t count, size_t bytes)
{
    if (bytes != 0 && count > SIZE_MAX / bytes) return NULL;
    const size_t total = count * bytes;
    return realloc(block, total == 0 ? 1 : total);
}

void *mem_aligned_array(size_t count, size_t bytes)
{
    if (bytes != 0 && count > (SIZE_MAX - huge_page) / bytes) return NULL;
    const size_t total = count * bytes;
    const size_t alignment = total >= huge_page ? huge_page : (size_t)MEM_ALIGNMENT;

    void *block = NULL;
    const size_t rounded = (total + MEM_ALIGNMENT - 1) / MEM_ALIGNMENT * MEM_ALIGNMENT;
    if (posix_memalign(&block, alignment, rounded == 0 ? MEM_ALIGNMENT : rounded) != 0) return NULL;
    if (total >= huge_page) (void)madvise(block, total / huge_page * huge_page, MADV_HUGEPAGE);
    return block;
}

char *mem_string(const char *text)
{
    const size_t bytes = strlen(text) + 1;
    char *copy = malloc(bytes);
    if (copy != NULL) memcpy(copy, text, bytes);
    return copy;
}

void mem_free(void *block)
{
    free(block);
}
