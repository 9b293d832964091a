/* SPDX-License-Identifier: Apache-2.0 */
#include <sd14/golden.h>
#include <sd14/sd14.h>

#include "api/model.h"
#include "api/session.h"
#include "base/memory.h"
#include "base/text.h"
#include "parity/golden_run.h"
#include "parity/golden_verify.h"

static void forward_item(void *user, golden_event event, const char *id, size_t index, size_t count)
{
    const sd14_golden_params *params = user;
    if (params->item == NULL) return;
    params->item(params->user, (sd14_golden_event)event, id, index, count);
}

static void forward_progress(void *user, const text_to_image_progress *progress)
{
    const sd14_golden_params *params = user;
    if (params->progress == NULL) return;
    const sd14_progress public_progress = session_progress(progress);
    params->progress(params->user, &public_progress);
}

static sd14_status run(sd14_session *session,
                       const sd14_golden_params *params,
                       const golden_machine *machine,
                       sd14_error *error)
{
    const golden_run_params inner = {
        .suite = params->suite,
        .folder = params->folder,
        .noise_from = params->noise_from,
        .model = session->model->model,
        .machine = *machine,
        .artist = {.pipeline = session->pipeline,
                   .progress = forward_progress,
                   .user = (void *)(uintptr_t)params},
        .item = forward_item,
        .user = (void *)(uintptr_t)params,
    };
    return golden_run(&inner, error);
}

sd14_status
sd14_golden_run(sd14_session *session, const sd14_golden_params *params, sd14_error *error)
{
    if (session == NULL || params == NULL || params->suite == NULL || params->folder == NULL)
        FAIL(error, INVALID_ARGUMENT, "no session, suite or folder given");
    const sd14_model_file *hashed = NULL;
    size_t n_files = 0;
    TRY(sd14_model_hash_files(session->model, &hashed, &n_files, error));
    sd14_model_info info;
    sd14_model_get_info(session->model, &info);

    golden_model_file *files = mem_array(n_files, sizeof(*files));
    char *name = mem_string(info.name); /* a folder's name need not be UTF-8, JSON must */
    sd14_status status = SD14_OK;
    if (files == NULL || name == NULL)
        FAIL_DONE(error, OUT_OF_MEMORY, "not enough memory for a list of files");
    text_to_line(name);
    for (size_t i = 0; i < n_files; i++) {
        files[i] = (golden_model_file){hashed[i].name, hashed[i].sha256};
    }
    const golden_machine machine = {.version = sd14_version(),
                                    .model_name = name,
                                    .files = files,
                                    .n_files = n_files,
                                    .backend = info.backend,
                                    .precision = info.precision,
                                    .isa = info.isa,
                                    .threads = info.threads};
    status = run(session, params, &machine, error);
done:
    mem_free(files);
    mem_free(name);
    return status;
}

/* A public function pointer and its user, behind an internal one. */
typedef struct problem_target {
    void (*problem)(void *user, const char *name, sd14_golden_problem problem);
    void *user;
} problem_target;

static void forward_problem(void *user, const char *name, run_file_state state)
{
    const problem_target *to = user;
    if (to->problem == NULL) return;
    to->problem(to->user, name,
                state == RUN_FILE_MISSING ? SD14_GOLDEN_MISSING
                : state == RUN_FILE_SIZE  ? SD14_GOLDEN_SIZE
                                          : SD14_GOLDEN_CHANGED);
}

sd14_status
sd14_golden_verify(const char *folder,
                   void (*problem)(void *user, const char *name, sd14_golden_problem problem),
                   void *user,
                   size_t *out_n_files,
                   sd14_error *error)
{
    if (folder == NULL || out_n_files == NULL)
        FAIL(error, INVALID_ARGUMENT, "no folder or no place for the count given");
    problem_target to = {problem, user};
    return golden_verify(folder, forward_problem, &to, out_n_files, error);
}
