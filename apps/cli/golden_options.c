/* SPDX-License-Identifier: Apache-2.0 */
#include "golden_options.h"

#include <stddef.h>

static const option golden_rows[] = {
    {.name = "suite",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .group = "What to record",
     .help = "the prompt suite; some are in configs/suites",
     OPTION_AT(golden_settings, suite)},
    {.name = "output",
     .letter = 'o',
     .kind = OPTION_TEXT,
     .argument = "DIR",
     .help = "folder of the run; made if it is not there",
     OPTION_AT(golden_settings, folder)},
    {.name = "noise-from",
     .kind = OPTION_TEXT,
     .argument = "DIR",
     .help = "take each item's initial noise from this golden run",
     .shown = "the noise of the item's seed",
     OPTION_AT(golden_settings, noise_from)},
    {.name = "verify",
     .kind = OPTION_FLAG,
     .help = "draw nothing: hash the run's files again and name those\n"
             "that are not as its manifest says",
     OPTION_AT(golden_settings, verify)},
    {.name = NULL},
};

const option_command golden_command = {
    .name = "golden",
    .summary = "record the pictures and tensors of a prompt suite, to compare with",
    .usage = "golden --suite FILE -o DIR [options]\n"
             "       sd14 golden --verify -o DIR",
    .examples = "  sd14 golden --suite configs/suites/emoji-smoke.json -o run\n"
                "      three pictures of the built-in model, with the tensors on their way\n"
                "  sd14 golden --suite configs/suites/parity.json -m stable-diffusion-v1-4 -o run\n"
                "  sd14 golden --verify -o run\n",
    .notes =
        "A run that was ended goes on with the same command, and leaves the same bytes in every\n"
        "file but measurements.json. The folder of each item is printed when it is there.\n"
        "--verify exits with 6 when a file is missing or differs.\n",
    .options = golden_rows,
    .shared = {{model_options, offsetof(golden_settings, model)},
               {console_options, offsetof(golden_settings, console)}},
};

golden_settings golden_settings_default(void)
{
    return (golden_settings){.model = model_settings_default, .console = console_settings_default};
}
