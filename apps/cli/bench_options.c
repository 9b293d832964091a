/* SPDX-License-Identifier: Apache-2.0 */
#include "bench_options.h"

#include <stddef.h>

static const option bench_rows[] = {
    {.name = "operators",
     .kind = OPTION_FLAG,
     .group = "What to measure",
     .help = "instead of pictures: each operator alone, on random data",
     OPTION_AT(bench_settings, operators)},
    {.name = "warmup",
     .kind = OPTION_INT,
     .min = 0,
     .max = 1000,
     .argument = "N",
     .help = "pictures drawn first that do not count; calls, with --operators",
     .shown = "0; 1 with --operators",
     OPTION_AT(bench_settings, warmup)},
    {.name = "repeat",
     .letter = 'r',
     .kind = OPTION_INT,
     .min = 1,
     .max = 1000,
     .argument = "N",
     .help = "pictures that count; calls, with --operators",
     .shown = "1; with --operators 3 and more, for 20 ms",
     OPTION_AT(bench_settings, repeat)},
    {STEPS_OPTION(2), .help = "UNet steps per picture, 2 to 1000; the first is left out",
     .shown = "3; with --operators the model's", OPTION_AT(bench_settings, steps)},
    SIZE_OPTIONS(bench_settings),
    {GUIDANCE_OPTION, .help = "1 or less: a step runs the UNet on one latent, not on a pair",
     OPTION_AT(bench_settings, guidance)},
    {PROMPT_OPTION, .help = "the prompt; the time does not depend on it",
     .shown = "a photograph of an astronaut riding a horse", OPTION_AT(bench_settings, prompt)},
    {.name = NULL},
};

const option_command bench_command = {
    .name = "bench",
    .summary = "measure how fast a model runs on this machine",
    .usage = "bench [options]",
    .examples = "  sd14 bench\n"
                "      the built-in model, three steps\n"
                "  sd14 bench -m stable-diffusion-v1-4 --warmup 1 -r 3 --json > bench.json\n"
                "  sd14 bench -m stable-diffusion-v1-4 --operators\n"
                "      where a picture's time goes; needs no weights\n",
    .notes =
        "A step of the UNet is a guidance pair (two latents at once) unless --cfg-scale is 1\n"
        "or less. Steps are summed up over all but the first of each picture. Percentiles lie\n"
        "on the line between the two nearest samples, as numpy's. The time to the first step\n"
        "counts from the program's start. The same prompt is encoded once: of later pictures\n"
        "the text takes no time.\n",
    .options = bench_rows,
    .shared = {{model_options, offsetof(bench_settings, model)},
               {console_options, offsetof(bench_settings, console)}},
};

bench_settings bench_settings_default(void)
{
    return (bench_settings){
        .model = model_settings_default,
        .console = console_settings_default,
        .prompt = "a photograph of an astronaut riding a horse",
        .guidance = -1.0f,
    };
}
