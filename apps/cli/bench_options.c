/* SPDX-License-Identifier: Apache-2.0 */
#include "bench_options.h"

#include <stddef.h>

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
     OPTION_AT(bench_settings, repeat)},
    {.name = "steps",
     .aliases = "num-inference-steps",
     .kind = OPTION_INT,
     .min = 2,
     .max = 1000,
     .argument = "N",
     .help = "UNet steps per picture, 2 to 1000; the first is left out",
     .shown = "3",
     OPTION_AT(bench_settings, steps)},
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
     OPTION_AT(bench_settings, guidance)},
    {.name = "prompt",
     .letter = 'p',
     .kind = OPTION_TEXT,
     .argument = "TEXT",
     .help = "the prompt; the time does not depend on it",
     .shown = "a photograph of an astronaut riding a horse",
     OPTION_AT(bench_settings, prompt)},
    {.name = NULL},
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
    .shared = {{model_options, offsetof(bench_settings, model)},
               {console_options, offsetof(bench_settings, console)}},
};

bench_settings bench_settings_default(void)
{
    return (bench_settings){
        .model = model_settings_default,
        .console = console_settings_default,
        .prompt = "a photograph of an astronaut riding a horse",
        .steps = 3,
        .guidance = -1.0f,
        .repeat = 1,
    };
}
