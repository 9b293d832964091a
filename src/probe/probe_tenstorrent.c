/* SPDX-License-Identifier: Apache-2.0 */

/* Cards and their kernel driver, as tt-kmd shows them in sysfs. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "probe/sections.h"

static const char pci_devices[] = "/sys/bus/pci/devices";

enum { VENDOR = 0x1e52, GRAYSKULL = 0xfaca, WORMHOLE = 0x401e, BLACKHOLE = 0xb140 };

typedef struct named_id {
    long long id;
    const char *name;
} named_id;

static const named_id chips[] = {{GRAYSKULL, "Grayskull"},
                                 {WORMHOLE, "Wormhole"},
                                 {BLACKHOLE, "Blackhole"},
                                 {0, "unknown chip"}};

/* PCI subsystem ids: the board types of tt-kmd's telemetry.c. */
static const named_id boards[] = {{0x14, "n300"},      {0x18, "n150"},  {0x35, "galaxy-wormhole"},
                                  {0x36, "p100"},      {0x40, "p150a"}, {0x41, "p150b"},
                                  {0x42, "p150c"},     {0x43, "p100a"}, {0x44, "p300b"},
                                  {0x45, "p300a"},     {0x46, "p300c"}, {0x47, "galaxy-blackhole"},
                                  {0, "unknown board"}};

static const char *name_of(const named_id *names, long long id)
{
    while (names->id != 0 && names->id != id) names++;
    return names->name;
}

typedef struct card {
    char folder[PATH_MAX]; /* in sysfs */
    const char *address;   /* "0000:01:00.0" */
    long long device;
    char board[MACHINE_LINE];
    char driver[MACHINE_LINE];   /* "": none is bound */
    char node[PATH_MAX];         /* "/dev/tenstorrent/0"; "": none */
    char firmware[MACHINE_LINE]; /* the bundle's version; "": not readable */
    bool usable_node;
    bool iommu; /* addresses are translated: no huge pages needed */
} card;

/* "tenstorrent!0" in the card's folder of class devices: the number of its node, and the attributes. */
static sd14_status
read_class_device(const machine *on, card *of, json_t *firmware, findings *to, sd14_error *error)
{
    static const char *const attributes[] = {
        "tt_fw_bundle_ver", "tt_arc_fw_ver",  "tt_eth_fw_ver", "tt_m3bl_fw_ver",
        "tt_m3app_fw_ver",  "tt_ttflash_ver", "tt_serial",     "tt_asic_id"};
    static const char prefix[] = "tenstorrent!";
    char folder[PATH_MAX];
    char line[MACHINE_LINE];
    machine_names devices;
    if (!machine_join(folder, "%s/tenstorrent", of->folder)) return SD14_OK;
    TRY(machine_list(on, folder, &devices, error));
    for (size_t i = 0; i < devices.count; i++) {
        const char *name = devices.items[i];
        if (strncmp(name, prefix, strlen(prefix)) != 0) continue;
        (void)machine_join(of->node, "/dev/tenstorrent/%s", name + strlen(prefix));
        if (!machine_join(folder, "%s/tenstorrent/%s", of->folder, name)) continue;
        if (machine_read_in(on, folder, "tt_card_type", line, sizeof(line))) {
            (void)snprintf(of->board, sizeof(of->board), "%s", line);
        }
        for (size_t a = 0; a < sizeof(attributes) / sizeof(attributes[0]); a++) {
            if (!machine_read_in(on, folder, attributes[a], line, sizeof(line))) continue;
            if (json_object_set_new(firmware, attributes[a], findings_string(line)) != 0)
                to->failed = true;
            if (a == 0) (void)snprintf(of->firmware, sizeof(of->firmware), "%s", line);
        }
        break;
    }
    machine_names_release(&devices);
    return SD14_OK;
}

