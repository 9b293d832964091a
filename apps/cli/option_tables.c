/* SPDX-License-Identifier: Apache-2.0 */

/* The options of every command. The manual (docs/man/sd14.1) and the shell completion name the same
 * ones: tests/cli/check_options.py compares. */
#include <stddef.h>

#include "settings.h"

static const char *const backends[] = {"cpu", NULL};
static const char *const precisions[] = {"f32", NULL};
static const char *const precisions_planned[] = {"fast", "int8", NULL};
static const char *const isas[] = {"auto", "ref", "avx2", "avx512", NULL};
static const char *const samplers[] = {"ddim", NULL};
static const char *const colors[] = {"auto", "always", "never", NULL};

#define AT(type, field) .offset = offsetof(type, field)

/* --width, --height and --size, of every command that draws: `settings` has int32_t size[2]. */
#define SIZE_OPTIONS(settings)                                                                     \
    {.name = "width",                                                                              \
     .letter = 'W',                                                                                \
     .kind = OPTION_INT,                                                                           \
     .min = 64,                                                                                    \
     .max = 2048,                                                                                  \
     .argument = "N",                                                                              \
     .help = "pixels, 64 to 2048, a multiple of 64",                                               \
     .shown = "the model's; Stable Diffusion 1.4: 512",                                            \
     .offset = offsetof(settings, size)},                                                          \
        {.name = "height",                                                                         \
         .letter = 'H',                                                                            \
         .kind = OPTION_INT,                                                                       \
         .min = 64,                                                                                \
         .max = 2048,                                                                              \
         .argument = "N",                                                                          \
         .help = "as --width",                                                                     \
         .shown = "the model's; Stable Diffusion 1.4: 512",                                        \
         .offset = offsetof(settings, size) + sizeof(int32_t)},                                    \
    {                                                                                              \
        .name = "size", .kind = OPTION_SIZE, .min = 64, .max = 2048, .argument = "WxH",            \
        .help = "width and height together, such as 512x768", AT(settings, size)                   \
    }

static const option model_options[] = {
    {.name = "model",
     .letter = 'm',
     .aliases = "d",
     .kind = OPTION_TEXT,
     .argument = "DIR",
     .group = "Model and machine",
     .help = "Stable Diffusion 1.x folder as diffusers saves it",
     .shown = "the built-in small model",
     AT(model_settings, path)},
    {.name = "threads",
     .letter = 't',
     .kind = OPTION_INT,
     .min = 0,
     .max = 512,
     .argument = "N",
     .help = "worker threads; the picture does not depend on it",
     .shown = "0: the cores this process may use",
     AT(model_settings, threads)},
    {.name = "isa",
     .kind = OPTION_CHOICE,
     .choices = isas,
     .argument = "NAME",
     .help = "newest instruction set to use: auto, ref, avx2, avx512;\n"
             "the picture does not depend on it",
     .shown = "auto",
     AT(model_settings, isa)},
    {.name = "backend",
     .kind = OPTION_CHOICE,
     .choices = backends,
     .argument = "NAME",
     .help = "what computes: cpu",
     .shown = "cpu",
     AT(model_settings, backend)},
    {.name = "precision",
     .kind = OPTION_CHOICE,
     .choices = precisions,
     .planned = precisions_planned,
     .argument = "NAME",
     .help = "f32: float32, the same bytes on every machine;\n"
             "fast and int8 are not available yet",
     .shown = "f32",
     AT(model_settings, precision)},
    {.name = "json",
     .kind = OPTION_FLAG,
     .group = "Messages",
     .help = "one JSON object on standard output instead of text",
     AT(model_settings, json)},
    {.name = "verbose",
     .letter = 'v',
     .kind = OPTION_COUNT,
     .help = "say more; twice: say everything",
     AT(model_settings, verbosity)},
    {.name = "quiet",
     .letter = 'q',
     .kind = OPTION_FLAG,
     .help = "say nothing but errors, and the seed when it is random",
     AT(model_settings, quiet)},
    {.name = "color",
     .aliases = "colour",
     .kind = OPTION_CHOICE,
     .choices = colors,
     .argument = "WHEN",
     .help = "auto, always or never",
     .shown = "auto",
     AT(model_settings, color)},
    {.name = "help", .letter = 'h', .kind = OPTION_HELP, .help = "print this"},
    {.name = NULL},
};

