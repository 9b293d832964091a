/* SPDX-License-Identifier: Apache-2.0 */

/**
 * Text to image.
 *
 *     prompt ──tokenizer──▶ ids[77] ──CLIP──▶ text[77,768] ─┐
 *     noise[4,H/8,W/8] ──────────────▶ UNet × steps ◀───────┘ ──VAE──▶ image[H,W,3]
 *
 * A model holds weights and never changes; a session holds everything that images in progress need: one
 * thread at a time. A session keeps its prepared weights and programs, so the second image starts at once.
 */
#ifndef SD14_GENERATE_H
#define SD14_GENERATE_H

#include <stdint.h>

#include <sd14/image.h>
#include <sd14/model.h>
#include <sd14/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sd14_session sd14_session;

/**
 * @param model  Borrowed until the session is destroyed. One session per model at a time may be running:
 *               the model's threads are shared.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD SD14_API sd14_status sd14_session_create(sd14_model *model,
                                                        sd14_session **out_session,
                                                        sd14_error *error);

/** NULL is fine. */
SD14_API void sd14_session_destroy(sd14_session *session);

/** Where a generation is. */
typedef enum sd14_stage {
    SD14_STAGE_TEXT,    /**< encoding the prompts */
    SD14_STAGE_LOAD,    /**< preparing the UNet's weights */
    SD14_STAGE_DENOISE, /**< steps */
    SD14_STAGE_DECODE   /**< VAE decoder */
} sd14_stage;

typedef struct sd14_progress {
    sd14_stage stage;
    int32_t step;        /**< SD14_STAGE_DENOISE: steps done, 0 to steps; else 0 */
    int32_t steps;       /**< steps asked for */
    double seconds;      /**< since sd14_generate() was called */
    double step_seconds; /**< the last step's; 0 before there is one */
    int32_t first;       /**< of the pictures that are drawn now; 0 but for a batch */
    int32_t together;    /**< how many these are: at SD14_STAGE_DECODE, how many are not finished */
} sd14_progress;

/** What to draw. Fill with sd14_generate_params_default() first: fields added later then work. */
typedef struct sd14_generate_params {
    const char *prompt; /**< UTF-8. Cut after 75 tokens, as CLIP was trained. Borrowed. */
    const char
        *negative_prompt; /**< UTF-8; NULL or "": none. Has no effect at guidance <= 1. Borrowed. */
    int32_t width;  /**< Pixels, a multiple of pixel_multiple, 64 to 2048. Default: the model's. */
    int32_t height; /**< Same limits as width. Default: the model's. */
    int32_t steps;  /**< Denoising steps, 1 to 1000. Default: the model's (50). */
    float guidance; /**< Classifier-free guidance, 0 to 100; 1 or less turns it off and halves
                                      the work. Default: the model's (7.5). */
    float eta;      /**< DDIM's eta, 0 to 1: 0 (default) is deterministic DDIM. */
    uint64_t seed;  /**< Seeds the noise as torch.Generator("cpu").manual_seed(seed) does. Same
                                      model, seed and parameters: same bytes. Default 0. */
    int32_t
        cache; /**< A shortcut, for another picture: only every cache-th step runs the whole UNet, those
                                      between reuse its deep feature (DeepCache). 0 to 1000; up to 1, the default:
                                      every step. Not on a device. */
    float
        guidance_start; /**< A shortcut, for another picture: guidance only from step guidance_start * steps */
    float
        guidance_end; /**< until before step guidance_end * steps, both rounded down; outside, half the work. 0
                                      to 1; guidance_end 0: until the last. Default 0 and 0. Not on a device. */
    const float *latent; /**< Initial noise [height/8, width/8, 4] instead of the seed's; NULL: the
                                      seed's. Not sd14_session_latent()'s. Borrowed. */
    void (*progress)(void *user, const sd14_progress *progress); /**< or NULL */
    void *progress_user;
} sd14_generate_params;

/** Sets every field to the model's default; prompt to "". */
SD14_API void sd14_generate_params_default(const sd14_model *model,
                                           sd14_generate_params *out_params);

