/* SPDX-License-Identifier: Apache-2.0 */

/* The __init__ signatures of diffusers 0.42.1 and transformers 5.23.0, as data;
 * tools/reference/config_diffusers.py compares what comes out with those classes themselves. */
#include "parity/config_defaults.h"

/* transformers CLIPTextConfig, with what PreTrainedConfig adds. */
static const config_default text_encoder[] = {
    {"architectures", "null", NULL},
    {"attention_dropout", "0.0", NULL},
    {"bos_token_id", "49406", NULL},
    {"chunk_size_feed_forward", "0", NULL},
    {"dtype", "null", "torch_dtype"},
    {"eos_token_id", "49407", NULL},
    {"hidden_act", "\"quick_gelu\"", NULL},
    {"hidden_size", "512", NULL},
    {"id2label", "{\"0\":\"LABEL_0\",\"1\":\"LABEL_1\"}", NULL},
    {"initializer_factor", "1.0", NULL},
    {"initializer_range", "0.02", NULL},
    {"intermediate_size", "2048", NULL},
    {"is_encoder_decoder", "false", NULL},
    {"label2id", "{\"LABEL_0\":0,\"LABEL_1\":1}", NULL},
    {"layer_norm_eps", "1e-5", NULL},
    {"max_position_embeddings", "77", NULL},
    {"model_type", "\"clip_text_model\"", NULL},
    {"num_attention_heads", "8", NULL},
    {"num_hidden_layers", "12", NULL},
    {"output_attentions", "false", NULL},
    {"output_hidden_states", "false", NULL},
    {"pad_token_id", "1", NULL},
    {"problem_type", "null", NULL},
    {"projection_dim", "512", NULL},
    {"return_dict", "true", NULL},
    {"vocab_size", "49408", NULL},
    {NULL, NULL, NULL},
};

/* diffusers UNet2DConditionModel. */
static const config_default unet[] = {
    {"act_fn", "\"silu\"", NULL},
    {"addition_embed_type", "null", NULL},
    {"addition_embed_type_num_heads", "64", NULL},
    {"addition_time_embed_dim", "null", NULL},
    {"attention_head_dim", "8", NULL},
    {"attention_type", "\"default\"", NULL},
    {"block_out_channels", "[320,640,1280,1280]", NULL},
    {"center_input_sample", "false", NULL},
    {"class_embed_type", "null", NULL},
    {"class_embeddings_concat", "false", NULL},
    {"conv_in_kernel", "3", NULL},
    {"conv_out_kernel", "3", NULL},
    {"cross_attention_dim", "1280", NULL},
    {"cross_attention_norm", "null", NULL},
    {"down_block_types",
     "[\"CrossAttnDownBlock2D\",\"CrossAttnDownBlock2D\",\"CrossAttnDownBlock2D\",\"DownBlock2D\"]",
     NULL},
    {"downsample_padding", "1", NULL},
    {"dropout", "0.0", NULL},
    {"dual_cross_attention", "false", NULL},
    {"encoder_hid_dim", "null", NULL},
    {"encoder_hid_dim_type", "null", NULL},
    {"flip_sin_to_cos", "true", NULL},
    {"freq_shift", "0", NULL},
    {"in_channels", "4", NULL},
    {"layers_per_block", "2", NULL},
    {"mid_block_only_cross_attention", "null", NULL},
    {"mid_block_scale_factor", "1", NULL},
    {"mid_block_type", "\"UNetMidBlock2DCrossAttn\"", NULL},
    {"norm_eps", "1e-5", NULL},
    {"norm_num_groups", "32", NULL},
    {"num_attention_heads", "null", NULL},
    {"num_class_embeds", "null", NULL},
    {"only_cross_attention", "false", NULL},
    {"out_channels", "4", NULL},
    {"projection_class_embeddings_input_dim", "null", NULL},
    {"resnet_out_scale_factor", "1.0", NULL},
    {"resnet_skip_time_act", "false", NULL},
    {"resnet_time_scale_shift", "\"default\"", NULL},
    {"reverse_transformer_layers_per_block", "null", NULL},
    {"sample_size", "null", NULL},
    {"time_cond_proj_dim", "null", NULL},
    {"time_embedding_act_fn", "null", NULL},
    {"time_embedding_dim", "null", NULL},
    {"time_embedding_type", "\"positional\"", NULL},
    {"timestep_post_act", "null", NULL},
    {"transformer_layers_per_block", "1", NULL},
    {"up_block_types",
     "[\"UpBlock2D\",\"CrossAttnUpBlock2D\",\"CrossAttnUpBlock2D\",\"CrossAttnUpBlock2D\"]", NULL},
    {"upcast_attention", "false", NULL},
    {"use_linear_projection", "false", NULL},
    {NULL, NULL, NULL},
};

