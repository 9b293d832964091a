/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/hugging_face.h"
#include "probe/sections.h"

static void add_token(const machine *on, findings *to)
{
    const hugging_face_token token = hugging_face_find_token(on);
    const bool good = token.place != NULL && !token.old_place && !token.others_can_read;
    findings_value(to, "token_present", json_boolean(token.place != NULL));
    if (token.place == NULL) {
        findings_item(to, MARK_NOTE, "token_from", json_null(), "token", "%s",
                      "none; only downloads of models that ask for one need it");
        return;
    }
    findings_item(to, good ? MARK_OK : MARK_WARN, "token_from", findings_string(token.place),
                  "token", "present: %s", token.place);
    if (token.old_place) {
        findings_remedy(to, "%s",
                        "Hugging Face's own tools no longer look there: set HF_TOKEN, or "
                        "run hf auth login");
    }
    if (token.others_can_read) {
        findings_remedy(to, "%s", "other users of this machine can read it: chmod 600 the file");
    }
}

/* Accepting is a file beside the models it is about, so that both go together. */
static void add_licence(const machine *on, findings *to)
{
    char hub[PATH_MAX];
    char path[PATH_MAX];
    const bool recorded = hugging_face_hub(on, hub) &&
                          machine_join(path, "%s/sd14-license-accepted.json", hub) &&
                          machine_has_file(on, path);
    findings_item(to, recorded ? MARK_OK : MARK_NOTE, "licence_recorded", json_boolean(recorded),
                  "licence accepted", "%s",
                  recorded ? "recorded"
                           : "not recorded (CreativeML OpenRAIL-M, of Stable Diffusion's "
                             "weights)");
}

sd14_status probe_hugging_face(const probe_options *options, findings *to, sd14_error *error)
{
    (void)error;
    findings_section(to, "hugging_face", "Hugging Face");
    add_token(&options->machine, to);
    add_licence(&options->machine, to);
    return SD14_OK;
}