static sd14_status
read_card(const machine *on, card *of, json_t *firmware, findings *to, sd14_error *error)
{
    char path[PATH_MAX];
    char line[MACHINE_LINE];
    long long subsystem = 0;
    (void)machine_read_number(on, of->folder, "subsystem_device", &subsystem);
    (void)snprintf(of->board, sizeof(of->board), "%s", name_of(boards, subsystem));
    if (machine_join(path, "%s/driver", of->folder)) machine_link(on, path, of->driver);
    of->iommu = machine_read_in(on, of->folder, "iommu_group/type", line, sizeof(line)) &&
                strncmp(line, "DMA", 3) == 0; /* "DMA" or "DMA-FQ" */
    TRY(read_class_device(on, of, firmware, to, error));
    of->usable_node =
        of->node[0] != '\0' && machine_path(on, of->node, path) && access(path, R_OK | W_OK) == 0;
    return SD14_OK;
}

/* Returns whether it can be used. */
static bool show_card(findings *to, const card *of)
{
    const bool driven = strcmp(of->driver, "tenstorrent") == 0;
    const bool known = of->device == WORMHOLE || of->device == BLACKHOLE;
    const bool good = driven && of->usable_node && known;
    findings_line(to, good ? MARK_OK : MARK_WARN, "cards", of->address,
                  "%s %s, driver %s, %s, firmware %s", name_of(chips, of->device), of->board,
                  of->driver[0] == '\0' ? "none" : of->driver,
                  of->node[0] == '\0' ? "no device file" : of->node,
                  of->firmware[0] == '\0' ? "unknown" : of->firmware);
    if (!known) {
        findings_remedy(to, "%s", "ttnn runs on Wormhole and Blackhole only: use --backend cpu");
    } else if (!driven) {
        findings_remedy(to, "%s",
                        "install the driver (https://github.com/tenstorrent/tt-kmd), then: "
                        "sudo modprobe tenstorrent");
    } else if (!of->usable_node) {
        findings_remedy(to,
                        "%s cannot be opened: check its permissions (tt-kmd's udev rules); in a "
                        "container pass it in (docker run --device /dev/tenstorrent)",
                        of->node[0] == '\0' ? "/dev/tenstorrent" : of->node);
    }
    return good;
}

typedef struct card_counts {
    size_t found;
    size_t usable;
    size_t without_iommu;
} card_counts;

static sd14_status add_card(const machine *on,
                            findings *to,
                            json_t *list,
                            const char *address,
                            card_counts *counts,
                            sd14_error *error)
{
    card found = {.address = address};
    char id[16];
    (void)machine_join(found.folder, "%s/%s", pci_devices, address);
    if (!machine_read_number(on, found.folder, "device", &found.device)) found.device = 0;

    json_t *firmware = json_object();
    const sd14_status status = read_card(on, &found, firmware, to, error);
    (void)snprintf(id, sizeof(id), "0x%04x", (unsigned)found.device & 0xffffU);
    findings_append(
        to, list,
        json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:b, s:b, s:o}", "address",
                  findings_string(address), "device_id", id, "chip", name_of(chips, found.device),
                  "board", findings_string(found.board), "driver",
                  found.driver[0] == '\0' ? json_null() : findings_string(found.driver), "node",
                  found.node[0] == '\0' ? json_null() : findings_string(found.node), "node_usable",
                  found.usable_node, "iommu", found.iommu, "attributes", firmware));
    TRY(status);
    counts->found++;
    counts->usable += show_card(to, &found);
    counts->without_iommu += !found.iommu;
    return SD14_OK;
}

static void add_driver(const probe_options *options, findings *to, bool cards)
{
    const machine *on = &options->machine;
    char version[MACHINE_LINE];
    const bool loaded = machine_has(on, "/sys/module/tenstorrent");
    const bool known =
        machine_read(on, "/sys/module/tenstorrent/version", version, sizeof(version));
    const findings_mark bad = probe_wants_ttnn(options) ? MARK_MISSING
                              : cards                   ? MARK_WARN
                                                        : MARK_NOTE;
    findings_value(to, "driver_loaded", json_boolean(loaded));
    findings_item(to, loaded ? MARK_OK : bad, "driver_version",
                  known ? findings_string(version) : json_null(), "kernel driver", "%s%s",
                  loaded ? "tenstorrent " : "not loaded", loaded ? (known ? version : "?") : "");
    if (!loaded && bad != MARK_NOTE) {
        findings_remedy(to, "%s",
                        "install tt-kmd (https://github.com/tenstorrent/tt-kmd), then: sudo "
                        "modprobe tenstorrent");
    }
}

