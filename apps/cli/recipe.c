/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"

enum { SHORT_HASH = 10 };

json_t *recipe_seed(uint64_t seed)
{
    if (seed <= INT64_MAX) return json_integer((json_int_t)seed);
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%" PRIu64, seed);
    return json_string(digits);
}

json_t *recipe_path(const char *path)
{
    json_t *string = json_string(path);
    if (string != NULL) return string;
    char *plain = strdup(path);
    if (plain == NULL) return NULL;
    for (char *c = plain; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80) *c = '?';
    }
    string = json_string(plain);
    free(plain);
    return string;
}

json_t *recipe_files(const recipe *from)
{
    json_t *files = json_array();
    for (size_t i = 0; files != NULL && i < from->n_files; i++) {
        json_t *file = json_pack("{s:o, s:s}", "name", recipe_path(from->files[i].name), "sha256",
                                 from->files[i].sha256);
        if (json_array_append_new(files, file) != 0) { /* refuses NULL too */
            json_decref(files);
            files = NULL;
        }
    }
    return files;
}

/* Those that were taken, so that a picture without them has the text that it always had. Takes `object`; NULL: no
 * memory. */
static json_t *with_shortcuts(json_t *object, const recipe *from)
{
    const float *interval = from->guidance_interval;
    int failed = object == NULL ? -1 : 0;
    if (from->cache > 1) failed |= json_object_set_new(object, "cache", json_integer(from->cache));
    if (interval[1] > 0) {
        failed |= json_object_set_new(
            object, "guidance_interval",
            json_pack("[f, f]", number_float_shown(interval[0]), number_float_shown(interval[1])));
    }
    if (failed == 0) return object;
    json_decref(object);
    return NULL;
}

/* The PNG's bytes must not depend on where the model lies or on the machine: no path, no threads. */
char *recipe_json_text(const recipe *from)
{
    json_t *object =
        json_pack("{s:i, s:s, s:{s:o, s:o}, s:s, s:s, s:o, s:i, s:f, s:f, s:i, s:i, s:s, s:s}", //
                  "format", 1, "version", sd14_version(),                                       //
                  "model", "name", recipe_path(from->model.name), "files", recipe_files(from),  //
                  "prompt", from->prompt, "negative_prompt", from->negative_prompt,             //
                  "seed", recipe_seed(from->seed), "steps", (int)from->steps,                   //
                  "guidance_scale", number_float_shown(from->guidance), "eta",                  //
                  number_float_shown(from->eta), "width", (int)from->width, "height",           //
                  (int)from->height, "sampler", from->sampler, "precision", from->model.precision);
    object = with_shortcuts(object, from);
    if (object == NULL) return NULL;
    char *text =
        json_dumps(object, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENSURE_ASCII | RECIPE_JSON_FLAGS);
    json_decref(object);
    return text;
}

json_t *recipe_run(const recipe *from)
{
    const sd14_model_info *model = &from->model;
    json_t *run =
        json_pack("{s:s, s:{s:o, s:o, s:o}, s:s, s:s, s:i, s:f, s:f, s:i, s:i, s:s, s:s, s:s, "
                  "s:s, s:i}",                                                            //
                  "version", sd14_version(),                                              //
                  "model", "path", recipe_path(model->path), "name",                      //
                  recipe_path(model->name), "files", recipe_files(from),                  //
                  "prompt", from->prompt, "negative_prompt", from->negative_prompt,       //
                  "steps", (int)from->steps, "guidance_scale",                            //
                  number_float_shown(from->guidance), "eta",                              //
                  number_float_shown(from->eta), "width", (int)from->width, "height",     //
                  (int)from->height, "sampler", from->sampler, "backend", model->backend, //
                  "precision", model->precision, "isa", model->isa, "threads",            //
                  (int)model->threads);
    return with_shortcuts(run, from);
}

/* AUTOMATIC1111 quotes (as JSON) the values that would confuse its own reader. A model's name need not be
 * UTF-8, a PNG's text must. */
static void add_value(FILE *to, const char *key, const char *value)
{
    json_t *string = recipe_path(value);
    if (strpbrk(value, ",:\n") == NULL) {
        (void)fprintf(to, ", %s: %s", key, string != NULL ? json_string_value(string) : "");
    } else {
        char *quoted = json_dumps(string, JSON_ENCODE_ANY);
        (void)fprintf(to, ", %s: %s", key, quoted != NULL ? quoted : "\"\"");
        free(quoted);
    }
    json_decref(string);
}

/* The UNet's weights stand for the model: there is no single checkpoint file to hash. */
static const char *unet_hash(const recipe *from)
{
    for (size_t i = 0; i < from->n_files; i++) {
        const char *name = from->files[i].name;
        if (strncmp(name, "unet/", 5) == 0 && strstr(name, ".json") == NULL) {
            return from->files[i].sha256;
        }
    }
    return NULL;
}

char *recipe_parameters(const recipe *from)
{
    char *text = NULL;
    size_t length = 0;
    char number[NUMBER_TEXT_BYTES];
    FILE *to = open_memstream(&text, &length);
    if (to == NULL) return NULL;

    if (from->prompt[0] != '\0') (void)fprintf(to, "%s\n", from->prompt);
    if (from->negative_prompt[0] != '\0') {
        (void)fprintf(to, "Negative prompt: %s\n", from->negative_prompt);
    }
    number_float_text(from->guidance, number);
    (void)fprintf(to, "Steps: %d, Sampler: DDIM, CFG scale: %s, Seed: %" PRIu64 ", Size: %dx%d",
                  from->steps, number, from->seed, from->width, from->height);
    const char *hash = unet_hash(from);
    if (hash != NULL) (void)fprintf(to, ", Model hash: %.*s", SHORT_HASH, hash);
    add_value(to, "Model", from->model.name);
    if (from->eta > 0) {
        number_float_text(from->eta, number);
        add_value(to, "Eta DDIM", number);
    }
    if (from->cache > 1) (void)fprintf(to, ", DeepCache interval: %d", from->cache);
    if (from->guidance_interval[1] > 0) {
        char end[NUMBER_TEXT_BYTES];
        number_float_text(from->guidance_interval[0], number);
        number_float_text(from->guidance_interval[1], end);
        (void)fprintf(to, ", Guidance interval: %s-%s", number, end);
    }
    /* Without this line the reader would take the seed for a GPU's. */
    (void)fprintf(to, ", RNG: CPU, Version: sd14 v%s", sd14_version());

    const bool failed = ferror(to) != 0;
    if (fclose(to) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}
