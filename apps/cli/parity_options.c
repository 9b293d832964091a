/* SPDX-License-Identifier: Apache-2.0 */
#include "parity_options.h"

#include <stddef.h>

static const option parity_rows[] = {
    {.name = "against-model",
     .kind = OPTION_TEXT,
     .argument = "DIR",
     .group = "The reference, side B: one or more of these, or --recording",
     .help = "another model folder",
     .shown = "side A's",
     OPTION_AT(parity_settings, against_model)},
    {.name = "against-backend",
     .kind = OPTION_CHOICE,
     .choices = model_backends,
     .argument = "NAME",
     .help = "another backend: cpu",
     .shown = "side A's",
     OPTION_AT(parity_settings, against_backend)},
    {.name = "against-precision",
     .kind = OPTION_CHOICE,
     .choices = model_precisions,
     .planned = model_precisions_planned,
     .argument = "NAME",
     .help = "another precision: f32, fast",
     .shown = "side A's",
     OPTION_AT(parity_settings, against_precision)},
    {.name = "against-isa",
     .kind = OPTION_CHOICE,
     .choices = model_isas,
     .argument = "NAME",
     .help = "another instruction set: auto, ref, avx2, avx_vnni, avx512, avx512_vnni",
     .shown = "side A's",
     OPTION_AT(parity_settings, against_isa)},
    {.name = "against-emulate",
     .kind = OPTION_TEXT,
     .argument = "WHAT",
     .help = "other numerics: none for plain float32",
     .shown = "side A's",
     OPTION_AT(parity_settings, against_emulate)},
    {.name = "against-exact",
     .kind = OPTION_FLAG,
     .help = "with --exact",
     .shown = "side A's",
     OPTION_AT(parity_settings, against_exact)},
    {.name = "recording",
     .kind = OPTION_TEXT,
     .argument = "FILE",
     .help = "tensors recorded from diffusers, manifest.json beside them;\n"
             "prompt and settings are the manifest's unless given",
     OPTION_AT(parity_settings, recording)},
    {.name = "nodes",
     .kind = OPTION_TEXT,
     .argument = "GLOB",
     .group = "What to compare",
     .help = "names such as 'unet/down_blocks.0.*', latents/001, picture",
     .shown = "everything",
     OPTION_AT(parity_settings, nodes)},
    {.name = "step",
     .kind = OPTION_INT,
     .min = 0,
     .max = 999,
     .argument = "K",
     .help = "the step whose UNet nodes are compared, from 0",
     .shown = "0",
     OPTION_AT(parity_settings, step)},
    {.name = "isolate",
     .kind = OPTION_FLAG,
     .help = "give every node the reference's inputs, so that errors do\n"
             "not add up; leaves out noise, latents and picture",
     OPTION_AT(parity_settings, isolate)},
    {.name = "threshold",
     .kind = OPTION_NUMBER,
     .min = 0,
     .max = 1000,
     .argument = "X",
     .help = "largest relative L2 distance; 0: the same bits",
     .shown = "float32: nodes 1e-5, latents 1e-4, picture 1e-3",
     OPTION_AT(parity_settings, threshold)},
    {PROMPT_OPTION, .group = "What to draw", .help = "the prompt, as an option",
     OPTION_AT(parity_settings, prompt)},
    {NEGATIVE_PROMPT_OPTION, OPTION_AT(parity_settings, negative_prompt)},
    {STEPS_OPTION(1), .help = "denoising steps, 1 to 1000",
     .shown = "the model's; Stable Diffusion 1.4: 50", OPTION_AT(parity_settings, steps)},
    {GUIDANCE_OPTION, .help = "1 or less: the UNet runs on one latent, not on a pair",
     OPTION_AT(parity_settings, guidance)},
    {SEED_OPTION, .help = "of the noise", .shown = "0", OPTION_AT(parity_settings, seed)},
    SIZE_OPTIONS(parity_settings),
    {.name = NULL},
};

const option_command parity_command = {
    .name = "parity",
    .summary = "find the first node where two computations part",
    .usage = "parity [options] \"prompt\"",
    .examples = "  sd14 parity --isa avx2 --against-isa ref \"a red apple\"\n"
                "      the same picture twice, every node compared: no divergence\n"
                "  sd14 parity -m damaged --against-model good --isolate \"a red apple\"\n"
                "      which nodes of one model compute something else\n"
                "  sd14 parity --emulate wormhole --against-emulate none \"a red apple\"\n"
                "      what Tenstorrent's bfloat16 costs, node by node\n"
                "  sd14 parity --recording recording.safetensors --step 19\n"
                "      against tensors that tools/reference/record.py recorded\n",
    .notes = "Side A is the model of -m with its options; what --against-...\n"
             "does not change, side B has too. Each network of side A gets side B's inputs, so a\n"
             "fault is found where it is and not again behind it; noise, latents and picture are\n"
             "those of two whole runs. Exit code 6 when something is beyond its threshold. Needs\n"
             "room in $TMPDIR (/tmp) for the nodes of one network: gigabytes at 512x512.\n",
    .options = parity_rows,
    .shared = {{model_options, offsetof(parity_settings, model)},
               {console_options, offsetof(parity_settings, console)}},
    .operand = "prompt",
    .operand_offset = offsetof(parity_settings, prompt),
    .operand_max = 1,
    .operand_hint = "put the whole prompt in quotes: sd14 parity --against-isa ref \"a red apple\"",
};

/* No seed that anybody can give: a given random one has the value 0. */
static const option_seed seed_not_given = {.random = true, .value = 1};

parity_settings parity_settings_default(void)
{
    return (parity_settings){
        .model = model_settings_default,
        .console = console_settings_default,
        .seed = seed_not_given,
        .guidance = -1.0f,
        .threshold = -1.0f,
    };
}

bool parity_seed_given(const parity_settings *settings)
{
    return !settings->seed.random || settings->seed.value != seed_not_given.value;
}
