/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/shortcuts.h"

bool shortcuts_any(const shortcuts *of)
{
    return of->cache > 1 || of->guidance_start > 0.0F || of->guidance_end > 0.0F;
}

static bool is_guided(const shortcut_plan *plan, int step)
{
    const shortcuts *of = &plan->of;
    if (!plan->guided) return false;
    const int start = (int)(of->guidance_start * (float)plan->steps);
    const int end = (int)(of->guidance_end * (float)plan->steps);
    return step >= start && (of->guidance_end <= 0.0F || step < end);
}

step_kind shortcuts_kind(const shortcut_plan *plan, int step)
{
    const int cache = plan->of.cache > 1 ? plan->of.cache : 1;
    const bool guided = is_guided(plan, step);
    const bool other = step > 0 && is_guided(plan, step - 1) != guided;
    return (step_kind){.guided = guided, .whole = step % cache == 0 || other};
}

int shortcuts_program_of(const stage_size *programs, step_kind kind)
{
    int at = 0;
    while (programs[at].guided != kind.guided || (programs[at].deep != DEEP_GIVEN) != kind.whole)
        at++;
    return at;
}

int shortcuts_programs(const shortcut_plan *plan,
                       const stage_size *base,
                       stage_size out[STEP_KINDS_MAX])
{
    bool seen[2][2] = {{false}};
    int count = 0;
    for (int i = 0; i < plan->steps; i++) {
        const step_kind kind = shortcuts_kind(plan, i);
        if (seen[kind.guided][kind.whole]) continue;
        seen[kind.guided][kind.whole] = true;
        out[count] = *base;
        out[count].guided = kind.guided;
        out[count].deep = plan->of.cache <= 1 ? DEEP_INSIDE : kind.whole ? DEEP_KEPT : DEEP_GIVEN;
        count++;
    }
    return count;
}
