/* SPDX-License-Identifier: Apache-2.0 */
#include "sampling/schedule.h"

#include <math.h>
#include <stddef.h>

#include "base/memory.h"

/* A schedule this long is a damaged file; int32 timesteps and float32 steps are exact below it. */
enum { TRAIN_TIMESTEPS_MAX = 1000000 };

static sd14_status check_config(const schedule_config *config, sd14_error *error)
{
    if (config->train_timesteps < 1 || config->train_timesteps > TRAIN_TIMESTEPS_MAX) {
        FAIL(error, MODEL,
             "scheduler: num_train_timesteps is %d, expected 1 to %d; check scheduler_config.json",
             config->train_timesteps, TRAIN_TIMESTEPS_MAX);
    }
    /* Written so that NaN fails too. */
    if (!(config->beta_start > 0.0 && config->beta_start <= config->beta_end &&
          config->beta_end < 1.0)) {
        FAIL(error, MODEL,
             "scheduler: beta_start is %g and beta_end is %g, expected 0 < beta_start <= beta_end "
             "< 1; check scheduler_config.json",
             config->beta_start, config->beta_end);
    }
    if (config->steps_offset < 0 || config->steps_offset >= config->train_timesteps) {
        FAIL(error, MODEL,
             "scheduler: steps_offset is %d, expected 0 to num_train_timesteps - 1 = %d; check "
             "scheduler_config.json",
             config->steps_offset, config->train_timesteps - 1);
    }
    if (config->beta_schedule != BETA_SCHEDULE_LINEAR &&
        config->beta_schedule != BETA_SCHEDULE_SCALED_LINEAR) {
        FAIL(error, MODEL,
             "scheduler: unknown beta_schedule; expected linear or scaled_linear; check "
             "scheduler_config.json");
    }
    if (config->timestep_spacing != TIMESTEP_SPACING_LEADING &&
        config->timestep_spacing != TIMESTEP_SPACING_TRAILING &&
        config->timestep_spacing != TIMESTEP_SPACING_LINSPACE) {
        FAIL(error, MODEL,
             "scheduler: unknown timestep_spacing; expected leading, trailing or linspace; check "
             "scheduler_config.json");
    }
    return SD14_OK;
}

/* torch.linspace(start, end, count, dtype=float32)[i]: counted from the nearer end, so that both ends
 * are exact; every operation rounds to float32. */
static float linspace_f32(float start, float end, int count, int i)
{
    if (count == 1) return start;
    const float step = (end - start) / (float)(count - 1);
    return i < count / 2 ? start + step * (float)i : end - step * (float)(count - i - 1);
}

static float beta_at(const schedule_config *config, int timestep)
{
    const int count = config->train_timesteps;
    if (config->beta_schedule == BETA_SCHEDULE_LINEAR) {
        return linspace_f32((float)config->beta_start, (float)config->beta_end, count, timestep);
    }
    const float root = linspace_f32((float)sqrt(config->beta_start), (float)sqrt(config->beta_end),
                                    count, timestep);
    return root * root;
}

sd14_status
schedule_create(const schedule_config *config, schedule **out_schedule, sd14_error *error)
{
    *out_schedule = NULL;
    TRY(check_config(config, error));

    const size_t count = (size_t)config->train_timesteps;
    schedule *made = mem_array(1, sizeof(*made) + count * sizeof(made->alphas_cumprod[0]));
    if (made == NULL) FAIL_NO_MEMORY(error, "the noise schedule");
    made->config = *config;

    /* torch.cumprod keeps the running product in float64 and rounds each output. */
    double product = 1.0;
    for (int t = 0; t < config->train_timesteps; t++) {
        const float alpha = 1.0F - beta_at(config, t);
        product *= (double)alpha;
        made->alphas_cumprod[t] = (float)product;
    }
    made->final_alpha_cumprod = config->set_alpha_to_one ? 1.0F : made->alphas_cumprod[0];

    /* The products fall, so the ends tell. A step divides by sqrt(alpha) and by 1 - alpha. */
    const float first = made->alphas_cumprod[0];
    const float last = made->alphas_cumprod[count - 1];
    if (!(first < 1.0F && last > 0.0F)) {
        mem_free(made);
        FAIL(error, MODEL,
             "scheduler: beta_start %g and beta_end %g give alphas_cumprod from %g to %g, expected "
             "below 1 and above 0; check scheduler_config.json",
             config->beta_start, config->beta_end, (double)first, (double)last);
    }
    *out_schedule = made;
    return SD14_OK;
}

void schedule_destroy(schedule *of)
{
    mem_free(of);
}

/* numpy: np.round(np.arange(train_timesteps, 0, -train_timesteps / steps))[index] - 1. arange steps by
 * the difference of its first two elements, which need not be the step it was given. For 60 of the
 * counts below 1000 (61 is the first) rounding makes numpy's array one element too long, and
 * diffusers then ends with a step to timestep -1: that element is left out here. */
static int32_t trailing_timestep(int train_timesteps, int steps, int index)
{
    const double start = (double)train_timesteps;
    const double second = start - start / (double)steps;
    return (int32_t)rint(start + (double)index * (second - start)) - 1;
}

/* numpy: np.linspace(0, train_timesteps - 1, steps).round()[::-1][index]. rint, as numpy, takes halves
 * to the even neighbour. */
static int32_t linspace_timestep(int train_timesteps, int steps, int index)
{
    if (steps == 1) return 0;
    if (index == 0) return train_timesteps - 1;
    const double step = (double)(train_timesteps - 1) / (double)(steps - 1);
    return (int32_t)rint((double)(steps - 1 - index) * step);
}

int32_t schedule_timestep(const schedule *of, int steps, int index)
{
    const schedule_config *config = &of->config;
    switch (config->timestep_spacing) {
    case TIMESTEP_SPACING_TRAILING:
        return trailing_timestep(config->train_timesteps, steps, index);
    case TIMESTEP_SPACING_LINSPACE:
        return linspace_timestep(config->train_timesteps, steps, index);
    case TIMESTEP_SPACING_LEADING:
        break;
    }
    return (steps - 1 - index) * (config->train_timesteps / steps) + config->steps_offset;
}

sd14_status
schedule_timesteps(const schedule *of, int steps, int32_t *out_timesteps, sd14_error *error)
{
    const int train_timesteps = of->config.train_timesteps;
    const int most = train_timesteps < SCHEDULE_STEPS_MAX ? train_timesteps : SCHEDULE_STEPS_MAX;
    if (steps < 1 || steps > most) {
        FAIL(error, INVALID_ARGUMENT, "steps is %d; this model takes 1 to %d", steps, most);
    }
    const int32_t first = schedule_timestep(of, steps, 0);
    if (first >= train_timesteps) {
        FAIL(error, INVALID_ARGUMENT,
             "steps is %d, which with the model's steps_offset of %d starts at timestep %d, past "
             "the "
             "last trained one, %d; use fewer steps",
             steps, of->config.steps_offset, (int)first, train_timesteps - 1);
    }
    for (int i = 0; i < steps; i++) out_timesteps[i] = schedule_timestep(of, steps, i);
    return SD14_OK;
}

float schedule_beta(const schedule *of, int32_t timestep)
{
    return beta_at(&of->config, timestep);
}

float schedule_alpha_cumprod(const schedule *of, int32_t timestep)
{
    return timestep < 0 ? of->final_alpha_cumprod : of->alphas_cumprod[timestep];
}