/* diffusers AutoencoderKL. */
static const config_default vae[] = {
    {"act_fn", "\"silu\"", NULL},
    {"block_out_channels", "[64]", NULL},
    {"down_block_types", "[\"DownEncoderBlock2D\"]", NULL},
    {"force_upcast", "true", NULL},
    {"in_channels", "3", NULL},
    {"latent_channels", "4", NULL},
    {"latents_mean", "null", NULL},
    {"latents_std", "null", NULL},
    {"layers_per_block", "1", NULL},
    {"mid_block_add_attention", "true", NULL},
    {"norm_num_groups", "32", NULL},
    {"out_channels", "3", NULL},
    {"sample_size", "32", NULL},
    {"scaling_factor", "0.18215", NULL},
    {"shift_factor", "null", NULL},
    {"up_block_types", "[\"UpDecoderBlock2D\"]", NULL},
    {"use_post_quant_conv", "true", NULL},
    {"use_quant_conv", "true", NULL},
    {NULL, NULL, NULL},
};

/* diffusers DDIMScheduler, made from_config of whatever scheduler's file is there. */
static const config_default scheduler[] = {
    {"beta_end", "0.02", NULL},
    {"beta_schedule", "\"linear\"", NULL},
    {"beta_start", "0.0001", NULL},
    {"clip_sample", "true", NULL},
    {"clip_sample_range", "1.0", NULL},
    {"dynamic_thresholding_ratio", "0.995", NULL},
    {"num_train_timesteps", "1000", NULL},
    {"prediction_type", "\"epsilon\"", NULL},
    {"rescale_betas_zero_snr", "false", NULL},
    {"sample_max_value", "1.0", NULL},
    {"set_alpha_to_one", "true", NULL},
    {"steps_offset", "0", NULL},
    {"thresholding", "false", NULL},
    {"timestep_spacing", "\"leading\"", NULL},
    {"trained_betas", "null", NULL},
    {NULL, NULL, NULL},
};

/* StableDiffusionPipeline.__init__ writes these into the scheduler's configuration. */
static const config_override scheduler_overrides[] = {
    {"clip_sample", "false"},
    {"steps_offset", "1"},
    {NULL, NULL},
};

/* transformers CLIPTokenizer, with what PreTrainedTokenizerBase adds. */
static const config_default tokenizer[] = {
    {"bos_token", "\"<|startoftext|>\"", NULL},
    {"clean_up_tokenization_spaces", "false", NULL},
    {"eos_token", "\"<|endoftext|>\"", NULL},
    {"model_input_names", "[\"input_ids\",\"attention_mask\"]", NULL},
    {"model_max_length", "77", NULL}, /* no limit in transformers; 77 is all that CLIP can take */
    {"pad_token", "\"<|endoftext|>\"", NULL},
    {"padding_side", "\"right\"", NULL},
    {"split_special_tokens", "false", NULL},
    {"truncation_side", "\"right\"", NULL},
    {"unk_token", "\"<|endoftext|>\"", NULL},
    {NULL, NULL, NULL},
};

/* The arguments of StableDiffusionPipeline.__call__ for which a folder's sd14.json has values. Without them
 * width and height follow from the networks. */
static const config_default pipeline[] = {
    {"guidance_scale", "7.5", NULL},
    {"num_inference_steps", "50", "steps"},
    {NULL, NULL, NULL},
};

/* Who wrote a file and where from: it says nothing of the component, and transformers puts its own there. */
static const char *const model_left_out[] = {"_class_name", "_name_or_path", "transformers_version",
                                             NULL};
static const char *const tokenizer_left_out[] = {"name_or_path",
                                                 "special_tokens_map_file",
                                                 "tokenizer_class",
                                                 "tokenizer_file",
                                                 "added_tokens_decoder",
                                                 "backend",
                                                 "is_local",
                                                 "local_files_only",
                                                 "vocab_file",
                                                 "merges_file",
                                                 NULL};

static const char *const pipeline_left_out[] = {"name", "description", "prompts", NULL};

const config_class config_classes[CONFIG_CLASSES] = {
    {.component = "text_encoder",
     .name = "CLIPTextModel",
     .files = {"text_encoder/config.json"},
     .defaults = text_encoder,
     .left_out = model_left_out},
    {.component = "unet",
     .name = "UNet2DConditionModel",
     .files = {"unet/config.json"},
     .defaults = unet,
     .left_out = model_left_out},
    {.component = "vae",
     .name = "AutoencoderKL",
     .files = {"vae/config.json"},
     .defaults = vae,
     .left_out = model_left_out},
    {.component = "scheduler",
     .name = "DDIMScheduler",
     .files = {"scheduler/scheduler_config.json"},
     .defaults = scheduler,
     .left_out = model_left_out,
     .overrides = scheduler_overrides},
    {.component = "tokenizer",
     .name = "CLIPTokenizer",
     .files = {"tokenizer/special_tokens_map.json", "tokenizer/tokenizer_config.json"},
     .defaults = tokenizer,
     .left_out = tokenizer_left_out},
    {.component = "pipeline",
     .name = "StableDiffusionPipeline",
     .files = {"sd14.json"},
     .defaults = pipeline,
     .left_out = pipeline_left_out},
};
