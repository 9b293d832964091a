/* SPDX-License-Identifier: Apache-2.0 */

/* sd14 golden: the pictures of a suite with the tensors on their way, for comparisons. */
#include <jansson.h>
#include <stdio.h>

#include "golden_options.h"
#include "interrupt.h"
#include "json_output.h"
#include "progress.h"
#include "recipe.h"

/* One run of the command. */
typedef struct golden {
    cli *cli;
    const golden_settings *settings;
    sd14_model *model;
    sd14_session *session;
    progress progress;
    size_t n_kept, n_drawn, n_items;
    json_t *problems; /* of --verify with --json */
} golden;

static exit_code fail(golden *g, sd14_status status, const sd14_error *error)
{
    console_error(&g->cli->console, "%s", error->text);
    return exit_code_of(status);
}

/* ---- recording ------------------------------------------------------------------------------------- */

static void on_item(void *user, sd14_golden_event event, const char *id, size_t index, size_t count)
{
    golden *g = user;
    g->n_items = count;
    if (event == SD14_GOLDEN_DRAWING) {
        progress_begin(&g->progress, &g->cli->console, (int32_t)index, (int32_t)count);
        return;
    }
    if (event == SD14_GOLDEN_KEPT) {
        g->n_kept++;
    } else {
        g->n_drawn++;
    }
    if (g->settings->console.json) return;
    console_clear(&g->cli->console);
    (void)printf("%s/%s\n", g->settings->folder, id);
    cli_flush(g->cli); /* a reader may want each as it comes */
}

static void on_progress(void *user, const sd14_progress *report)
{
    golden *g = user;
    progress_report(&g->progress, report);
}

static exit_code interrupted(golden *g)
{
    console_error(&g->cli->console,
                  "interrupted; %zu of %zu items are there, the same command goes on",
                  g->n_kept + g->n_drawn, g->n_items);
    return EXIT_CODE_INTERRUPTED;
}

static exit_code record(golden *g)
{
    const golden_settings *s = g->settings;
    const sd14_golden_params params = {.suite = s->suite,
                                       .folder = s->folder,
                                       .noise_from = s->noise_from,
                                       .item = on_item,
                                       .progress = on_progress,
                                       .user = g};
    sd14_error error;
    const sd14_status status = sd14_golden_run(g->session, &params, &error);
    console_clear(&g->cli->console);
    if (status == SD14_ERROR_CANCELLED) return interrupted(g);
    if (status != SD14_OK) return fail(g, status, &error);
    console_note(&g->cli->console, "%s: %zu items, %zu drawn, %zu kept", s->folder, g->n_items,
                 g->n_drawn, g->n_kept);
    if (!s->console.json) return EXIT_CODE_OK;
    return json_output(g->cli,
                       json_pack("{s:s, s:o, s:I, s:I, s:I, s:I}", "version", sd14_version(),
                                 "folder", recipe_path(s->folder), "items", (json_int_t)g->n_items,
                                 "drawn", (json_int_t)g->n_drawn, "kept", (json_int_t)g->n_kept,
                                 "peak_rss_bytes", (json_int_t)peak_rss_bytes()));
}

/* Seconds for gigabytes, which cannot be cancelled; the model remembers. */
static sd14_status hash_files(golden *g, sd14_error *error)
{
    const sd14_model_file *files;
    size_t n_files;
    interrupt_at_once(g->cli->console.redraws ? "\r\033[Ksd14: interrupted\n"
                                              : "sd14: interrupted\n");
    progress_begin(&g->progress, &g->cli->console, 0, 1);
    progress_say(&g->progress, "hashing the model's files ...");
    const sd14_status status = sd14_model_hash_files(g->model, &files, &n_files, error);
    interrupt_at_once(NULL);
    return status;
}

static exit_code open_and_record(golden *g)
{
    sd14_error error;
    interrupt_catch();
    const exit_code code = model_settings_load(&g->settings->model, &g->cli->console, &g->model);
    if (code != EXIT_CODE_OK) return code;
    sd14_status status = hash_files(g, &error);
    if (status == SD14_OK) status = sd14_session_create(g->model, &g->session, &error);
    if (status != SD14_OK) return fail(g, status, &error);
    interrupt_session(g->session);
    return record(g);
}

/* ---- --verify -------------------------------------------------------------------------------------- */

static const char *problem_name(sd14_golden_problem problem)
{
    return problem == SD14_GOLDEN_MISSING ? "missing"
           : problem == SD14_GOLDEN_SIZE  ? "size"
                                          : "changed";
}

static void on_problem(void *user, const char *name, sd14_golden_problem problem)
{
    golden *g = user;
    if (g->problems == NULL) {
        (void)printf("%-8s %s\n", problem_name(problem), name);
        return;
    }
    (void)json_array_append_new(
        g->problems, json_pack("{s:s, s:s}", "name", name, "problem", problem_name(problem)));
}

static exit_code verify(golden *g)
{
    const golden_settings *s = g->settings;
    sd14_error error;
    size_t n_files = 0;
    if (s->console.json) g->problems = json_array();
    const sd14_status status = sd14_golden_verify(s->folder, on_problem, g, &n_files, &error);
    if (s->console.json && (status == SD14_OK || status == SD14_ERROR_VERIFICATION)) {
        const exit_code code =
            json_output(g->cli, json_pack("{s:s, s:o, s:I, s:O}", "version", sd14_version(),
                                          "folder", recipe_path(s->folder), "files",
                                          (json_int_t)n_files, "problems", g->problems));
        if (code != EXIT_CODE_OK) return code;
    }
    if (status != SD14_OK) return fail(g, status, &error);
    if (!s->console.json) (void)printf("%s: %zu files as recorded\n", s->folder, n_files);
    return EXIT_CODE_OK;
}

/* ---- the command ----------------------------------------------------------------------------------- */

static bool check_settings(const golden_settings *s, console *con)
{
    if (s->folder == NULL || s->folder[0] == '\0') {
        console_error(con, "no folder; name it with -o DIR");
    } else if (!s->verify && s->suite == NULL) {
        console_error(con, "no suite; give its file with --suite, such as "
                           "configs/suites/emoji-smoke.json");
    } else if (s->verify && (s->suite != NULL || s->noise_from != NULL)) {
        console_error(con, "--verify draws nothing; leave out %s",
                      s->suite != NULL ? "--suite" : "--noise-from");
    } else {
        return true;
    }
    return false;
}

exit_code command_golden(cli *cli, int argc, char **argv)
{
    golden_settings settings = golden_settings_default();
    exit_code code;
    if (!settings_read(cli, &golden_command, argc, argv, &settings, &settings.console, &code))
        return code;
    if (!check_settings(&settings, &cli->console)) return EXIT_CODE_USAGE;

    golden g = {.cli = cli, .settings = &settings};
    code = settings.verify ? verify(&g) : open_and_record(&g);
    console_clear(&cli->console);
    interrupt_session(NULL);
    sd14_session_destroy(g.session);
    sd14_model_destroy(g.model);
    json_decref(g.problems);
    return code;
}