static const option generate_rows[] = {
    {.name = "prompt",
     .letter = 'p',
     .kind = OPTION_TEXT,
     .argument = "TEXT",
     .group = "What to draw",
     .help = "the prompt, as an option",
     AT(generate_settings, prompt_option)},
    {.name = "prompt-file",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "read the prompt from a file; -: standard input",
     AT(generate_settings, prompt_file)},
    {.name = "negative-prompt",
     .letter = 'n',
     .aliases = "neg-prompt",
     .kind = OPTION_TEXT,
     .argument = "TEXT",
     .help = "what the picture shall not show",
     .shown = "none",
     AT(generate_settings, negative_prompt)},
    {.name = "steps",
     .aliases = "num-inference-steps",
     .kind = OPTION_INT,
     .min = 1,
     .max = 1000,
     .argument = "N",
     .help = "denoising steps, 1 to 1000; more take longer",
     .shown = "the model's; Stable Diffusion 1.4: 50",
     AT(generate_settings, steps)},
    {.name = "cfg-scale",
     .letter = 'g',
     .aliases = "guidance-scale guidance",
     .kind = OPTION_NUMBER,
     .min = 0,
     .max = 100,
     .argument = "X",
     .help = "how closely to follow the prompt, 0 to 100;\n"
             "1 or less turns guidance off and halves the time",
     .shown = "the model's; Stable Diffusion 1.4: 7.5",
     AT(generate_settings, guidance)},
    {.name = "seed",
     .letter = 's',
     .kind = OPTION_SEED,
     .argument = "N",
     .help = "same seed and options, same picture; -1 or random: any",
     .shown = "random",
     AT(generate_settings, seed)},
    SIZE_OPTIONS(generate_settings),
    {.name = "sampler",
     .aliases = "sampling-method scheduler",
     .kind = OPTION_CHOICE,
     .choices = samplers,
     .argument = "NAME",
     .help = "how steps are made: ddim",
     .shown = "ddim",
     AT(generate_settings, sampler)},
    {.name = "eta",
     .kind = OPTION_NUMBER,
     .min = 0,
     .max = 1,
     .argument = "X",
     .help = "noise that DDIM adds in each step, 0 to 1",
     .shown = "0",
     AT(generate_settings, eta)},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .group = "Where it goes",
     .help = "PNG file; overwritten if it exists. %d, %03d: number in\n"
             "the batch. -: standard output",
     .shown = "the first free of output.png, output-1.png, ...",
     AT(generate_settings, output)},
    {.name = "batch-count",
     .letter = 'b',
     .kind = OPTION_INT,
     .min = 1,
     .max = 9999,
     .argument = "N",
     .help = "pictures to draw, with seeds N, N+1, ...; without %d in\n"
             "--output they are called FILE-1.png, FILE-2.png, ...",
     .shown = "1",
     AT(generate_settings, batch_count)},
    {.name = "show",
     .kind = OPTION_FLAG,
     .help = "show the picture in the terminal",
     AT(generate_settings, show)},
    {.name = NULL},
};

