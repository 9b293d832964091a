/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "numbers.h"
#include "plan_output.h"

static const double mebi = 0x1p20;
static const double kibi = 0x1p10;

/* ---- on the CPU -------------------------------------------------------------------------------------- */

static void print_memory_row(const char *name, const sd14_network_memory *of)
{
    (void)printf("%-14s %12.1f %12.1f %12.1f %12.1f\n", name, (double)of->weights_bytes / mebi,
                 (double)of->streamed_bytes / mebi, (double)of->activations_bytes / mebi,
                 (double)of->scratch_bytes / mebi);
}

static void print_memory(const sd14_memory_plan *plan)
{
    (void)printf("%-14s %12s %12s %12s %12s\n", "MiB", "weights", "streamed", "activations",
                 "scratch");
    print_memory_row("text encoder", &plan->text);
    print_memory_row("UNet", &plan->unet);
    print_memory_row("VAE decoder", &plan->decoder);
    (void)printf("\n%.1f MiB for all else; at most %" PRIu64
                 " MiB at once; the smallest --max-ram is %" PRIu64 "M\n",
                 (double)plan->other_bytes / mebi, plan->peak_bytes >> 20, plan->least_bytes >> 20);
}

/* ---- on a card ----------------------------------------------------------------------------------------- */

enum { LABEL = 36 };

/* A number of each network, side by side. */
typedef double number_of(const sd14_device_network *of);

#define NUMBER(name, expression)                                                                   \
    static double name(const sd14_device_network *of)                                              \
    {                                                                                              \
        return (expression);                                                                       \
    }
NUMBER(runs, of->runs)
NUMBER(weights, (double)of->weights_bytes / mebi)
NUMBER(padding, (double)of->padding_bytes / mebi)
NUMBER(inputs, (double)of->inputs_bytes / mebi)
NUMBER(values, (double)of->values_bytes / mebi)
NUMBER(l1_values, (double)of->l1_values_bytes / kibi)
NUMBER(l1_left, (double)of->l1_left_bytes / kibi)
NUMBER(calls, of->calls)
NUMBER(kernel_calls, of->kernel_calls)
NUMBER(macs, 1e-9 * (double)of->forecast.macs)
NUMBER(dram_traffic, (double)of->forecast.dram_bytes / mebi)
NUMBER(l1_traffic, (double)of->forecast.l1_bytes / mebi)
NUMBER(compute_time, 1e3 * of->forecast.compute_seconds)
NUMBER(dram_time, 1e3 * of->forecast.dram_seconds)
NUMBER(l1_time, 1e3 * of->forecast.l1_seconds)
NUMBER(run_time, 1e3 * of->forecast.seconds)
#undef NUMBER

static const struct {
    const char *label;
    number_of *number;
    int decimals;
} rows[] = {
    {"runs per picture", runs, 0},
    {"DRAM: weights, MiB", weights, 1},
    {"DRAM: their padding, at most, MiB", padding, 1},
    {"DRAM: inputs, MiB", inputs, 1},
    {"DRAM: values, fullest call, MiB", values, 1},
    {"L1 of a core: placed, KiB", l1_values, 1},
    {"L1 of a core: left for calls, KiB", l1_left, 1},
    {"calls of ttnn functions in a run", calls, 0},
    {"  of these running kernels", kernel_calls, 0},
    {"1e9 multiply-adds in a run", macs, 1},
    {"DRAM traffic of a run, MiB", dram_traffic, 1},
    {"L1 traffic of a run, MiB", l1_traffic, 1},
    {"products alone, ms", compute_time, 2},
    {"DRAM alone, ms", dram_time, 2},
    {"L1 alone, ms", l1_time, 2},
    {"a run takes at least, ms", run_time, 2},
};

static void print_rows(const sd14_card_plan *card)
{
    (void)printf("%-*s", LABEL, "");
    for (int i = 0; i < SD14_PLAN_NETWORKS; i++) (void)printf(" %14s", card->networks[i].name);
    (void)putchar('\n');
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        (void)printf("%-*s", LABEL, rows[row].label);
        for (int i = 0; i < SD14_PLAN_NETWORKS; i++)
            (void)printf(" %14.*f", rows[row].decimals, rows[row].number(&card->networks[i]));
        (void)putchar('\n');
    }
}

enum { NODE = 50 };

/* Where a name is too long its end says more. */
static void print_node(const char *name)
{
    const size_t length = strlen(name);
    if (length <= NODE) {
        (void)printf(" %s\n", name);
    } else {
        (void)printf(" ...%s\n", name + length - (NODE - 3));
    }
}

static const char *last_part(const char *function)
{
    const char *dot = strrchr(function, '.');
    return dot == NULL ? function : dot + 1;
}

static void print_calls(const sd14_device_network *of)
{
    (void)printf("%s: DRAM is fullest at %s of", of->name, last_part(of->fullest_function));
    print_node(of->fullest_node);
    for (size_t i = 0; i < of->n_slowest; i++) {
        const sd14_device_call *call = &of->slowest[i];
        (void)printf("%9.3f ms = %3d x %-28s", 1e3 * call->count * call->forecast.seconds,
                     call->count, last_part(call->function));
        print_node(call->node);
    }
}

static void print_card(const sd14_card_plan *card, bool calls)
{
    (void)printf("\n%s%s\n", card->name, card->chips == 2 ? ", each of its two chips" : "");
    print_rows(card);
    if (calls) {
        for (int i = 0; i < SD14_PLAN_NETWORKS; i++) print_calls(&card->networks[i]);
    }
    (void)printf("needs %" PRIu64 " of %" PRIu64 " MiB of DRAM: %s\n", card->needed_bytes >> 20,
                 card->dram_bytes >> 20, card->problem == NULL ? "fits" : "does not fit");
    (void)printf("a picture takes at least %.3f s\n", card->picture_seconds);
}

void plan_print(const sd14_plan *plan, bool calls)
{
    char guidance[NUMBER_TEXT_BYTES];
    number_float_text(plan->guidance, guidance);
    (void)printf("%s, %dx%d, %d steps, guidance %s, %s\n", plan->model_name, plan->width,
                 plan->height, plan->steps, guidance, plan->backend);
    if (plan->n_cards == 0) {
        print_memory(&plan->memory);
        return;
    }
    for (size_t i = 0; i < plan->n_cards; i++) print_card(&plan->cards[i], calls);
    (void)printf(
        "\nTimes are a lower bound, not measured: 64 cores at 1 GHz with 2048 multiply-adds a cycle"
        "\n(LoFi; HiFi2 to HiFi4 2 to 4 passes), 288 GB/s of DRAM, each tensor read or written "
        "once;"
        "\nno dispatch, no vector unit, no traffic between cores. docs/tenstorrent.md has the "
        "sources.\n");
}
