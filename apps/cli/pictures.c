/* SPDX-License-Identifier: Apache-2.0 */
#include "pictures.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* torch's CPU generator, whose noise this is, uses 32 bits of a seed; more would only be longer. */
static bool random_seed(uint64_t *out_seed)
{
    uint32_t seed;
    if (getentropy(&seed, sizeof(seed)) != 0) return false;
    *out_seed = seed;
    return true;
}

static int32_t count_seeds(const generate_settings *s)
{
    int32_t count = 1;
    for (const char *c = s->seed.list; c != NULL && *c != '\0'; c++) count += *c == ',' ? 1 : 0;
    return s->seed.list != NULL ? count : s->batch_count;
}

static exit_code check_seeds(const generate_settings *s, uint64_t first, console *con)
{
    if (s->seed.list != NULL && s->batch_count > 1) {
        console_error(con, "-b %d counts on from one seed; leave it out, or give -s one seed",
                      s->batch_count);
        return EXIT_CODE_USAGE;
    }
    if (first > UINT64_MAX - (uint64_t)(s->batch_count - 1)) {
        console_error(con, "-s %" PRIu64 " -b %d: the last seeds would be too large", first,
                      s->batch_count);
        return EXIT_CODE_USAGE;
    }
    return EXIT_CODE_OK;
}

static exit_code read_seeds(const generate_settings *s, console *con, pictures *out)
{
    uint64_t first = s->seed.value;
    if (s->seed.random && !random_seed(&first)) {
        console_error(con, "no random seed from the system (%s); choose one with -s",
                      strerror(errno));
        return EXIT_CODE_FAILED;
    }
    const exit_code code = check_seeds(s, first, con);
    if (code != EXIT_CODE_OK) return code;
    out->n_seeds = count_seeds(s);
    out->seeds = calloc((size_t)out->n_seeds, sizeof(*out->seeds));
    if (out->seeds == NULL) {
        console_error(con, "not enough memory for the seeds");
        return EXIT_CODE_MEMORY;
    }
    const char *rest = s->seed.list;
    for (int32_t i = 0; i < out->n_seeds; i++) {
        if (rest == NULL) {
            out->seeds[i] = first + (uint64_t)i;
        } else {
            (void)option_seed_next(rest, &out->seeds[i], &rest); /* the parser read them all */
        }
    }
    return EXIT_CODE_OK;
}

exit_code pictures_read(const generate_settings *settings, console *con, pictures *out)
{
    exit_code code = prompt_read(settings, con, &out->prompts);
    if (code == EXIT_CODE_OK) code = read_seeds(settings, con, out);
    if (code != EXIT_CODE_OK) return code;
    const int64_t count = (int64_t)out->prompts.count * out->n_seeds;
    if (count > PICTURES_MAX) {
        console_error(con, "%d prompts with %d seeds are more than %d pictures; take fewer",
                      out->prompts.count, out->n_seeds, PICTURES_MAX);
        return EXIT_CODE_USAGE;
    }
    out->count = (int32_t)count;
    return EXIT_CODE_OK;
}

void pictures_release(pictures *of)
{
    prompt_list_release(&of->prompts);
    free(of->seeds);
    *of = (pictures){0};
}

const char *pictures_prompt(const pictures *of, int32_t index)
{
    return of->prompts.lines[index / of->n_seeds];
}

uint64_t pictures_seed(const pictures *of, int32_t index)
{
    return of->seeds[index % of->n_seeds];
}
