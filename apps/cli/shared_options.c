/* SPDX-License-Identifier: Apache-2.0 */

/* Options that several commands have. The manual (docs/man/sd14.1) and the shell completion name every
 * option: tests/cli/check_options.py compares. */
#include <stddef.h>

#include "settings.h"

static const char *const model_traces[] = {"auto", "on", "off", NULL};
static const char *const model_on_device_failures[] = {"stop", "cpu", NULL};
const char *const model_backends[] = {"cpu", "ttnn", NULL};
const char *const model_precisions[] = {"f32", "fast", NULL};
const char *const model_precisions_planned[] = {"int8", NULL};
const char *const model_isas[] = {"auto", "ref", "avx2", "avx_vnni", "avx512", "avx512_vnni", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};

const option model_options[] = {
    {MODEL_OPTION, .group = "Model and machine",
     .help = "Stable Diffusion 1.x folder as diffusers saves it",
     .shown = "the built-in small model", OPTION_AT(model_settings, path)},
    {.name = "config",
     .kind = OPTION_CONFIG,
     .argument = "FILE",
     .help = "options from a JSON file (docs/configs.md); those given\n"
             "here win, wherever they stand"},
    {.name = "threads",
     .letter = 't',
     .kind = OPTION_INT,
     .min = 0,
     .max = 512,
     .argument = "N",
     .help = "worker threads; the picture does not depend on it",
     .shown = "0: the cores this process may use",
     OPTION_AT(model_settings, threads)},
    {.name = "max-ram",
     .kind = OPTION_BYTES,
     .argument = "SIZE",
     .help = "stay within that much memory: 6G, 800M, bytes; weights that\n"
             "do not fit are streamed, which takes longer, and what cannot\n"
             "be drawn within it is not begun",
     .shown = "0: the limit of the control group, if there is one",
     OPTION_AT(model_settings, max_ram)},
    {.name = "cache-max",
     .kind = OPTION_BYTES,
     .argument = "SIZE",
     .help = "of prepared weights that stay on the disk, so that the\n"
             "next start is quick; those used longest ago make room",
     .shown = "16G",
     OPTION_AT(model_settings, cache_max)},
    {.name = "no-cache",
     .kind = OPTION_FLAG,
     .help = "neither keep prepared weights nor look for kept ones",
     OPTION_AT(model_settings, no_cache)},
    {.name = "isa",
     .kind = OPTION_CHOICE,
     .choices = model_isas,
     .argument = "NAME",
     .help = "newest instruction set to use: auto, ref, avx2, avx_vnni,\n"
             "avx512, avx512_vnni;\n"
             "the picture does not depend on it",
     .shown = "auto",
     OPTION_AT(model_settings, isa)},
    {.name = "backend",
     .kind = OPTION_CHOICE,
     .choices = model_backends,
     .argument = "NAME",
     .help = "what computes: cpu, or ttnn: a Tenstorrent card",
     .shown = "cpu",
     OPTION_AT(model_settings, backend)},
    {.name = "ttnn-python",
     .kind = OPTION_TEXT,
     .argument = "PATH",
     .help = "interpreter or virtual environment that has ttnn",
     .shown = "SD14_TTNN_PYTHON, else the usual places",
     OPTION_AT(model_settings, ttnn_python)},
    {.name = "tt-chips",
     .kind = OPTION_INT,
     .min = 1,
     .max = 2,
     .argument = "N",
     .help = "2: the halves of guidance on the two chips of an N300",
     .shown = "1",
     OPTION_AT(model_settings, tt_chips)},
    {.name = "tt-trace",
     .kind = OPTION_CHOICE,
     .choices = model_traces,
     .argument = "WHEN",
     .help = "record a step once and replay it: auto (on a card), on, off",
     .shown = "auto",
     OPTION_AT(model_settings, tt_trace)},
    {.name = "device-options",
     .kind = OPTION_TEXT,
     .argument = "JSON",
     .help = "the backend's own options, an object: docs/tenstorrent.md",
     .shown = "none",
     OPTION_AT(model_settings, device_options)},
    {.name = "on-device-failure",
     .kind = OPTION_CHOICE,
     .choices = model_on_device_failures,
     .argument = "WHAT",
     .help = "stop, or cpu: finish the picture on the CPU",
     .shown = "stop",
     OPTION_AT(model_settings, on_device_failure)},
    {.name = "precision",
     .kind = OPTION_CHOICE,
     .choices = model_precisions,
     .planned = model_precisions_planned,
     .argument = "NAME",
     .help = "f32: float32, the same bytes on every machine;\n"
             "fast: 16-bit integer products, close to it; same bytes too;\n"
             "int8 is not available yet",
     .shown = "f32",
     OPTION_AT(model_settings, precision)},
    {.name = "exact",
     .kind = OPTION_FLAG,
     .help = "convolutions as plain sums of products, slower, not with\n"
             "Winograd's transforms (docs/numerics.md)",
     OPTION_AT(model_settings, exact)},
    {.name = "emulate",
     .kind = OPTION_TEXT,
     .argument = "WHAT",
     .help = "another machine's numerics on the CPU: none, wormhole, or\n"
             "wormhole,unet.weights=bfloat8_b,... (docs/numerics.md)",
     .shown = "none",
     OPTION_AT(model_settings, emulate)},
    {.name = NULL},
};

const option console_options[] = {
    {.name = "json",
     .kind = OPTION_FLAG,
     .group = "Messages",
     .help = "one JSON object on standard output instead of text",
     OPTION_AT(console_settings, json)},
    {.name = "verbose",
     .letter = 'v',
     .kind = OPTION_COUNT,
     .help = "say more; twice: say everything",
     OPTION_AT(console_settings, verbosity)},
    {.name = "quiet",
     .letter = 'q',
     .kind = OPTION_FLAG,
     .help = "say nothing but errors, and the seed when it is random",
     OPTION_AT(console_settings, quiet)},
    {.name = "color",
     .aliases = "colour",
     .kind = OPTION_CHOICE,
     .choices = colors,
     .argument = "WHEN",
     .help = "auto, always or never",
     .shown = "auto",
     OPTION_AT(console_settings, color)},
    {.name = "help", .letter = 'h', .kind = OPTION_HELP, .help = "print this"},
    {.name = NULL},
};

const console_settings console_settings_default = {.color = "auto"};
const model_settings model_settings_default = {.backend = "cpu",
                                               .precision = "f32",
                                               .isa = "auto",
                                               .emulate = "none",
                                               .tt_trace = "auto",
                                               .cache_max = (uint64_t)16 << 30,
                                               .on_device_failure = "stop"};
