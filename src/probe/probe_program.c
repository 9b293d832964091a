/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <openssl/crypto.h>
#include <png.h>
#include <string.h>
#include <sys/utsname.h>
#include <utf8proc.h>

#include "probe/sections.h"

#if defined(__clang__)
#    define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#    define COMPILER "gcc " __VERSION__
#else
#    define COMPILER "unknown"
#endif

/* zlib comes with libpng and is not called by us: its version is asked for only if it is loaded. */
static const char *zlib_version(void)
{
    const char *(*version)(void) = NULL;
    void *symbol = dlsym(RTLD_DEFAULT, "zlibVersion");
    if (symbol == NULL) return NULL;
    memcpy(&version, &symbol, sizeof(version)); /* POSIX's way from object to function pointer */
    return version();
}

static void add_version(findings *to, const char *key, const char *version)
{
    findings_item(to, MARK_NOTE, key, findings_string(version), key, "%s",
                  version == NULL ? "unknown" : version);
}

sd14_status probe_program(const probe_options *options, findings *to, sd14_error *error)
{
    char kernel[MACHINE_LINE] = "unknown";
    struct utsname system = {0};
    (void)error;
    (void)machine_read(&options->machine, "/proc/sys/kernel/osrelease", kernel, sizeof(kernel));
    (void)uname(&system);

    findings_section(to, "program", "Program and libraries");
    add_version(to, "sd14", options->version);
    add_version(to, "compiler", COMPILER);
    findings_value(to, "machine", findings_string(system.machine));
    findings_item(to, MARK_NOTE, "kernel", findings_string(kernel), "kernel", "Linux %s, %s",
                  kernel, system.machine);
    add_version(to, "libc", gnu_get_libc_version());
    add_version(to, "libpng", png_get_libpng_ver(NULL));
    add_version(to, "zlib", zlib_version());
    add_version(to, "jansson", jansson_version_str());
    add_version(to, "utf8proc", utf8proc_version());
    add_version(to, "libcrypto", OpenSSL_version(OPENSSL_VERSION));
    return SD14_OK;
}