static const option bench_rows[] = {
    {.name = "repeat",
     .letter = 'r',
     .kind = OPTION_INT,
     .min = 1,
     .max = 1000,
     .argument = "N",
     .group = "What to measure",
     .help = "pictures to draw; the second and later ones are warm",
     .shown = "1",
     AT(bench_settings, repeat)},
    {.name = "steps",
     .aliases = "num-inference-steps",
     .kind = OPTION_INT,
     .min = 2,
     .max = 1000,
     .argument = "N",
     .help = "UNet steps per picture, 2 to 1000; the first is left out",
     .shown = "3",
     AT(bench_settings, steps)},
    SIZE_OPTIONS(bench_settings),
    {.name = "cfg-scale",
     .letter = 'g',
     .aliases = "guidance-scale guidance",
     .kind = OPTION_NUMBER,
     .min = 0,
     .max = 100,
     .argument = "X",
     .help = "1 or less: a step runs the UNet on one latent, not on a pair",
     .shown = "the model's; Stable Diffusion 1.4: 7.5",
     AT(bench_settings, guidance)},
    {.name = "prompt",
     .letter = 'p',
     .kind = OPTION_TEXT,
     .argument = "TEXT",
     .help = "the prompt; the time does not depend on it",
     .shown = "a photograph of an astronaut riding a horse",
     AT(bench_settings, prompt)},
    {.name = NULL},
};

const option_command generate_command = {
    .name = "generate",
    .summary = "draw pictures from a prompt",
    .usage = "generate [options] \"prompt\"",
    .examples =
        "  sd14 generate \"a red apple\"\n"
        "      draws with the built-in model into output.png\n"
        "  sd14 generate -m stable-diffusion-v1-4 -s 42 -o fox.png \"a fox in the snow\"\n"
        "      the same command draws the same picture, bit for bit, on every machine\n"
        "  sd14 generate -m stable-diffusion-v1-4 --steps 20 -b 4 -o 'fox-%02d.png' \"a fox\"\n"
        "      fox-01.png to fox-04.png, four seeds in a row\n"
        "  echo \"a castle\" | sd14 generate --prompt-file - -o - > castle.png\n"
        "  sd14 generate --json \"a red apple\" | jq -r '.images[0].path'\n",
    .notes =
        "Standard output carries the pictures' names (or the JSON of docs/json.md, or with\n"
        "-o - the PNG) and nothing else. The PNG holds all that is needed to draw it again, in\n"
        "its texts \"parameters\" (as AUTOMATIC1111 writes it) and \"sd14\" (JSON). Ctrl-C stops\n"
        "within a step and leaves no file; a second Ctrl-C stops at once.\n",
    .options = generate_rows,
    .model_options = model_options,
    .model_offset = offsetof(generate_settings, model),
    .operand = "prompt",
    .operand_offset = offsetof(generate_settings, operand),
    .operand_hint = "put the whole prompt in quotes: sd14 generate \"a red apple\"",
};

const option_command bench_command = {
    .name = "bench",
    .summary = "measure how fast a model runs on this machine",
    .usage = "bench [options]",
    .examples = "  sd14 bench\n"
                "      the built-in model, three steps\n"
                "  sd14 bench -m stable-diffusion-v1-4 --steps 5 -r 3 --json > bench.json\n",
    .notes =
        "A step of the UNet is a guidance pair (two latents at once) unless --cfg-scale is 1\n"
        "or less. Steps are given as minimum, median and maximum over all steps but the first\n"
        "of each picture. The time to the first step counts from the program's start.\n",
    .options = bench_rows,
    .model_options = model_options,
    .model_offset = offsetof(bench_settings, model),
    .operand = NULL,
    .operand_offset = offsetof(bench_settings, operand),
};

generate_settings generate_settings_default(void)
{
    return (generate_settings){
        .model = {.backend = "cpu", .precision = "f32", .isa = "auto", .color = "auto"},
        .sampler = "ddim",
        .guidance = -1.0f,
        .seed = {.random = true, .value = 0},
        .batch_count = 1,
    };
}

bench_settings bench_settings_default(void)
{
    return (bench_settings){
        .model = {.backend = "cpu", .precision = "f32", .isa = "auto", .color = "auto"},
        .prompt = "a photograph of an astronaut riding a horse",
        .steps = 3,
        .guidance = -1.0f,
        .repeat = 1,
    };
}
