/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/ttnn_settings.h"

#include <string.h>

const char *const tt_component_names[TT_COMPONENTS] = {"text_encoder", "unet", "scheduler",
                                                       "vae_decoder", "vae_encoder"};
const char *const tt_dtype_names[TT_DTYPES] = {"bfloat16", "bfloat8_b", "float32", "uint32"};
const char *const tt_fidelity_names[TT_FIDELITIES] = {"LoFi", "HiFi2", "HiFi3", "HiFi4"};

tt_settings tt_settings_default(void)
{
    static const tt_component_settings safe = {
        .weights = TT_BFLOAT16,
        .activations = TT_BFLOAT16,
        .fidelity = TT_HIFI4,
        .fp32_dest_acc = true,
        .math_approx = false,
        .packer_l1_acc = false,
        .group_norm = TT_GROUP_NORM_NATIVE,
        .memory = TT_PLACEMENT_DRAM,
    };
    /* 32768: what the UNet's widest convolutions ask for at 512x512 */
    tt_settings made = {.l1_small_size = 32768, .chips = 1};
    for (int i = 0; i < TT_COMPONENTS; i++) made.component[i] = safe;
    return made;
}

tt_component tt_component_of(const char *graph_name)
{
    for (int i = 0; i < TT_COMPONENTS; i++) {
        if (strcmp(graph_name, tt_component_names[i]) == 0) return (tt_component)i;
    }
    return TT_UNET;
}
