/* SPDX-License-Identifier: Apache-2.0 */

/* What a program needs to drive a Tenstorrent card through ttnn: an interpreter, the package, the compiler. */
#include <stdio.h>
#include <string.h>

#include "machine/python_search.h"
#include "machine/sfpi_search.h"
#include "probe/sections.h"

static const char *const tried_versions[] = {"0.75.0", "0.81.1"};

static findings_mark absent(const probe_options *options)
{
    return probe_wants_ttnn(options) ? MARK_MISSING : MARK_NOTE;
}

static bool was_tried(const char *version)
{
    for (size_t i = 0; i < sizeof(tried_versions) / sizeof(tried_versions[0]); i++) {
        if (strcmp(version, tried_versions[i]) == 0) return true;
    }
    return false;
}

static void add_python(const probe_options *options, findings *to, const python_found *found)
{
    if (found->program[0] != '\0') {
        findings_item(to, MARK_OK, "python", findings_string(found->program), "Python", "%s",
                      found->program);
        return;
    }
    findings_item(to, absent(options), "python", json_null(), "Python", "%s",
                  "no 3.10 or 3.12 found");
    if (probe_wants_ttnn(options)) {
        findings_remedy(to, "%s",
                        "install Python 3.12 or 3.10 (python3.12-venv), or name one in "
                        "SD14_TTNN_PYTHON");
    }
}

static void add_numpy(const probe_options *options, findings *to, const python_package *numpy)
{
    const bool there = numpy->version[0] != '\0';
    const bool old = there && strncmp(numpy->version, "1.", 2) == 0;
    findings_item(to, old ? MARK_OK : absent(options), "numpy",
                  there ? findings_string(numpy->version) : json_null(), "numpy", "%s",
                  there ? numpy->version : "not found");
    if (!old && probe_wants_ttnn(options)) {
        findings_remedy(to, "%s", "ttnn needs numpy 1.x: python3.12 -m pip install 'numpy<2'");
    }
}

static void add_ttnn(const probe_options *options, findings *to, const python_found *found)
{
    const python_package *ttnn = &found->ttnn;
    findings_value(to, "ttnn_folder",
                   ttnn->version[0] == '\0' ? json_null() : findings_string(ttnn->folder));
    if (ttnn->version[0] != '\0') {
        const bool tried = was_tried(ttnn->version);
        findings_item(to, tried ? MARK_OK : MARK_WARN, "ttnn", findings_string(ttnn->version),
                      "ttnn", "%s in %s", ttnn->version, ttnn->folder);
        if (!tried) {
            findings_remedy(to,
                            "tried were %s and %s: if it fails, python3.12 -m pip install "
                            "ttnn==%s",
                            tried_versions[0], tried_versions[1], tried_versions[1]);
        }
        add_numpy(options, to, &found->numpy);
        return;
    }
    findings_item(to, absent(options), "ttnn", json_null(), "ttnn", "%s", "no such package found");
    if (probe_wants_ttnn(options)) {
        findings_remedy(to,
                        "python3.12 -m venv ~/ttnn && ~/ttnn/bin/pip install ttnn==%s, then set "
                        "SD14_TTNN_PYTHON=~/ttnn/bin/python3.12",
                        tried_versions[1]);
    }
    findings_value(to, "numpy", json_null());
}

/* Of use to somebody who has it, where we did not look. */
static void
add_places(const probe_options *options, findings *to, const char *key, const char *places)
{
    findings_value(to, key, findings_string(places));
    if (probe_wants_ttnn(options)) findings_line(to, MARK_NOTE, key, "", "looked at %s", places);
}

static void add_sfpi(const probe_options *options, findings *to, const python_package *ttnn)
{
    const machine *on = &options->machine;
    char package[PATH_MAX];
    char folder[PATH_MAX];
    char version[MACHINE_LINE] = "";
    text looked_in = {0};
    const bool packaged =
        ttnn->version[0] != '\0' && machine_join(package, "%s/ttnn", ttnn->folder);
    const bool found = sfpi_find(on, packaged ? package : NULL, folder, &looked_in);
    if (found) {
        const bool known = machine_read_in(on, folder, "sfpi.version", version, sizeof(version));
        findings_value(to, "sfpi_version", known ? findings_string(version) : json_null());
        findings_item(to, MARK_OK, "sfpi", findings_string(folder), "sfpi compiler", "%s%s%s",
                      folder, known ? ", version " : "", version);
    } else {
        findings_value(to, "sfpi_version", json_null());
        findings_item(to, absent(options), "sfpi", json_null(), "sfpi compiler", "%s", "not found");
        if (probe_wants_ttnn(options)) {
            findings_remedy(to, "%s",
                            "install the sfpi package of "
                            "https://github.com/tenstorrent/sfpi/releases: it goes to "
                            "/opt/tenstorrent/sfpi");
        }
    }
    add_places(options, to, "sfpi_looked_for", text_get(&looked_in));
    to->failed |= text_failed(&looked_in);
    text_release(&looked_in);
}

/* Only ttnn's mock device, which runs without a card and without sfpi, makes use of them. */
static void add_binutils(const machine *on, findings *to)
{
    char program[PATH_MAX];
    const bool found = machine_program(on, "riscv64-unknown-elf-ld", program);
    findings_item(to, MARK_NOTE, "riscv_binutils", found ? findings_string(program) : json_null(),
                  "RISC-V binutils", "%s",
                  found ? program
                        : "not found (for ttnn's mock device: binutils-riscv64-unknown-elf)");
}

sd14_status probe_ttnn(const probe_options *options, findings *to, sd14_error *error)
{
    python_found found;
    TRY(python_find(&options->machine, &found, error));
    findings_section(to, "ttnn", "ttnn");
    add_python(options, to, &found);
    add_ttnn(options, to, &found);
    add_places(options, to, "looked_for", text_get(&found.looked_for));
    add_sfpi(options, to, &found.ttnn);
    add_binutils(&options->machine, to);
    python_found_release(&found);
    return SD14_OK;
}