/* "hugetlbfs /dev/hugepages-1G hugetlbfs rw,pagesize=1024M 0 0" */
static sd14_status mounts_large_pages(const machine *on, bool *out_mounts, sd14_error *error)
{
    enum { MOUNTS_BYTES = 1 << 20 }; /* machines with many containers have thousands of lines */
    char *lines = mem_array(MOUNTS_BYTES, 1);
    if (lines == NULL) FAIL_NO_MEMORY(error, "the list of mounts");
    *out_mounts = machine_read(on, "/proc/mounts", lines, MOUNTS_BYTES) &&
                  strstr(lines, " /dev/hugepages-1G hugetlbfs ") != NULL;
    mem_free(lines);
    return SD14_OK;
}

static sd14_status add_large_pages(const probe_options *options,
                                   findings *to,
                                   const card_counts *cards,
                                   sd14_error *error)
{
    const machine *on = &options->machine;
    long long pages = 0;
    (void)machine_read_number(on, "/sys/kernel/mm/hugepages/hugepages-1048576kB", "nr_hugepages",
                              &pages);
    bool mounted = false;
    TRY(mounts_large_pages(on, &mounted, error));
    const bool needed = cards->without_iommu > 0;
    const bool good = mounted && pages >= (long long)cards->without_iommu;
    const findings_mark mark = !needed                     ? MARK_NOTE
                               : good                      ? MARK_OK
                               : probe_wants_ttnn(options) ? MARK_MISSING
                                                           : MARK_WARN;
    findings_item(to, mark, "huge_pages_1g_mounted", json_boolean(mounted), "1 GiB pages",
                  "%s /dev/hugepages-1G, %lld pages%s", mounted ? "mounted at" : "not mounted at",
                  pages, cards->found > 0 && !needed ? "; not needed: the IOMMU translates" : "");
    if (mark == MARK_WARN || mark == MARK_MISSING) {
        findings_remedy(to,
                        "one page per card is needed: install tenstorrent-tools "
                        "(https://github.com/tenstorrent/tt-system-tools), then: sudo systemctl "
                        "enable --now tenstorrent-hugepages.service");
    }
    return SD14_OK;
}

static void add_verdict(const probe_options *options, findings *to, const card_counts *cards)
{
    const findings_mark mark = probe_wants_ttnn(options) ? MARK_MISSING : MARK_NOTE;
    if (cards->found == 0) {
        findings_line(to, mark, "cards", "cards", "%s", "none: no PCI device of vendor 0x1e52");
        if (mark == MARK_MISSING) {
            findings_remedy(to, "%s",
                            "check that the card sits in its slot and has power (lspci -d "
                            "1e52:); in a virtual machine pass it through");
        }
    } else if (cards->usable == 0) {
        findings_line(to, mark, "cards", "cards", "%zu found, none can be used", cards->found);
    }
}

sd14_status probe_tenstorrent(const probe_options *options, findings *to, sd14_error *error)
{
    const machine *on = &options->machine;
    char folder[PATH_MAX];
    machine_names names;
    findings_section(to, "tenstorrent", "Tenstorrent");
    json_t *list = findings_list(to, "cards");
    TRY(machine_list(on, pci_devices, &names, error));

    sd14_status status = SD14_OK;
    card_counts cards = {0};
    for (size_t i = 0; status == SD14_OK && i < names.count; i++) {
        long long vendor = 0;
        if (!machine_join(folder, "%s/%s", pci_devices, names.items[i])) continue;
        if (!machine_read_number(on, folder, "vendor", &vendor) || vendor != VENDOR) continue;
        status = add_card(on, to, list, names.items[i], &cards, error);
    }
    machine_names_release(&names);
    TRY(status);
    add_verdict(options, to, &cards);
    add_driver(options, to, cards.found > 0);
    return add_large_pages(options, to, &cards, error);
}
