/* SPDX-License-Identifier: Apache-2.0 */

/* The configuration dump against the one that tools/reference/config_diffusers.py made from diffusers 0.42.1 and
 * transformers 5.23.0: the same keys, values and sources, of the small model and of Stable Diffusion 1.4. */
#include "parity/config_dump.h"

#include <string.h>

#include "backends/cpu/cpu_backend.h"
#include "base/memory.h"
#include "formats/json.h"
#include "graph/memory_plan.h"
#include "models/model.h"
#include "support/cmocka.h"

#define EMOJI SD14_SOURCE_DIR "/models/emoji"
#define SD14 SD14_SOURCE_DIR "/tools/reference/configs/sd14"
#define RECORDED SD14_SOURCE_DIR "/tests/data/config/"

/* An entry, or anything that is no object, counts as a whole. */
static bool is_leaf(const json_t *value)
{
    return !json_is_object(value) || json_object_get(value, "source") != NULL;
}

static bool is_not_in_diffusers(const char *key)
{
    return strcmp(key, "activation_bytes") == 0 || strcmp(key, "sha256") == 0;
}

/* Every key of `a` is in `b`, with an equal entry. @return how many entries */
static int compare(const char *path, json_t *a, json_t *b)
{
    int count = 0;
    const char *key;
    json_t *value;
    json_object_foreach(a, key, value)
    {
        char name[256];
        (void)snprintf(name, sizeof(name), "%s.%s", path, key);
        json_t *other = json_object_get(b, key);
        if (is_not_in_diffusers(key)) continue;
        if (other == NULL) fail_msg("%s: only one side has it", name);
        if (!is_leaf(value)) {
            count += compare(name, value, other);
        } else {
            text texts[2] = {{0}};
            json_canonical(value, &texts[0]);
            json_canonical(other, &texts[1]);
            if (strcmp(text_get(&texts[0]), text_get(&texts[1])) != 0) {
                fail_msg("%s: %s and %s", name, text_get(&texts[0]), text_get(&texts[1]));
            }
            text_release(&texts[0]);
            text_release(&texts[1]);
            count++;
        }
    }
    return count;
}

static void compare_with(const model *of,
                         const config_dump_params *params,
                         const char *recorded,
                         const char *left_out)
{
    sd14_error error = {{0}};
    text dump = {0};
    json_document theirs = {0};
    if (config_dump(of, params, &dump, &error) != SD14_OK) fail_msg("%s", error.text);
    if (json_document_load(recorded, SD14_ERROR_FILE, &theirs, &error) != SD14_OK) {
        fail_msg("%s", error.text);
    }
    json_t *ours = json_loads(text_get(&dump), 0, NULL);
    assert_non_null(ours);
    if (left_out != NULL) {
        assert_int_equal(json_object_del(json_object_get(ours, "components"), left_out), 0);
        assert_int_equal(json_object_del(json_object_get(theirs.root, "components"), left_out), 0);
    }
    const int count = compare("dump", theirs.root, ours);
    assert_int_equal(compare("dump", ours, theirs.root), count);
    assert_in_range(count, 150, 250);
    json_decref(ours);
    json_document_release(&theirs);
    text_release(&dump);
}

static void emoji_equals_diffusers(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    model *of = NULL;
    if (model_load(EMOJI, &of, &error) != SD14_OK) fail_msg("%s", error.text);
    const config_dump_params params = {.width = 128, .height = 128, .steps = 20};
    compare_with(of, &params, RECORDED "emoji.json", NULL);
    model_destroy(of);
}

/* Stable Diffusion 1.4's configurations are here, its weights are not: their types and shapes stand in. */
static void fill_tensors(model *of, model_part part)
{
    sd14_error error = {{0}};
    graph *network = NULL;
    assert_int_equal(model_graph(&of->config, part, 1, 64, 64, &network, &error), SD14_OK);
    of->tensors[part] = mem_array((size_t)network->n_weights, sizeof(tensor));
    assert_non_null(of->tensors[part]);
    for (int i = 0; i < network->n_weights; i++) {
        of->tensors[part][i] = (tensor){.type = DTYPE_F32, .shape = network->weights[i].shape};
    }
    graph_destroy(network);
}

static void sd14_equals_diffusers(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    model *of = mem_array(1, sizeof(*of));
    assert_non_null(of);
    of->folder = mem_string(SD14);
    assert_int_equal(model_config_read(SD14, &of->config, &error), SD14_OK);
    assert_int_equal(schedule_create(&of->config.scheduler, &of->schedule, &error), SD14_OK);
    assert_int_equal(tokenizer_load(EMOJI "/tokenizer", &of->tokenizer, &error), SD14_OK);
    for (int part = 0; part < MODEL_PARTS; part++) fill_tensors(of, (model_part)part);

    const config_dump_params params = {.width = 512, .height = 512, .steps = 50};
    compare_with(of, &params, RECORDED "sd14.json", "tokenizer"); /* another one's */
    model_destroy(of);
}

/* A backend that keeps every node lays its values out just so. */
static void activations_are_what_a_backend_takes(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    model *of = NULL;
    graph *network = NULL;
    backend *cpu = NULL;
    backend_weights *weights = NULL;
    backend_program *program = NULL;
    size_t bytes = 0;
    const cpu_backend_options cpu_options = {.threads = 1};
    const backend_compile_options options = {.keep_nodes = true};
    if (model_load(EMOJI, &of, &error) != SD14_OK) fail_msg("%s", error.text);
    assert_int_equal(model_graph(&of->config, MODEL_UNET, 2, 16, 24, &network, &error), SD14_OK);
    assert_int_equal(graph_activation_bytes(network, &bytes, &error), SD14_OK);
    assert_int_equal(cpu_backend_create(&cpu_options, &cpu, &error), SD14_OK);
    assert_int_equal(cpu->vtable->load_weights(cpu, network, of->tensors[MODEL_UNET], NULL,
                                               WEIGHTS_ALL, NULL, &weights, &error),
                     SD14_OK);
    assert_int_equal(cpu->vtable->compile(cpu, network, weights, &options, &program, &error),
                     SD14_OK);
    assert_int_equal(cpu->vtable->program_memory(program).activations, bytes);
    cpu->vtable->program_destroy(program);
    cpu->vtable->weights_destroy(weights);
    cpu->vtable->destroy(cpu);
    graph_destroy(network);
    model_destroy(of);
}

static void refuses_impossible_steps(void **state)
{
    (void)state;
    sd14_error error = {{0}};
    model *of = NULL;
    text dump = {0};
    if (model_load(EMOJI, &of, &error) != SD14_OK) fail_msg("%s", error.text);
    const config_dump_params params = {.width = 128, .height = 128, .steps = 1001};
    assert_int_equal(config_dump(of, &params, &dump, &error), SD14_ERROR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.text, "1001"));
    model_destroy(of);
    text_release(&dump);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emoji_equals_diffusers),
        cmocka_unit_test(sd14_equals_diffusers),
        cmocka_unit_test(activations_are_what_a_backend_takes),
        cmocka_unit_test(refuses_impossible_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
