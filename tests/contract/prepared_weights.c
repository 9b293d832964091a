/* SPDX-License-Identifier: Apache-2.0 */

/* Weights that a CPU backend mapped from its cache compute what those it prepared itself compute, and whatever
 * their bytes depend on makes another file. */
#include <dirent.h>

#include "backends/cpu/cpu_backend.h"
#include "base/memory.h"
#include "models/model_files.h"
#include "support/cmocka.h"
#include "support/files.h"

#define EMOJI SD14_SOURCE_DIR "/models/emoji"

static char folder[PATH_MAX];
static model *emoji;
static graph *network;

static int files_kept(void)
{
    int count = 0;
    DIR *open = opendir(folder);
    if (open == NULL) return 0;
    for (const struct dirent *entry; (entry = readdir(open)) != NULL;)
        count += entry->d_name[0] != '.';
    (void)closedir(open);
    return count;
}

/* `numbers`: "f32", "fast", or what is emulated. */
static backend *make_backend(const char *numbers, bool caches)
{
    sd14_error error = {{0}};
    backend *on = NULL;
    emulation emulation;
    const block_cache cache = {.folder = folder, .most_bytes = (uint64_t)1 << 30};
    cpu_backend_options options = {.threads = 2, .isa_max = ISA_COUNT - 1};
    if (caches) options.cache = &cache;
    options.fast = strcmp(numbers, "fast") == 0;
    if (!options.fast && strcmp(numbers, "f32") != 0) {
        assert_int_equal(emulation_parse(numbers, &emulation, &error), SD14_OK);
        options.emulation = &emulation;
    }
    if (cpu_backend_create(&options, &on, &error) != SD14_OK) fail_msg("%s", error.text);
    assert_int_equal(on->keeps_weights, caches);
    return on;
}

static size_t output_bytes(void)
{
    return shape_count(network->nodes[network->outputs[0]].shape) * sizeof(float);
}

static void expect_same(const float *a, const float *b)
{
    assert_memory_equal(a, b, output_bytes());
}

/* A prompt's embedding, the caller's to free. */
static float *embed(backend *on, const char *content)
{
    sd14_error error = {{0}};
    int32_t ids[77]; /* and their positions */
    for (int i = 0; i < 77; i++) ids[i] = i;
    float *output = mem_array(output_bytes(), 1);
    assert_non_null(output);
    const void *const inputs[] = {ids, ids};
    const backend_run run = {.inputs = inputs, .outputs = &output};
    const backend_compile_options options = {.keep_nodes = false};
    backend_weights *weights = NULL;
    backend_program *program = NULL;
    const backend_vtable *vtable = on->vtable;
    sd14_status status = vtable->load_weights(on, network, emoji->tensors[MODEL_TEXT_ENCODER],
                                              content, WEIGHTS_ALL, NULL, &weights, &error);
    if (status == SD14_OK)
        status = vtable->compile(on, network, weights, &options, &program, &error);
    if (status == SD14_OK) status = vtable->run(program, &run, &error);
    if (status != SD14_OK) fail_msg("%s", error.text);
    vtable->program_destroy(program);
    vtable->weights_destroy(weights);
    return output;
}

static void mapped_ones_compute_the_same(void **state)
{
    (void)state;
    char content[SHA256_TEXT_BYTES];
    sd14_error error = {{0}};
    static const char *const numbers[] = {"f32", "fast", "wormhole",
                                          "wormhole,text_encoder.fidelity=LoFi"};
    assert_int_equal(model_part_digest(emoji, MODEL_TEXT_ENCODER, content, &error), SD14_OK);
    for (int i = 0; i < 4; i++) {
        backend *plain = make_backend(numbers[i], false), *keeps = make_backend(numbers[i], true);
        float *truth = embed(plain, content);
        assert_int_equal(files_kept(), i);
        float *first = embed(keeps, content);
        assert_int_equal(files_kept(), i + 1);
        float *second = embed(keeps, content);
        assert_int_equal(files_kept(), i + 1);
        expect_same(first, truth);
        expect_same(second, truth);
        mem_free(truth);
        mem_free(first);
        mem_free(second);
        plain->vtable->destroy(plain);
        keeps->vtable->destroy(keeps);
    }
}

/* Another file's bytes under another file's name: what is mapped is used, and not prepared again. */
static void what_is_kept_is_used(void **state)
{
    (void)state;
    backend *keeps = make_backend("f32", true);
    const int before = files_kept();
    char content[SHA256_TEXT_BYTES];
    memset(content, '0', sizeof(content) - 1);
    content[sizeof(content) - 1] = '\0';
    float *first = embed(keeps, content);
    assert_int_equal(files_kept(), before + 1);

    graph_value linear = 0; /* its weight is packed: a table would be read where it lies */
    while (network->nodes[linear].op != OP_linear) linear++;
    tensor *weight = &emoji->tensors[MODEL_TEXT_ENCODER][network->nodes[linear].weight[0]];
    const tensor truth = *weight;
    void *zeros = mem_array(shape_count(truth.shape), dtype_bytes(truth.type));
    assert_non_null(zeros);
    weight->data = zeros;
    float *second = embed(keeps, content);
    expect_same(second, first);
    content[0] = '1';
    float *third = embed(keeps, content);
    assert_int_equal(files_kept(), before + 2);
    assert_memory_not_equal(third, first, output_bytes());
    *weight = truth;
    mem_free(zeros);
    mem_free(first);
    mem_free(second);
    mem_free(third);
    keeps->vtable->destroy(keeps);
}

static void nothing_is_kept_unasked(void **state)
{
    (void)state;
    backend *keeps = make_backend("f32", true);
    const int before = files_kept();
    mem_free(embed(keeps, NULL)); /* of content that nobody can name */
    assert_int_equal(files_kept(), before);
    keeps->vtable->destroy(keeps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mapped_ones_compute_the_same),
        cmocka_unit_test(what_is_kept_is_used),
        cmocka_unit_test(nothing_is_kept_unasked),
    };
    sd14_error error = {{0}};
    (void)temp_folder(folder);
    if (model_load(EMOJI, &emoji, &error) != SD14_OK ||
        model_graph(&emoji->config, MODEL_TEXT_ENCODER, 1, 0, 0, &network, &error) != SD14_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    graph_destroy(network);
    model_destroy(emoji);
    remove_folder(folder);
    return failed;
}
