# SPDX-License-Identifier: Apache-2.0
"""Configuration files: not JSON, absurd values, values that do not fit each other."""
import os

from hostile_cases import CONFIGS, TEXTS, case
from model_folder import TEXT, UNET, VAE, edit_json, write

for file in CONFIGS:
    for words, data in TEXTS.items():
        if file == "scheduler/scheduler_config.json" and words in ("a number",):
            continue
        @case(f"{file} holds {words}", file)
        def _(folder, file=file, data=data):
            write(folder, file, data)

    @case(f"{file} is cut short", file, "JSON")
    def _(folder, file=file):
        data = (folder / file).read_bytes()
        write(folder, file, data[:len(data) // 2])


@case("a configuration larger than any", "too many for JSON")
def _(folder):
    write(folder, "unet/config.json", b"{}")
    os.truncate(folder / "unet/config.json", 1 << 40)


def refused(file, key, *values, words=()):
    """Each value of a key of a configuration is refused, the key named."""
    for value in values:
        @case(f"{file}: {key} = {str(value)[:60]!r}", file, key, *words)
        def _(folder, value=value):
            edit_json(folder, file, **{key: value})


HUGE = [0, -1, 1.5, "4", True, None, [], {}, 2**31, 2**63 - 1, -2**63]  # never a count of channels
NUMBERS = [v for v in HUGE if v is not None]  # null is as good as absent for most

refused("unet/config.json", "in_channels", *NUMBERS)
refused("unet/config.json", "out_channels", *NUMBERS)
refused("unet/config.json", "layers_per_block", *NUMBERS, 9, 1000, [2, 2, 2, 2])
refused("unet/config.json", "cross_attention_dim", *HUGE, [128, 128, 128, 128])
refused("unet/config.json", "norm_num_groups", *NUMBERS)
refused("unet/config.json", "sample_size", *NUMBERS, [16, 16])
refused("unet/config.json", "attention_head_dim", 0, -2, 2.5, "8", [8], [2, 2, 2, 0], 2**40, {}, True)
refused("unet/config.json", "num_attention_heads", 0, "2")
refused("unet/config.json", "block_out_channels", [], 64, "64", None, [64, 96, 96, "96"], [64, 96, 96, 0],
        [64, 96, 96, 97], [64, 96, 96, -96], [16] * 9, [16] * 100000, [64, 96, 96, 2**40], [64, 96, 96, 1.5])
refused("unet/config.json", "norm_eps", -1, 0, 2, "1e-5", 1e300)
refused("unet/config.json", "freq_shift", -1, "0", 1e300)
refused("unet/config.json", "flip_sin_to_cos", 1, "true")
refused("unet/config.json", "down_block_types", [], ["DownBlock2D"], "DownBlock2D", [1, 2, 3, 4],
        ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "AttnDownBlock2D", "DownBlock2D"],
        ["UpBlock2D"] * 4, ["DownBlock2D"] * 5)
refused("unet/config.json", "up_block_types", None, ["ResnetUpsampleBlock2D"] * 4, ["CrossAttnUpBlock2D\n\x1b[31m"] * 4)
refused("unet/config.json", "mid_block_type", "UNetMidBlock2DSimpleCrossAttn", None)
refused("unet/config.json", "act_fn", "relu", "gelu", None, 3)
refused("unet/config.json", "class_embed_type", "timestep", "projection")
refused("unet/config.json", "num_class_embeds", 1000)
refused("unet/config.json", "addition_embed_type", "text_time")
refused("unet/config.json", "resnet_time_scale_shift", "scale_shift")
refused("unet/config.json", "time_embedding_type", "fourier")
refused("unet/config.json", "transformer_layers_per_block", [1, 2, 10], 2)
refused("unet/config.json", "only_cross_attention", True, [True, True, True, False])
refused("unet/config.json", "dual_cross_attention", True)
refused("unet/config.json", "encoder_hid_dim", 768)
refused("unet/config.json", "time_cond_proj_dim", 256)
refused("unet/config.json", "mid_block_scale_factor", 2, 0)
refused("unet/config.json", "a_setting_of_next_year", 1, "x", True, {"a": 1})
refused("vae/config.json", "in_channels", *NUMBERS, 4)
refused("vae/config.json", "latent_channels", *NUMBERS, 65)
refused("vae/config.json", "norm_num_groups", *NUMBERS)
refused("vae/config.json", "layers_per_block", *NUMBERS, 1000)
refused("vae/config.json", "scaling_factor", 0, -1, "0.18215", 1e300, [1])
refused("vae/config.json", "block_out_channels", [], [16, 32, 64, 97], [16, 32, 64, 2**62])
refused("vae/config.json", "act_fn", "relu")
refused("vae/config.json", "down_block_types", ["AttnDownEncoderBlock2D"] * 4)
refused("vae/config.json", "up_block_types", ["UpDecoderBlock2D"] * 3)
refused("vae/config.json", "latents_mean", [0.0, 0.0, 0.0, 0.0])
refused("vae/config.json", "shift_factor", 0.1159)
refused("vae/config.json", "use_quant_conv", "yes", 1)
refused("text_encoder/config.json", "vocab_size", *NUMBERS)
refused("text_encoder/config.json", "hidden_size", *NUMBERS)
refused("text_encoder/config.json", "intermediate_size", *NUMBERS)
refused("text_encoder/config.json", "num_hidden_layers", *NUMBERS, 1001)
refused("text_encoder/config.json", "num_attention_heads", *NUMBERS, 5)
refused("text_encoder/config.json", "max_position_embeddings", *NUMBERS)
refused("text_encoder/config.json", "hidden_act", "relu", "gelu_new", 1)
refused("text_encoder/config.json", "layer_norm_eps", 0, -1, "1e-5", 1e300)
refused("scheduler/scheduler_config.json", "prediction_type", "v_prediction", "sample", 1, None)
refused("scheduler/scheduler_config.json", "trained_betas", [0.1, 0.2], 1)
refused("scheduler/scheduler_config.json", "steps_offset", "1", -1, 1.5, 2**40, True)
refused("scheduler/scheduler_config.json", "num_train_timesteps", 0, -1, "1000", 1.5, 2**40)
refused("scheduler/scheduler_config.json", "beta_start", 0, -0.1, 1, "x", 1e300, [0.1])
refused("scheduler/scheduler_config.json", "beta_end", 0, -0.1, 1.0, "x")
refused("scheduler/scheduler_config.json", "beta_schedule", "squaredcos_cap_v2", 1, "")
refused("scheduler/scheduler_config.json", "timestep_spacing", "karras", 1)
refused("scheduler/scheduler_config.json", "rescale_betas_zero_snr", True)
refused("scheduler/scheduler_config.json", "thresholding", True)
refused("scheduler/scheduler_config.json", "clip_sample", "no")
refused("sd14.json", "steps", 0, -1, 1001, "20", 1.5)
refused("sd14.json", "width", 0, 7, 4097, -64, "128", 2**40)
refused("sd14.json", "guidance_scale", -1, 101, "4", 1e300)
refused("sd14.json", "seed", 3)
refused("model_index.json", "_class_name", "StableDiffusionXLPipeline", "StableDiffusionInpaintPipeline",
        "FluxPipeline", "", 1, None, ["StableDiffusionPipeline"], "Stable\nDiffusion\x1b[0m", "x" * 100000)
refused("model_index.json", "unet", None, [None, None], ["diffusers"], ["diffusers", "UNet2DModel"],
        ["diffusers", 7], "UNet2DConditionModel")
refused("model_index.json", "vae", ["diffusers", "AutoencoderTiny"], ["diffusers", "AsymmetricAutoencoderKL"])
refused("model_index.json", "text_encoder", ["transformers", "FlaxCLIPTextModel"], ["transformers", "T5EncoderModel"])
refused("model_index.json", "tokenizer", ["transformers", "T5Tokenizer"])

for words, data in TEXTS.items():
    if words in ("a number",):
        continue
    @case(f"sd14.json holds {words}", "sd14.json")
    def _(folder, data=data):
        write(folder, "sd14.json", data)


@case("sd14.json is a pipe", "sd14.json")
def _(folder):
    (folder / "sd14.json").unlink()
    os.mkfifo(folder / "sd14.json")


# What is well formed, but not what the weights are: told by the weights, nothing allocated for it.
def misfit(file, *words, **changes):
    @case(f"{file}: {', '.join(f'{k} = {v}' for k, v in changes.items())}", *words)
    def _(folder):
        edit_json(folder, file, **changes)


misfit("unet/config.json", UNET, "not the weights its config.json describes",
       block_out_channels=[65536, 65536, 65536, 65536], attention_head_dim=1)
misfit("unet/config.json", UNET, "missing", layers_per_block=8)
misfit("unet/config.json", UNET, "missing", block_out_channels=[64, 96, 96, 96, 96, 96, 96, 96],
       down_block_types=["DownBlock2D"] * 8, up_block_types=["UpBlock2D"] * 8)
misfit("unet/config.json", UNET, "no part of the model reads", block_out_channels=[64],
       down_block_types=["CrossAttnDownBlock2D"], up_block_types=["CrossAttnUpBlock2D"])
misfit("unet/config.json", UNET, "wrong shape", use_linear_projection=False, block_out_channels=[64, 64, 128, 160])
misfit("unet/config.json", "the text encoder makes 128", cross_attention_dim=768)
misfit("unet/config.json", "inpainting", in_channels=9)
misfit("vae/config.json", VAE, "wrong shape", block_out_channels=[65536, 65536, 65536, 65536])
misfit("vae/config.json", "latent channels", latent_channels=16)
misfit("vae/config.json", VAE, "no part of the model reads", use_quant_conv=False)
misfit("vae/config.json", VAE, "no part of the model reads", mid_block_add_attention=False)
misfit("text_encoder/config.json", TEXT, "missing", num_hidden_layers=1000)
misfit("text_encoder/config.json", TEXT, "wrong shape", intermediate_size=1 << 20)
misfit("text_encoder/config.json", TEXT, "wrong shape", vocab_size=1 << 24)
misfit("text_encoder/config.json", "the tokenizer makes 77 ids", max_position_embeddings=65536)
misfit("scheduler/scheduler_config.json", "step", num_train_timesteps=1, steps_offset=1)
