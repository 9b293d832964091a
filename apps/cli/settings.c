/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_file.h"
#include "device_options.h"
#include "help.h"

static bool apply_console(const console_settings *settings, console *con)
{
    if (settings->quiet && settings->verbosity > 0) {
        console_error(con, "-q and -v contradict each other; leave one out");
        return false;
    }
    con->quiet = settings->quiet;
    con->verbosity = settings->verbosity;
    console_init(con, strcmp(settings->color, "always") == 0  ? COLOR_ALWAYS
                      : strcmp(settings->color, "never") == 0 ? COLOR_NEVER
                                                              : COLOR_AUTO);
    return true;
}

bool settings_read(cli *cli,
                   const option_command *command,
                   int argc,
                   char **argv,
                   void *settings,
                   const console_settings *messages,
                   exit_code *out_code)
{
    const char *path = NULL;
    option_result result = options_find_config(&cli->console, command, argc, argv, &path);
    if (result == OPTIONS_OK && path != NULL) {
        *out_code = config_file_apply(&cli->console, command, path, settings, &cli->config);
        if (*out_code != EXIT_CODE_OK) return false;
    }
    if (result == OPTIONS_OK) {
        result = options_parse(&cli->console, command, argc, argv, settings);
    }
    switch (result) {
    case OPTIONS_HELP:
        help_print_command(command);
        *out_code = EXIT_CODE_OK;
        return false;
    case OPTIONS_WRONG:
        *out_code = EXIT_CODE_USAGE;
        return false;
    case OPTIONS_OK:
        break;
    }
    *out_code = EXIT_CODE_USAGE;
    return apply_console(messages, &cli->console);
}

/* Whether a model lies at `below` relative to the folder `base`; writes its path. */
static bool has_model(const char *base, const char *below, char out[PATH_MAX])
{
    char joined[2 * PATH_MAX], index[PATH_MAX + 32];
    if (snprintf(joined, sizeof(joined), "%s/%s", base, below) >= (int)sizeof(joined)) return false;
    if (realpath(joined, out) == NULL) return false;
    (void)snprintf(index, sizeof(index), "%s/model_index.json", out);
    return access(index, R_OK) == 0;
}

/* The source tree's (the program is in build/<preset>/), or the installed one (in <prefix>/bin/). */
bool builtin_model_find(char out[MODEL_PATH_BYTES])
{
    char program[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (length <= 0) return false;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL) return false;
    *slash = '\0';
    return has_model(program, "../../models/emoji", out) ||
           has_model(program, "../share/sd14/models/emoji", out);
}

/* $SD14_MODEL, or the model that comes with the program. */
static bool find_default_model(char out[MODEL_PATH_BYTES])
{
    const char *given = getenv("SD14_MODEL");
    if (given != NULL && given[0] != '\0') {
        return snprintf(out, MODEL_PATH_BYTES, "%s", given) <
               MODEL_PATH_BYTES; /* loading will judge it */
    }
    return builtin_model_find(out);
}

_Static_assert(MODEL_PATH_BYTES >= PATH_MAX, "realpath() writes PATH_MAX bytes");

exit_code model_settings_params(const model_settings *settings,
                                console *con,
                                model_texts *texts,
                                sd14_model_params *out_params)
{
    sd14_model_params_default(out_params);
    out_params->path = settings->path;
    if (out_params->path == NULL) {
        if (!find_default_model(texts->builtin)) {
            console_error(con,
                          "the built-in model is not there; give a model with -m DIR or in the "
                          "environment variable SD14_MODEL");
            return EXIT_CODE_FILE;
        }
        out_params->path = texts->builtin;
    }
    out_params->backend = settings->backend;
    out_params->precision = settings->precision;
    out_params->isa = strcmp(settings->isa, "auto") == 0 ? NULL : settings->isa;
    out_params->emulate = strcmp(settings->emulate, "none") == 0 ? NULL : settings->emulate;
    out_params->exact = settings->exact;
    out_params->threads = settings->threads;
    out_params->max_ram = settings->max_ram;
    out_params->cache_max = settings->no_cache ? 0 : settings->cache_max;
    out_params->on_device_failure = settings->on_device_failure;
    out_params->log = (sd14_log){con, console_log};
    return device_options_text(settings, con, texts->device_options, &out_params->device_options);
}

void model_settings_forget_device(model_settings *settings)
{
    settings->device_options = NULL;
    settings->ttnn_python = NULL;
    settings->tt_chips = 0;
    settings->tt_trace = model_settings_default.tt_trace;
}

exit_code model_settings_load(const model_settings *settings, console *con, sd14_model **out_model)
{
    model_texts texts;
    sd14_model_params params;
    const exit_code code = model_settings_params(settings, con, &texts, &params);
    if (code != EXIT_CODE_OK) return code;

    sd14_error error;
    const sd14_status status = sd14_model_load(&params, out_model, &error);
    if (status != SD14_OK) {
        console_error(con, "%s", error.text);
        return exit_code_of(status);
    }
    sd14_model_info info;
    sd14_model_get_info(*out_model, &info);
    console_detail(con, "model %s, %s %s, %s, %d threads", info.path, info.backend, info.isa,
                   info.precision, info.threads);
    return EXIT_CODE_OK;
}

static void say_network(const char *name, const sd14_network_memory *memory, console *con)
{
    console_detail(
        con,
        "memory plan: %s %.1f MiB of weights, %.1f streamed, %.1f of activations, %.1f "
        "of scratch",
        name, (double)memory->weights_bytes / 0x1p20, (double)memory->streamed_bytes / 0x1p20,
        (double)memory->activations_bytes / 0x1p20, (double)memory->scratch_bytes / 0x1p20);
}

void memory_plan_say(const sd14_session *session,
                     const sd14_generate_params *params,
                     int32_t count,
                     console *con)
{
    sd14_memory_plan plan;
    if (con->verbosity == 0) return;
    if (sd14_session_plan_batch(session, params, count, &plan, NULL) != SD14_OK) return;
    say_network("text encoder", &plan.text, con);
    say_network("UNet", &plan.unet, con);
    say_network("VAE decoder", &plan.decoder, con);
    console_detail(con, "memory plan: %.1f MiB for all else; at most %" PRIu64 " MiB at once",
                   (double)plan.other_bytes / 0x1p20, plan.peak_bytes >> 20);
}

bool model_draws_size(const sd14_model_info *info, int32_t width, int32_t height, console *con)
{
    const int32_t multiple = info->pixel_multiple;
    if (multiple <= 0 || (width % multiple == 0 && height % multiple == 0)) return true;
    const bool wide = width % multiple != 0;
    console_error(con, "%s %d: must be a multiple of %d with this model",
                  wide ? "--width" : "--height", wide ? width : height, multiple);
    return false;
}
