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
    if (progress->stage != SD14_STAGE_DENOISE || progress->step <= 0) return;
    if (to->n_steps < MEASUREMENTS_STEPS_MAX)
        to->step_seconds[to->n_steps++] = progress->step_seconds;
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