/** What a generation took. Seconds of wall time. */
typedef struct sd14_timings {
    double text_seconds;    /**< tokenizer and text encoder, its weights' preparation included */
    double prepare_seconds; /**< preparing the UNet's weights; 0 when they were ready */
    double denoise_seconds; /**< all steps */
    double decode_seconds;  /**< VAE, its weights' preparation included */
    double total_seconds;
} sd14_timings;

/**
 * Generates one image. Blocks until it is done, fails, or sd14_session_cancel() is called.
 *
 * @param session    Used exclusively for the length of the call.
 * @param params     Read during the call only.
 * @param out_image  Set on success; the caller owns it: sd14_image_destroy(). Untouched on failure.
 * @param error      Filled with a readable reason on failure. May be NULL.
 *
 * @return SD14_OK
 *         SD14_ERROR_INVALID_ARGUMENT  a field of params is out of its range
 *         SD14_ERROR_MODEL             the model's tensors cannot be read
 *         SD14_ERROR_OUT_OF_MEMORY     or the model's max_ram is below sd14_session_plan()'s least_bytes
 *         SD14_ERROR_VERIFICATION      NaN or infinity in the latent or the picture: the weights
 *                                      are damaged
 *         SD14_ERROR_CANCELLED         sd14_session_cancel() was called
 *         SD14_ERROR_DEVICE            the device failed; the session can only be destroyed
 *
 * Source: Rombach et al. 2022 (arXiv:2112.10752); guidance: Ho & Salimans 2022 (arXiv:2207.12598);
 *         DDIM: Song et al. 2020 (arXiv:2010.02502). diffusers StableDiffusionPipeline with DDIMScheduler.
 */
SD14_NODISCARD SD14_API sd14_status sd14_generate(sd14_session *session,
                                                  const sd14_generate_params *params,
                                                  sd14_image **out_image,
                                                  sd14_error *error);

/** The most pictures of one sd14_generate_batch(). */
#define SD14_BATCH_MAX 64

/**
 * Receives a picture as soon as it is finished. sd14_session_cancel() is the one call with the session that is
 * allowed here: pictures that are not finished then never will be.
 *
 * @param index    Of the picture in its batch.
 * @param image    The receiver's: sd14_image_destroy().
 * @param timings  The picture's share of the time of those drawn together with it; its own decoding.
 */
typedef void (*sd14_image_receiver)(void *user,
                                    int32_t index,
                                    sd14_image *image,
                                    const sd14_timings *timings);

/**
 * Generates several images, each with the bytes that sd14_generate() gives it alone. On the CPU every step is one
 * run of the UNet for all of them, which reads the weights once and needs memory for all: sd14_session_fit_batch().
 * On a device they are drawn one after another.
 *
 * @param params  [count]. Prompts, seed and latent are each image's own; width, height, steps, guidance and eta must be
 *                the same for all. The first one's progress function hears of all.
 * @param count   1 to SD14_BATCH_MAX.
 * @return as sd14_generate(); what was received before a failure stays.
 */
SD14_NODISCARD SD14_API sd14_status sd14_generate_batch(sd14_session *session,
                                                        const sd14_generate_params *params,
                                                        int32_t count,
                                                        sd14_image_receiver receiver,
                                                        void *user,
                                                        sd14_error *error);

/**
 * Encodes the texts of images to come, each once, so that the text encoder's weights are prepared once: generations
 * that need only these encode nothing. The session remembers them until another text comes.
 *
 * @param params  [count], as for sd14_generate_batch(); here `count` has no limit but memory.
 * @return as sd14_generate().
 */
SD14_NODISCARD SD14_API sd14_status sd14_session_encode(sd14_session *session,
                                                        const sd14_generate_params *params,
                                                        int32_t count,
                                                        sd14_error *error);

