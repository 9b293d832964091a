/* SPDX-License-Identifier: Apache-2.0 */
#include "parity/golden_run.h"

#include "base/folder_write.h"
#include "parity/golden_record.h"

/* One run. */
typedef struct run {
    const golden_run_params *params;
    golden_artist artist;
    suite suite;
    golden_noise noise;
    golden_record record;
    int lock;
} run;

static sd14_status check_sizes(const run *r, sd14_error *error)
{
    const int multiple = (int)model_pixel_multiple(&r->params->model->config);
    for (size_t i = 0; i < r->suite.n_items; i++) {
        const suite_item *item = &r->suite.items[i];
        if (item->width % multiple == 0 && item->height % multiple == 0) continue;
        FAIL(error, INVALID_ARGUMENT,
             "%s: item %s is %dx%d; with this model both must be multiples of %d", r->params->suite,
             item->id, item->width, item->height, multiple);
    }
    return SD14_OK;
}

static sd14_status open_run(run *r, sd14_error *error)
{
    const golden_run_params *params = r->params;
    const golden_artist *artist = &r->artist;
    TRY(suite_load(params->suite, &r->suite, error));
    TRY(check_sizes(r, error));
    const char *noise_sha256 = NULL;
    if (params->noise_from != NULL) {
        TRY(golden_noise_open(params->noise_from, &r->suite, artist->channels, artist->scale,
                              &r->noise, error));
        noise_sha256 = r->noise.sha256;
    }
    TRY(folder_write_make(params->folder, error));
    TRY(folder_write_lock(params->folder, &r->lock, error));
    json_t *manifest = golden_manifest_new(&params->machine, &r->suite, noise_sha256);
    return golden_record_open(params->folder, manifest, &r->suite, &r->record, error);
}

static void tell(const run *r, golden_event event, size_t i)
{
    const golden_run_params *params = r->params;
    if (params->item == NULL) return;
    params->item(params->user, event, r->suite.items[i].id, i, r->suite.n_items);
}

static sd14_status make_items(run *r, sd14_error *error)
{
    const golden_noise *noise = r->params->noise_from == NULL ? NULL : &r->noise;
    for (size_t i = 0; i < r->suite.n_items; i++) {
        if (r->record.items[i] != NULL) {
            tell(r, GOLDEN_KEPT, i);
            continue;
        }
        tell(r, GOLDEN_DRAWING, i);
        TRY(golden_item_make(&r->artist, &r->suite.items[i], noise, r->params->folder, error));
        TRY(golden_record_add(&r->record, i, error));
        tell(r, GOLDEN_WRITTEN, i);
    }
    return golden_record_finish(&r->record, error);
}

sd14_status golden_run(const golden_run_params *params, sd14_error *error)
{
    run r = {.params = params, .artist = params->artist, .lock = -1};
    r.artist.channels = params->model->config.unet.in_channels;
    r.artist.scale = vae_scale(&params->model->config.vae);
    sd14_status status = open_run(&r, error);
    if (status == SD14_OK) status = make_items(&r, error);
    golden_record_release(&r.record);
    golden_noise_release(&r.noise);
    suite_release(&r.suite);
    folder_write_unlock(r.lock);
    return status;
}
