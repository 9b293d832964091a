/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/ttnn/python_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backends/ttnn/python_ask.h"
#include "machine/python_search.h"
#include "machine/sfpi_search.h"

#define TTNN_VERSION "0.81.1"

/* An interpreter's path, of itself or of a virtual environment's folder. */
static sd14_status
resolve(const machine *on, const char *wanted, char out[PATH_MAX], sd14_error *error)
{
    if (machine_has_file(on, wanted) && machine_join(out, "%s", wanted)) return SD14_OK;
    if (machine_join(out, "%s/bin/python3", wanted) && machine_has_file(on, out)) return SD14_OK;
    if (strchr(wanted, '/') == NULL && machine_program(on, wanted, out)) return SD14_OK;
    FAIL(error, DEVICE,
         "%s: no Python there: name an interpreter, or the folder of a virtual environment, that "
         "has ttnn",
         wanted);
}

/* Of the usual places, looking at files only. */
static sd14_status look_around(const machine *on, char out[PATH_MAX], sd14_error *error)
{
    python_found found;
    TRY(python_find(on, &found, error));
    sd14_status status = SD14_OK;
    if (found.program[0] == '\0') {
        status =
            error_set(error, SD14_ERROR_DEVICE,
                      "no Python 3.10 or 3.12, which ttnn needs: install one (python3.12-venv), "
                      "or name it in SD14_TTNN_PYTHON; looked for %s",
                      text_get(&found.looked_for));
    } else {
        (void)machine_join(out, "%s", found.program);
    }
    python_found_release(&found);
    return status;
}

static const char *text_of(const json_t *facts, const char *key)
{
    return json_string_value(json_object_get(facts, key));
}

/* What the interpreter lacks. */
static sd14_status check_facts(const char *program, const json_t *facts, sd14_error *error)
{
    const char *python = text_of(facts, "python");
    const char *numpy = text_of(facts, "numpy_version");
    if (python == NULL) FAIL(error, DEVICE, "%s: it does not say which Python it is", program);
    if (text_of(facts, "ttnn") == NULL) {
        FAIL(error, DEVICE,
             "%s (Python %s) has no ttnn: python3.12 -m venv ~/ttnn && ~/ttnn/bin/pip install "
             "ttnn==" TTNN_VERSION " 'numpy<2', then set SD14_TTNN_PYTHON=~/ttnn",
             program, python);
    }
    if (text_of(facts, "numpy") == NULL) {
        FAIL(error, DEVICE, "%s has no numpy, which ttnn needs: %s -m pip install 'numpy<2'",
             program, program);
    }
    if (numpy != NULL && strtol(numpy, NULL, 10) >= 2) {
        FAIL(error, DEVICE, "%s has numpy %s, ttnn needs 1.x: %s -m pip install 'numpy<2'", program,
             numpy, program);
    }
    if (text_of(facts, "library") == NULL) {
        FAIL(error, DEVICE,
             "%s (Python %s) has no shared libpython: install libpython%s, or build Python with "
             "--enable-shared (pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install %s)",
             program, python, python, python);
    }
    return SD14_OK;
}

static void take_facts(const json_t *facts, ttnn_python *out)
{
    const char *version = text_of(facts, "ttnn_version");
    (void)machine_join(out->library, "%s", text_of(facts, "library"));
    (void)machine_join(out->folder, "%s", text_of(facts, "ttnn"));
    (void)snprintf(out->version, sizeof(out->version), "%s", version == NULL ? "unknown" : version);
    out->native = json_is_true(json_object_get(facts, "native"));
    out->site = json_incref(json_object_get(facts, "site"));
}

sd14_status
ttnn_python_find(const machine *on, const char *wanted, ttnn_python *out, sd14_error *error)
{
    json_t *facts = NULL;
    *out = (ttnn_python){0};
    if (wanted == NULL) wanted = machine_variable(on, "SD14_TTNN_PYTHON");
    if (wanted != NULL) {
        TRY(resolve(on, wanted, out->program, error));
    } else {
        TRY(look_around(on, out->program, error));
    }
    TRY(python_ask(on, out->program, &facts, error));
    const sd14_status status = check_facts(out->program, facts, error);
    if (status == SD14_OK) take_facts(facts, out);
    json_decref(facts);
    return status;
}

static sd14_status check_card(const machine *on, sd14_error *error)
{
    static const char folder[] = "/dev/tenstorrent";
    machine_names cards;
    char path[PATH_MAX];
    TRY(machine_list(on, folder, &cards, error));
    size_t usable = 0;
    sd14_status status = SD14_OK;
    for (size_t i = 0; i < cards.count; i++) {
        if (machine_join(path, "%s/%s", folder, cards.items[i]))
            usable += machine_may_write(on, path);
    }
    if (cards.count == 0) {
        status =
            error_set(error, SD14_ERROR_DEVICE,
                      "no Tenstorrent card: there is no %s; install its driver "
                      "(https://github.com/tenstorrent/tt-kmd), then: sudo modprobe tenstorrent; "
                      "sd14 probe --backend ttnn says more",
                      folder);
    } else if (usable == 0) {
        status = error_set(error, SD14_ERROR_DEVICE,
                           "%s/%s: no permission to use the card: check tt-kmd's udev rules; in a "
                           "container pass it in (docker run --device /dev/tenstorrent)",
                           folder, cards.items[0]);
    }
    machine_names_release(&cards);
    return status;
}

sd14_status
ttnn_python_check_device(const machine *on, const ttnn_python *python, sd14_error *error)
{
    char sfpi[PATH_MAX];
    text looked_in = {0};
    if (!python->native) return SD14_OK;
    if (machine_variable(on, "TT_METAL_MOCK_CLUSTER_DESC_PATH") == NULL &&
        machine_variable(on, "TT_METAL_SIMULATOR") == NULL) {
        TRY(check_card(on, error));
    }
    sd14_status status = SD14_OK;
    if (!sfpi_find(on, python->folder, sfpi, &looked_in)) {
        status = error_set(error, SD14_ERROR_DEVICE,
                           "no sfpi, Tenstorrent's compiler for kernels: install the package of "
                           "https://github.com/tenstorrent/sfpi/releases, it goes to "
                           "/opt/tenstorrent/sfpi; looked in %s",
                           text_get(&looked_in));
    }
    if (text_failed(&looked_in)) {
        status =
            error_set(error, SD14_ERROR_OUT_OF_MEMORY, "not enough memory for a list of places");
    }
    text_release(&looked_in);
    return status;
}

sd14_status ttnn_python_describe(const ttnn_python *python, json_t *open_request, sd14_error *error)
{
    json_t *fields = json_pack("{s:s, s:s, s:O}", "library", python->library, "program",
                               python->program, "site", python->site);
    const int code = fields == NULL ? -1 : json_object_update(open_request, fields);
    json_decref(fields);
    if (code != 0) FAIL_NO_MEMORY(error, "a message to the device");
    return SD14_OK;
}

void ttnn_python_release(ttnn_python *of)
{
    json_decref(of->site);
    *of = (ttnn_python){0};
}