/** What one network takes, in bytes. */
typedef struct sd14_network_memory {
    uint64_t weights_bytes;  /**< as the backend prepares them */
    uint64_t streamed_bytes; /**< of weights that do not fit under max_ram: prepared anew from the
                                     model's files whenever they are needed */
    uint64_t activations_bytes; /**< values between its operators */
    uint64_t scratch_bytes;     /**< working memory of operators, for all threads */
} sd14_network_memory;

/** The memory of a drawing, in bytes. The text encoder's is given back when the text is encoded; the weights of
 * UNet and decoder stay with the session, and their activations and scratch are never there together. Where
 * that is above the model's max_ram, the weights of one network leave before those of the next come, and those
 * that do not fit are streamed: slower, the same bytes. */
typedef struct sd14_memory_plan {
    sd14_network_memory text, unet, decoder;
    uint64_t
        other_bytes; /**< all the time: latents, embeddings, the picture, and 48 MiB for the program
                                  itself, its libraries and the tokenizer */
    uint64_t peak_bytes;  /**< the most at once, in whole MiB */
    uint64_t least_bytes; /**< the smallest max_ram for this, in whole MiB */
} sd14_memory_plan;

/**
 * Plans the memory of a drawing, for any picture of the session, without taking it or reading a weight: a few
 * milliseconds.
 *
 * @param params  As for sd14_generate(); width, height, guidance and eta count.
 * Above the model's max_ram is only the peak of what cannot be drawn within it.
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD SD14_API sd14_status sd14_session_plan(const sd14_session *session,
                                                      const sd14_generate_params *params,
                                                      sd14_memory_plan *out_plan,
                                                      sd14_error *error);

/** As sd14_session_plan(), of `count` such pictures in one sd14_generate_batch(). */
SD14_NODISCARD SD14_API sd14_status sd14_session_plan_batch(const sd14_session *session,
                                                            const sd14_generate_params *params,
                                                            int32_t count,
                                                            sd14_memory_plan *out_plan,
                                                            sd14_error *error);

/**
 * How many of `count` such pictures one sd14_generate_batch() may have under the model's max_ram; where all
 * weights may stay for one picture, they do so for the batch.
 *
 * @param out_count  1 at least: whether one fits, sd14_generate() says.
 * @return as sd14_session_plan().
 */
SD14_NODISCARD SD14_API sd14_status sd14_session_fit_batch(const sd14_session *session,
                                                           const sd14_generate_params *params,
                                                           int32_t count,
                                                           int32_t *out_count,
                                                           sd14_error *error);

/** Timings of the session's last successful generation. */
SD14_API void sd14_session_get_timings(const sd14_session *session, sd14_timings *out_timings);

/**
 * The final latent of the last successful generation, [height/8, width/8, 4] float32, of a batch one after
 * another; belongs to the session until its next generation. NULL before there is one.
 *
 * In a progress function at SD14_STAGE_DENOISE: the latent after `step` steps of each picture that is drawn now,
 * valid until the function returns.
 * A device keeps it until it is asked for, so ask only when you want it. NULL: it could not be had, and the
 * generation ends with the reason.
 */
SD14_API const float *sd14_session_latent(sd14_session *session);

/** Bytes the session holds now: prepared weights, activations and scratch. */
SD14_API uint64_t sd14_session_memory(const sd14_session *session);

/** sd14_session_memory() in its parts. A session holds what its stage needs, so the two change during a
 * generation: the greatest of each can be had from a progress function. */
typedef struct sd14_memory {
    uint64_t weights_bytes; /**< prepared weights */
    uint64_t plan_bytes;    /**< activations and scratch, as planned from the graphs */
} sd14_memory;

/** What the session holds now; allowed inside of its progress function. */
SD14_API void sd14_session_get_memory(const sd14_session *session, sd14_memory *out_memory);

/** Makes the running (or next) generation return SD14_ERROR_CANCELLED: within one operator, or one tensor
 * while weights are prepared. The one call allowed from another thread, and from a signal handler. */
SD14_API void sd14_session_cancel(sd14_session *session);

#ifdef __cplusplus
}
#endif

#endif /* SD14_GENERATE_H */
