/* SPDX-License-Identifier: Apache-2.0 */

/* One document as each of a model's configurations: one that is accepted makes a network, or a refusal in words. */
#include "fuzz.h"
#include "models/config_files.h"
#include "models/networks.h"

enum { BATCH = 2, TOKENS = 77 };

static void check_graph(sd14_status status, graph *made, const sd14_error *error)
{
    if (status == SD14_OK) {
        FUZZ_CHECK(made->n_nodes > 0 && made->n_outputs > 0);
    } else {
        fuzz_refused(status, SD14_ERROR_MODEL, error);
    }
    graph_destroy(made);
}

static void try_text_encoder(const json_node *root)
{
    clip_text_config config = {0};
    sd14_error error;
    graph *made = NULL;
    const sd14_status status = config_read_text_encoder(root, &config, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_MODEL, &error);
        return;
    }
    const sd14_status built = clip_text_graph(&config, BATCH, TOKENS, &made, &error);
    check_graph(built, made, &error);
}

static void try_unet(const json_node *root)
{
    unet_config config = {0};
    sd14_error error;
    graph *made = NULL;
    const sd14_status status = config_read_unet(root, &config, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_MODEL, &error);
        return;
    }
    FUZZ_CHECK(config.n_blocks >= 1 && config.n_blocks <= CONFIG_BLOCKS_MAX);
    const size_t side = (size_t)1 << config.n_blocks; /* even at every level */
    const sd14_status built = unet_graph(&config, BATCH, side, side, TOKENS, &made, &error);
    check_graph(built, made, &error);
}

static void try_vae(const json_node *root)
{
    vae_config config = {0};
    sd14_error error;
    graph *made = NULL;
    const sd14_status status = config_read_vae(root, &config, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_MODEL, &error);
        return;
    }
    FUZZ_CHECK(config.n_blocks >= 1 && config.n_blocks <= CONFIG_BLOCKS_MAX);
    const sd14_status decoder = vae_decoder_graph(&config, 1, 2, 2, &made, &error);
    check_graph(decoder, made, &error);
    made = NULL;
    const size_t side = 2 * vae_scale(&config);
    const sd14_status encoder = vae_encoder_graph(&config, 1, side, side, &made, &error);
    check_graph(encoder, made, &error);
}

static void try_scheduler(const json_node *root)
{
    schedule_config config = {0};
    schedule *made = NULL;
    char warning[CONFIG_WARNING_BYTES] = "";
    sd14_error error;
    sd14_status status = config_read_scheduler(root, &config, warning, &error);
    if (status == SD14_OK) status = schedule_create(&config, &made, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_MODEL, &error);
        return;
    }
    FUZZ_CHECK(made->alphas_cumprod[0] < 1.0f);
    FUZZ_CHECK(made->alphas_cumprod[config.train_timesteps - 1] > 0.0f);
    schedule_destroy(made);
}

static void try_defaults(const json_node *root)
{
    model_defaults defaults = {0};
    sd14_error error;
    const sd14_status status = config_read_defaults(root, &defaults, &error);
    if (status != SD14_OK) {
        fuzz_refused(status, SD14_ERROR_MODEL, &error);
    } else {
        FUZZ_CHECK(defaults.steps >= 1 && defaults.steps <= SCHEDULE_STEPS_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_document document;
    if (json_document_parse((const char *)data, size, "input", SD14_ERROR_MODEL, &document, NULL) !=
        SD14_OK) {
        return 0;
    }
    const json_node root = json_document_root(&document);
    try_text_encoder(&root);
    try_unet(&root);
    try_vae(&root);
    try_scheduler(&root);
    try_defaults(&root);
    json_document_release(&document);
    return 0;
}
