/* SPDX-License-Identifier: Apache-2.0 */

/* A file for --config sets options to values within their ranges, or an exit code says that it does not. */
#include <fcntl.h>

#include "config_file.h"
#include "fuzz.h"
#include "generate_options.h"

/* The console's messages would bury libFuzzer's. */
static exit_code apply_silently(const char *path, generate_settings *settings, json_t **out_config)
{
    console con = {.quiet = true};
    const int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    test_files_need(kept >= 0 && dup2(nowhere, STDERR_FILENO) >= 0, "/dev/null");
    const exit_code code = config_file_apply(&con, &generate_command, path, settings, out_config);
    test_files_need(dup2(kept, STDERR_FILENO) >= 0, "standard error");
    (void)close(kept);
    (void)close(nowhere);
    return code;
}

static bool is_side(int32_t pixels)
{
    return pixels == 0 || (pixels >= 64 && pixels <= 2048);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    generate_settings settings = generate_settings_default();
    json_t *config = NULL;
    const exit_code code = apply_silently(fuzz_file(data, size), &settings, &config);
    FUZZ_CHECK(code == EXIT_CODE_OK || code == EXIT_CODE_FILE || code == EXIT_CODE_USAGE);
    if (code == EXIT_CODE_OK) {
        FUZZ_CHECK(settings.steps >= 0 && settings.steps <= 1000);
        FUZZ_CHECK(settings.guidance >= -1.0f && settings.guidance <= 100.0f);
        FUZZ_CHECK(settings.eta >= 0.0f && settings.eta <= 1.0f);
        FUZZ_CHECK(is_side(settings.size[0]) && is_side(settings.size[1]));
        FUZZ_CHECK(strcmp(settings.sampler, "ddim") == 0);
    }
    json_decref(config);
    return 0;
}
