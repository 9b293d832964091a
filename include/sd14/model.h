/* SPDX-License-Identifier: Apache-2.0 */

/**
 * A model: tokenizer, configurations and weights of one Stable Diffusion 1.x folder, and the backend that
 * runs it. It never changes after loading; sessions (sd14/generate.h) do the work.
 */
#ifndef SD14_MODEL_H
#define SD14_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sd14/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sd14_model sd14_model;

/** How much a message matters. */
typedef enum sd14_log_level {
    SD14_LOG_ERROR,
    SD14_LOG_WARNING,
    SD14_LOG_INFO,
    SD14_LOG_DEBUG
} sd14_log_level;

/** Receives messages; called from the thread that makes a call into the library. */
typedef struct sd14_log {
    void *user;
    /** @param text  UTF-8, one line, valid during the call. NULL as the function: silence. */
    void (*write)(void *user, sd14_log_level level, const char *text);
} sd14_log;

/** Where to load from and how to run. Fill with sd14_model_params_default() first. */
typedef struct sd14_model_params {
    const char *path;    /**< A diffusers folder (it holds model_index.json). Borrowed. */
    const char *backend; /**< "cpu", or "ttnn": a Tenstorrent card. Default "cpu". Borrowed. */
    const char *
        precision; /**< "f32": float32; "fast": products of 16-bit integers where that pays, close to it, backend "cpu"
                                alone. Either gives the same bytes on every machine. Default "f32". Borrowed. */
    const char *
        isa; /**< Newest instruction set to use: "ref", "avx2", "avx_vnni", "avx512", "avx512_vnni"; NULL (default): the
                                newest this processor has. The bytes do not depend on it. Borrowed. */
    const char *
        emulate; /**< Another machine's numerics, computed by the CPU, so that one sees beforehand what they
                                cost: "wormhole" (Tenstorrent: bfloat16 weights and activations, HiFi4,
                                float32 sums), then any number of ",[COMPONENT.]SETTING=WORD". Components:
                                text_encoder, unet, vae; scheduler has activations alone; none: the first three.
                                weights, activations: float32, bfloat16, bfloat8_b; fidelity: LoFi, HiFi2,
                                HiFi3, HiFi4; accumulation: float32, bfloat16. NULL (default): none. Borrowed. */
    const char
        *device_options; /**< A JSON object of the backend's own options (docs/tenstorrent.md lists
                                         ttnn's); NULL (default): all at their defaults. Borrowed. */
    const char *
        on_device_failure; /**< "stop" (default); "cpu": a drawing whose device fails is finished on
                                         the CPU, and the log says so. Borrowed. */
    int32_t threads;       /**< 1 to 512; 0 (default): the cores this process may use. */
    uint64_t
        max_ram; /**< Bytes that the process may use: weights that do not fit are streamed from the
                                model's files, which takes longer; a picture that cannot be drawn within it
                                (sd14_session_plan()) is not begun. 0 (default): the memory limit of the
                                process's control group, if it has one. */
    uint64_t
        cache_max; /**< Bytes of prepared weights that may stay in $XDG_CACHE_HOME/sd14/prepared
                                (~/.cache without it), so that the next start maps them; those used longest
                                ago make room. 0: none are kept or looked for, nor the SHA-256 of large
                                files (…/sd14/sha256). Default 16 GiB. Of the backend "cpu". */
    bool
        exact; /**< Convolutions as plain sums of products; false (default): 3x3 ones with Winograd's
                                transforms, as close to PyTorch and faster. Of the backend "cpu"; `emulate`
                                has plain sums anyway. */
    sd14_log log; /**< Default: silent. */
} sd14_model_params;

/** Sets every field to its default; path to NULL. */
SD14_API void sd14_model_params_default(sd14_model_params *out_params);

/**
 * Opens a model: reads its configurations and tokenizer, maps its weights and checks the name, type and
 * shape of every tensor. Nothing is run or copied yet.
 *
 * @param out_model  Set on success; the caller owns it: sd14_model_destroy(). Untouched on failure.
 * @return SD14_OK
 *         SD14_ERROR_INVALID_ARGUMENT  a parameter out of its range
 *         SD14_ERROR_MODEL             missing, damaged, or not a model this library can run
 *         SD14_ERROR_DEVICE            the backend is not there
 *         SD14_ERROR_OUT_OF_MEMORY
 */
SD14_NODISCARD SD14_API sd14_status sd14_model_load(const sd14_model_params *params,
                                                    sd14_model **out_model,
                                                    sd14_error *error);

/** NULL is fine. Its sessions must be gone. */
SD14_API void sd14_model_destroy(sd14_model *model);

/** What a model is and prefers. */
typedef struct sd14_model_info {
    const char *path;          /**< as given */
    const char *name;          /**< last part of the path; of "." and ".." the folder's own */
    int32_t width, height;     /**< pixels: the size it was trained at, its default */
    int32_t steps;             /**< default number of steps */
    float guidance;            /**< default guidance */
    int32_t pixel_multiple;    /**< width and height must be multiples of this */
    int32_t max_prompt_tokens; /**< tokens of a prompt that count: 75 */
    int32_t threads;           /**< in use; ttnn: chips */
    const char *isa;           /**< in use: one of those; ttnn: "wormhole_b0" */
    const char *backend;       /**< "cpu", "ttnn" */
    const char *
        precision; /**< "f32", "fast", or with `exact` "f32,exact", "fast,exact"; with `emulate` "wormhole" and the settings that differ from it; ttnn:
                                    the UNet's "weights/activations/fidelity" */
    const char *description; /**< what its sd14.json says of it, UTF-8; "" without one */
    const char *const
        *prompts;     /**< [n_prompts] prompts it was trained on, UTF-8, from sd14.json; other
                                     words are not an error */
    size_t n_prompts; /**< 0: it does not say */
} sd14_model_info;

/** @param out_info  Its strings belong to the model. */
SD14_API void sd14_model_get_info(const sd14_model *model, sd14_model_info *out_info);

/** One file of a model and its SHA-256. */
typedef struct sd14_model_file {
    const char
        *name; /**< path inside the folder, e.g. "unet/diffusion_pytorch_model.safetensors" */
    const char *sha256; /**< 64 hexadecimal digits */
} sd14_model_file;

/**
 * The weight and configuration files in use, hashed (seconds for gigabytes, the first time; remembered by
 * the model afterwards). Not to be called from two threads at once.
 *
 * @param out_files  Array that belongs to the model.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT; SD14_ERROR_MODEL (a file went away);
 *         SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD SD14_API sd14_status sd14_model_hash_files(sd14_model *model,
                                                          const sd14_model_file **out_files,
                                                          size_t *out_n_files,
                                                          sd14_error *error);

#ifdef __cplusplus
}
#endif

#endif /* SD14_MODEL_H */
