/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/probe.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "probe/sections.h"

bool probe_wants_ttnn(const probe_options *options)
{
    return strcmp(options->backend, "ttnn") == 0 && !options->backend_runs;
}

/* The verdict comes last for people, who read its line at the end of their terminal. */
static void add_backend(const probe_options *options, findings *to)
{
    findings_section(to, "backend", "Backend");
    if (options->backend_problem != NULL) {
        findings_item(to, MARK_MISSING, "problem", findings_string(options->backend_problem),
                      "opening it", "%s", options->backend_problem);
        findings_remedy(to, "%s",
                        probe_wants_ttnn(options)
                            ? "see to what is missing, or to the symptom in docs/tenstorrent.md; "
                              "--backend cpu needs none of it"
                            : "close other programs, or raise this process's limits (ulimit -a)");
    } else {
        findings_value(to, "problem", json_null());
    }
    const bool runs = to->counts[MARK_MISSING] == 0;
    findings_value(to, "name", findings_string(options->backend));
    findings_value(to, "runs", json_boolean(runs));
    if (runs) {
        text_add(&to->text, "  %-8s %-20s can run; %zu warnings\n", "ok", options->backend,
                 to->counts[MARK_WARN]);
    } else {
        text_add(&to->text, "  %-8s %-20s cannot run: %zu things are missing\n", "missing",
                 options->backend, to->counts[MARK_MISSING]);
    }
}

static int add_bytes(const char *bytes, size_t size, void *to)
{
    text_add_bytes(to, bytes, size);
    return 0;
}

static sd14_status
finish(const probe_options *options, findings *from, probe_result *out_result, sd14_error *error)
{
    if (json_object_set(from->root, "problems", from->problems) != 0) from->failed = true;
    text json = {0};
    text missing = {0};
    if (json_dump_callback(from->root, add_bytes, &json, JSON_INDENT(2)) != 0) from->failed = true;
    text_add(&json, "\n");
    if (from->missing.length > 0) {
        const char *why = options->backend_problem; /* the first thing to do, with its remedy */
        text_add(&missing, "backend %s cannot run here: ", options->backend);
        text_add_line(&missing, why != NULL ? why : text_get(&from->missing), SIZE_MAX);
    }
    out_result->text = mem_string(text_get(&from->text));
    out_result->json = mem_string(text_get(&json));
    if (missing.length > 0) out_result->missing = mem_string(text_get(&missing));

    const bool failed = findings_failed(from) || text_failed(&json) || text_failed(&missing) ||
                        out_result->text == NULL || out_result->json == NULL ||
                        (missing.length > 0 && out_result->missing == NULL);
    text_release(&json);
    text_release(&missing);
    if (failed) FAIL_NO_MEMORY(error, "the report");
    return SD14_OK;
}

sd14_status probe_run(const probe_options *options, probe_result *out_result, sd14_error *error)
{
    *out_result = (probe_result){0};
    findings to;
    if (!findings_init(&to)) FAIL_NO_MEMORY(error, "the report");
    findings_value(&to, "version", findings_string(options->version));

    sd14_status status = SD14_OK;
#define RUN(name) TRY_DONE(probe_##name(options, &to, error));
    PROBE_SECTIONS(RUN)
#undef RUN
    add_backend(options, &to);
    status = finish(options, &to, out_result, error);
done:
    findings_release(&to);
    return status;
}

void probe_result_release(probe_result *result)
{
    mem_free(result->text);
    mem_free(result->json);
    mem_free(result->missing);
    *result = (probe_result){0};
}
