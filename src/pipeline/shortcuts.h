/* SPDX-License-Identifier: Apache-2.0 */

/** Steps that run less than the whole UNet, where the caller asked for that: the picture is another one. */
#ifndef SD14_PIPELINE_SHORTCUTS_H
#define SD14_PIPELINE_SHORTCUTS_H

#include "pipeline/stage.h"

/** All zero: none. */
typedef struct shortcuts {
    int cache; /**< above 1: steps 0, cache, 2·cache, ... run the whole UNet, those between them what its deep
                    feature does not hold (DeepCache's uniform steps, branch 0) */
    float guidance_start; /**< guidance from step floor(start · steps) on ... */
    float
        guidance_end; /**< ... until before floor(end · steps), as diffusers' guiders; 0: until the last */
} shortcuts;

bool shortcuts_any(const shortcuts *of);

/** How a step runs. */
typedef struct step_kind {
    bool guided; /**< both halves */
    bool whole;  /**< not from a deep feature */
} step_kind;

/** The drawing whose steps they are. */
typedef struct shortcut_plan {
    shortcuts of;
    bool guided; /**< at all */
    int steps;
} shortcut_plan;

/** A step behind one of another `guided` is whole: the deep feature there is not its own. */
step_kind shortcuts_kind(const shortcut_plan *plan, int step);

enum { STEP_KINDS_MAX = 4 };

/**
 * The programs of a drawing, that of its first step first.
 *
 * @param base  Of an ordinary step.
 * @return how many there are.
 */
int shortcuts_programs(const shortcut_plan *plan,
                       const stage_size *base,
                       stage_size out[STEP_KINDS_MAX]);

/** Of these, the one that runs a kind of step. */
int shortcuts_program_of(const stage_size *programs, step_kind kind);

#endif /* SD14_PIPELINE_SHORTCUTS_H */
