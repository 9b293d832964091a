/* SPDX-License-Identifier: Apache-2.0 */

/**
 * What this machine has: for a person who asks why something does not run, and for scripts.
 *
 * Nothing is changed or sent: files are read below /proc, /sys, /dev, the cache folders and the folders of
 * Python's packages; the backend asked for is started and closed again. A Hugging Face token is looked for and
 * never shown.
 */
#ifndef SD14_PROBE_H
#define SD14_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include <sd14/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What to ask for. Fill with sd14_probe_params_default() first. */
typedef struct sd14_probe_params {
    /** "cpu" (default) or "ttnn": what shall run. Borrowed. */
    const char *backend;
    /** Folder of the model that comes with the program; NULL (default): there is none. Borrowed. */
    const char *builtin_model;
    /** [n_models] folders to look at besides $SD14_MODEL and Hugging Face's cache; NULL when n_models is 0.
     * Borrowed. */
    const char *const *models;
    /** Default 0. */
    size_t n_models;
} sd14_probe_params;

SD14_API void sd14_probe_params_default(sd14_probe_params *out_params);

/** The answer. All UTF-8. */
typedef struct sd14_probe_report {
    char *text;    /**< for people: sections of lines */
    char *json;    /**< for programs: one object; its fields are in docs/json.md */
    char *missing; /**< NULL: the backend can run here; else a sentence: why not */
} sd14_probe_report;

/**
 * Looks at the machine. Takes as long as starting the backend, and opening each model found
 * (sd14_model_load()).
 *
 * @param out_report  Set on success; the caller owns it: sd14_probe_report_release().
 * @return SD14_OK, also when the backend cannot run; SD14_ERROR_INVALID_ARGUMENT (an unknown backend);
 *         SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD SD14_API sd14_status sd14_probe(const sd14_probe_params *params,
                                               sd14_probe_report *out_report,
                                               sd14_error *error);

/** An all-zero or released report is fine. */
SD14_API void sd14_probe_report_release(sd14_probe_report *report);

/** A model folder that was found; whether it loads is not known yet. */
typedef struct sd14_found_model {
    char *path;     /**< the folder */
    char *name;     /**< "emoji"; in Hugging Face's cache "CompVis/stable-diffusion-v1-4" */
    char *source;   /**< "built-in", "SD14_MODEL", "given" or "Hugging Face cache" */
    char *revision; /**< the snapshot's commit in Hugging Face's cache; else NULL */
} sd14_found_model;

typedef struct sd14_found_models {
    sd14_found_model *models; /**< [count] */
    size_t count;
} sd14_found_models;

/**
 * Finds the models that sd14_probe() reports: the built-in one, $SD14_MODEL, those of `params`, and every
 * snapshot of a StableDiffusionPipeline in Hugging Face's cache ($HF_HUB_CACHE, else $HF_HOME/hub, else
 * huggingface/hub in $XDG_CACHE_HOME or ~/.cache), in this order.
 *
 * @param out_models  Set on success; the caller owns it: sd14_found_models_release().
 * @return SD14_OK; SD14_ERROR_INVALID_ARGUMENT; SD14_ERROR_OUT_OF_MEMORY.
 */
SD14_NODISCARD SD14_API sd14_status sd14_find_models(const sd14_probe_params *params,
                                                     sd14_found_models *out_models,
                                                     sd14_error *error);

/** An all-zero or released list is fine. */
SD14_API void sd14_found_models_release(sd14_found_models *models);

#ifdef __cplusplus
}
#endif

#endif /* SD14_PROBE_H */
