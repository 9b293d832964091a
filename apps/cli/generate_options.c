/* SPDX-License-Identifier: Apache-2.0 */
#include "generate_options.h"

#include <stddef.h>

#include <sd14/generate.h>

static const char *const samplers[] = {"ddim", NULL};

static const option generate_rows[] = {
    {PROMPT_OPTION, .group = "What to draw", .help = "the prompt, as an option",
     OPTION_AT(generate_settings, prompt_option)},
    {.name = "prompt-file",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "read the prompt from a file; -: standard input",
     OPTION_AT(generate_settings, prompt_file)},
    {.name = "prompts",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "many prompts from a file, one a line; -: standard input",
     OPTION_AT(generate_settings, prompts_file)},
    {NEGATIVE_PROMPT_OPTION, OPTION_AT(generate_settings, negative_prompt)},
    {STEPS_OPTION(1), .help = "denoising steps, 1 to 1000; more take longer",
     .shown = "the model's; Stable Diffusion 1.4: 50", OPTION_AT(generate_settings, steps)},
    {GUIDANCE_OPTION,
     .help = "how closely to follow the prompt, 0 to 100;\n"
             "1 or less turns guidance off and halves the time",
     OPTION_AT(generate_settings, guidance)},
    {SEEDS_OPTION,
     .help = "same seed and options, same picture; several with commas:\n"
             "one picture each; -1 or random: any",
     .shown = "random", OPTION_AT(generate_settings, seed)},
    SIZE_OPTIONS(generate_settings),
    {.name = "sampler",
     .aliases = "sampling-method scheduler",
     .kind = OPTION_CHOICE,
     .choices = samplers,
     .argument = "NAME",
     .help = "how steps are made: ddim",
     .shown = "ddim",
     OPTION_AT(generate_settings, sampler)},
    {.name = "eta",
     .kind = OPTION_NUMBER,
     .min = 0,
     .max = 1,
     .argument = "X",
     .help = "noise that DDIM adds in each step, 0 to 1",
     .shown = "0",
     OPTION_AT(generate_settings, eta)},
    {.name = "cache",
     .aliases = "cache-interval",
     .kind = OPTION_INT,
     .min = 1,
     .max = 1000,
     .argument = "N",
     .group = "Shortcuts, which change the picture (docs/performance.md)",
     .help = "run the whole UNet in every N-th step only, and reuse its\n"
             "deep feature between them (DeepCache)",
     .shown = "1: in every step",
     OPTION_AT(generate_settings, cache)},
    {.name = "guidance-interval",
     .kind = OPTION_INTERVAL,
     .min = 0,
     .max = 1,
     .argument = "START,END",
     .help = "guidance in this part of the steps only, such as 0.2,0.8;\n"
             "the others take half the time",
     .shown = "0,1",
     OPTION_AT(generate_settings, guidance_interval)},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .group = "Where it goes",
     .help = "PNG file; overwritten if it exists. %d, %03d: number of\n"
             "the picture. %s: its seed. -: standard output",
     .shown = "the first free of output.png, output-1.png, ...",
     OPTION_AT(generate_settings, output)},
    {.name = "batch-count",
     .letter = 'b',
     .aliases = "count",
     .kind = OPTION_INT,
     .min = 1,
     .max = 9999,
     .argument = "N",
     .help = "pictures to draw of each prompt, with seeds N, N+1, ...;\n"
             "without %d in --output several pictures are called\n"
             "FILE-1.png, FILE-2.png, ...",
     .shown = "1",
     OPTION_AT(generate_settings, batch_count)},
    {.name = "batch-size",
     .kind = OPTION_INT,
     .min = 1,
     .max = SD14_BATCH_MAX,
     .argument = "N",
     .help = "pictures to draw at a time, as far as --max-ram lets;\n"
             "the pictures do not depend on it",
     .shown = "4",
     OPTION_AT(generate_settings, batch_size)},
    {.name = "show",
     .kind = OPTION_FLAG,
     .help = "show the picture in the terminal",
     OPTION_AT(generate_settings, show)},
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
        "  sd14 generate --prompts prompts.txt -s 1,2 -o '%03d-seed-%s.png'\n"
        "      two pictures of every line\n"
        "  echo \"a castle\" | sd14 generate --prompt-file - -o - > castle.png\n"
        "  sd14 generate --json \"a red apple\" | jq -r '.images[0].path'\n",
    .notes =
        "Standard output carries the pictures' names (or the JSON of docs/json.md, or with\n"
        "-o - the PNG) and nothing else. The PNG holds all that is needed to draw it again, in\n"
        "its texts \"parameters\" (as AUTOMATIC1111 writes it) and \"sd14\" (JSON). Ctrl-C stops\n"
        "within a step and leaves no file; a second Ctrl-C stops at once. Of several pictures\n"
        "those that were written before a failure stay; the exit code is the failure's.\n",
    .options = generate_rows,
    .shared = {{model_options, offsetof(generate_settings, model)},
               {console_options, offsetof(generate_settings, console)}},
    .operand = "prompt",
    .operand_offset = offsetof(generate_settings, operand),
    .operand_max = 1,
    .operand_hint = "put the whole prompt in quotes: sd14 generate \"a red apple\"",
};

generate_settings generate_settings_default(void)
{
    return (generate_settings){
        .model = model_settings_default,
        .console = console_settings_default,
        .sampler = "ddim",
        .guidance = -1.0f,
        .seed = {.random = true, .value = 0},
        .batch_count = 1,
        .batch_size = 4,
    };
}
