/* SPDX-License-Identifier: Apache-2.0 */
#include "measurements.h"

void measurements_begin(measurements *to, const sd14_session *session)
{
    to->session = session;
    to->n_steps = 0;
}

void measurements_see_memory(measurements *to)
{
    sd14_memory now;
    sd14_session_get_memory(to->session, &now);
    if (now.weights_bytes > to->memory.weights_bytes) to->memory.weights_bytes = now.weights_bytes;
    if (now.plan_bytes > to->memory.plan_bytes) to->memory.plan_bytes = now.plan_bytes;
}

void measurements_report(measurements *to, const sd14_progress *progress)
{
    if (progress->stage != SD14_STAGE_DENOISE) return;
    if (progress->step <= 0) {
        to->n_steps = 0; /* of several drawn one after another, the next */
        return;
    }
    const double pictures = progress->together > 1 ? progress->together : 1;
    if (to->n_steps < MEASUREMENTS_STEPS_MAX)
        to->step_seconds[to->n_steps++] = progress->step_seconds / pictures;
    measurements_see_memory(to);
}

json_t *measurements_steps_json(const double *seconds, int32_t count)
{
    json_t *array = json_array();
    for (int32_t i = 0; array != NULL && i < count; i++) {
        if (json_array_append_new(array, json_real(seconds[i])) == 0) continue;
        json_decref(array);
        return NULL;
    }
    return array;
}

json_t *measurements_timings_json(const sd14_timings *t)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:f}", "text_seconds", t->text_seconds,
                     "prepare_seconds", t->prepare_seconds, "denoise_seconds", t->denoise_seconds,
                     "decode_seconds", t->decode_seconds, "total_seconds", t->total_seconds);
}

json_t *measurements_memory_json(const sd14_memory *memory)
{
    return json_pack("{s:I, s:I}", "weights_bytes", (json_int_t)memory->weights_bytes, "plan_bytes",
                     (json_int_t)memory->plan_bytes);
}

json_t *measurements_spread_json(const sd14_spread *spread)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:I}", "min", spread->min, "median", spread->median,
                     "p95", spread->p95, "max", spread->max, "count", (json_int_t)spread->count);
}

static json_t *network_json(const sd14_device_program *of)
{
    return json_pack(
        "{s:i, s:f, s:f, s:I, s:I, s:I, s:I}", "calls", (int)of->calls, "first_run_seconds",
        of->first_run_seconds, "later_run_seconds", of->later_run_seconds, "weights_bytes",
        (json_int_t)of->weights_bytes, "inputs_bytes", (json_int_t)of->inputs_bytes, "values_bytes",
        (json_int_t)of->values_bytes, "l1_values_bytes", (json_int_t)of->l1_values_bytes);
}

exit_code measurements_add_device(const sd14_session *session, console *con, json_t *to)
{
    sd14_device_measures of;
    sd14_error error;
    const sd14_status status = sd14_session_get_device(session, &of, &error);
    if (status != SD14_OK) {
        console_error(con, "%s", error.text);
        return exit_code_of(status);
    }
    if (!of.present) return EXIT_CODE_OK;
    json_t *device = json_pack(
        "{s:f, s:f, s:I, s:I, s:I, s:{s:o, s:o, s:o}}", "compile_seconds", of.compile_seconds,
        "step_overhead_seconds", of.step_overhead_seconds, "dram_bytes", (json_int_t)of.dram_bytes,
        "l1_bytes", (json_int_t)of.l1_bytes, "l1_small_bytes", (json_int_t)of.l1_small_bytes,
        "networks", "text_encoder", network_json(&of.text), "denoise", network_json(&of.unet),
        "vae_decoder", network_json(&of.decoder));
    if (json_object_set_new(to, "device", device) == 0) return EXIT_CODE_OK;
    console_error(con, "not enough memory for the measurements");
    return EXIT_CODE_MEMORY;
}
