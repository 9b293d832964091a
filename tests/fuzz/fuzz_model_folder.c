/* SPDX-License-Identifier: Apache-2.0 */

/* model_index.json: the folder is one of Stable Diffusion 1.x, or it is said what is wrong with it. sd14.json: what
 * the model says to people is there, if only as "". */
#include "fuzz.h"
#include "models/folder.h"
#include "models/model_card.h"

static void check_card(const char *folder)
{
    model_card card;
    sd14_error error;
    const sd14_status status = model_card_read(folder, &card, &error);
    if (status == SD14_OK) {
        FUZZ_CHECK(card.description != NULL);
        for (size_t i = 0; i < card.n_prompts; i++) FUZZ_CHECK(card.prompts[i] != NULL);
    } else {
        fuzz_refused(status, SD14_ERROR_MODEL, &error);
    }
    model_card_release(&card);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sd14_error error;
    fuzz_put("model_index.json", data, size);
    fuzz_put("sd14.json", data, size);
    const sd14_status status = folder_check(fuzz_folder(), &error);
    if (status != SD14_OK) fuzz_refused(status, SD14_ERROR_MODEL, &error);
    check_card(fuzz_folder());
    return 0;
}
