/* SPDX-License-Identifier: Apache-2.0 */

/* Cards as tt-kmd 2.x shows them in sysfs, and what ttnn needs beside them. */
#include "support/fake_machine.h"

static int set_up(void **state)
{
    static fake_machine made;
    fake_machine_make(&made);
    *state = &made;
    return 0;
}

static int tear_down(void **state)
{
    fake_machine_remove(*state);
    return 0;
}

static void put_at(fake_machine *machine, const char *folder, const char *name, const char *content)
{
    char path[PATH_MAX];
    put_file(machine->root, path_in(path, folder, name), content);
}

/* A card in its slot, as the kernel alone shows it. */
static void
add_card(fake_machine *machine, const char *folder, const char *device, const char *board)
{
    put_at(machine, folder, "vendor", "0x1e52\n");
    put_at(machine, folder, "device", device);
    put_at(machine, folder, "subsystem_device", board);
}

static void add_driver(fake_machine *machine)
{
    put_file(machine->root, "sys/module/tenstorrent/version", "2.9.0\n");
}

/* What the driver adds to a card. */
static void drive_card(fake_machine *machine, const char *folder, int number, const char *type)
{
    char path[PATH_MAX];
    char name[64];
    put_link(machine->root, path_in(path, folder, "driver"),
             "../../../../bus/pci/drivers/tenstorrent");
    (void)snprintf(name, sizeof(name), "tenstorrent/tenstorrent!%d/tt_card_type", number);
    put_at(machine, folder, name, type);
    (void)snprintf(name, sizeof(name), "tenstorrent/tenstorrent!%d/tt_fw_bundle_ver", number);
    put_at(machine, folder, name, "18.7.0.0\n");
    (void)snprintf(name, sizeof(name), "dev/tenstorrent/%d", number);
    put_file(machine->root, name, "");
}

static void add_python(fake_machine *machine)
{
    char path[PATH_MAX];
    put_file(machine->root, "opt/tt/bin/python3.12", "");
    assert_int_equal(chmod(path_in(path, machine->root, "opt/tt/bin/python3.12"), 0755), 0);
    put_file(machine->root, "opt/tt/lib/python3.12/site-packages/ttnn-0.81.1.dist-info/METADATA",
             "");
    put_file(machine->root, "opt/tt/lib/python3.12/site-packages/numpy-1.26.4.dist-info/METADATA",
             "");
    fake_machine_set(machine, "SD14_TTNN_PYTHON=/opt/tt/bin/python3.12");
}

static const char card_1[] = "sys/bus/pci/devices/0000:01:00.0";
static const char card_2[] = "sys/bus/pci/devices/0000:02:00.0";

static const char *member(json_t *report, size_t card, const char *key)
{
    json_t *at = json_array_get(json_at(report, "tenstorrent", "cards"), card);
    return json_string_value(json_object_get(at, key));
}

static void no_card(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    json_t *report = fake_machine_probe(machine, "ttnn", &result);
    assert_non_null(strstr(result.missing, "no PCI device"));
    assert_true(reports_problem(report, "tenstorrent", "cards"));
    assert_true(reports_problem(report, "tenstorrent", "driver_version"));
    assert_true(reports_problem(report, "ttnn", "python"));
    assert_true(reports_problem(report, "ttnn", "ttnn"));
    assert_true(reports_problem(report, "ttnn", "sfpi"));
    json_decref(report);
    probe_result_release(&result);

    machine->options.backend_runs = true; /* all the same: on a mock device, a simulator */
    report = fake_machine_probe(machine, "ttnn", &result);
    assert_null(result.missing);
    assert_true(json_is_true(json_at(report, "backend", "runs")));
    assert_false(reports_problem(report, "tenstorrent", "cards"));
    assert_false(reports_problem(report, "ttnn", "sfpi"));
    json_decref(report);
    probe_result_release(&result);

    report = fake_machine_probe(machine, "cpu", &result); /* and nobody asked for one */
    assert_null(result.missing);
    assert_false(reports_problem(report, "tenstorrent", "cards"));
    assert_false(reports_problem(report, "ttnn", "ttnn"));
    json_decref(report);
    probe_result_release(&result);
}

static void why_it_did_not_open(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    machine->options.backend_problem = "no such thing: install it";
    json_t *report = fake_machine_probe(machine, "ttnn", &result);
    assert_string_equal(result.missing, "backend ttnn cannot run here: no such thing: install it");
    assert_true(reports_problem(report, "tenstorrent", "cards"));
    assert_true(reports_problem(report, "backend", "problem"));
    json_decref(report);
    probe_result_release(&result);
}

static void n150_with_all_it_needs(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    add_card(machine, card_1, "0x401e\n", "0x0018\n");
    add_driver(machine);
    drive_card(machine, card_1, 0, "n150\n");
    add_python(machine);
    put_file(machine->root, "opt/tenstorrent/sfpi/compiler/bin/riscv-tt-elf-g++", "");
    put_file(machine->root, "opt/tenstorrent/sfpi/sfpi.version", "7.89.0\n");
    put_file(
        machine->root, "proc/mounts",
        "proc /proc proc rw 0 0\nhugetlbfs /dev/hugepages-1G hugetlbfs rw,pagesize=1024M 0 0\n");
    put_file(machine->root, "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "1\n");
    put_file(machine->root, "sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "1\n");
    json_t *report = fake_machine_probe(machine, "ttnn", &result);
    assert_null(result.missing);
    assert_int_equal(json_array_size(json_at(report, "tenstorrent", "cards")), 1);
    assert_string_equal(member(report, 0, "address"), "0000:01:00.0");
    assert_string_equal(member(report, 0, "chip"), "Wormhole");
    assert_string_equal(member(report, 0, "board"), "n150");
    assert_string_equal(member(report, 0, "driver"), "tenstorrent");
    assert_string_equal(member(report, 0, "node"), "/dev/tenstorrent/0");
    assert_non_null(strstr(result.text, "firmware 18.7.0.0"));
    assert_string_equal(json_string_value(json_at(report, "tenstorrent", "driver_version")),
                        "2.9.0");
    assert_string_equal(json_string_value(json_at(report, "ttnn", "ttnn")), "0.81.1");
    assert_string_equal(json_string_value(json_at(report, "ttnn", "numpy")), "1.26.4");
    assert_string_equal(json_string_value(json_at(report, "ttnn", "python")),
                        "/opt/tt/bin/python3.12");
    assert_string_equal(json_string_value(json_at(report, "ttnn", "sfpi_version")), "7.89.0");
    json_decref(report);
    probe_result_release(&result);

    /* A page too few. An IOMMU makes up for it. */
    put_file(machine->root, "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");
    report = fake_machine_probe(machine, "ttnn", &result);
    assert_true(reports_problem(report, "tenstorrent", "huge_pages_1g_mounted"));
    assert_non_null(result.missing);
    json_decref(report);
    probe_result_release(&result);
    put_at(machine, card_1, "iommu_group/type", "DMA-FQ\n");
    json_decref(fake_machine_probe(machine, "ttnn", &result));
    assert_null(result.missing);
    probe_result_release(&result);
}

static void two_n300_without_driver(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    add_card(machine, card_1, "0x401e\n", "0x0014\n");
    add_card(machine, card_2, "0x401e\n", "0x0014\n");
    json_t *report = fake_machine_probe(machine, "ttnn", &result);
    assert_int_equal(json_array_size(json_at(report, "tenstorrent", "cards")), 2);
    assert_string_equal(member(report, 1, "board"), "n300");
    assert_null(member(report, 1, "driver"));
    assert_non_null(strstr(result.missing, "2 found, none can be used"));
    assert_non_null(strstr(result.missing, "kernel driver: not loaded"));
    assert_non_null(strstr(result.text, "modprobe tenstorrent"));
    json_decref(report);
    probe_result_release(&result);

    /* A card that sits there idle is worth a word to those who use the CPU, too. */
    report = fake_machine_probe(machine, "cpu", &result);
    assert_null(result.missing);
    assert_true(reports_problem(report, "tenstorrent", "driver_version"));
    json_decref(report);
    probe_result_release(&result);

    /* The driver has one of them: enough to run. */
    add_driver(machine);
    drive_card(machine, card_2, 1, "n300\n");
    report = fake_machine_probe(machine, "ttnn", &result);
    assert_null(strstr(result.missing, "none can be used"));
    assert_string_equal(member(report, 1, "node"), "/dev/tenstorrent/1");
    json_decref(report);
    probe_result_release(&result);
}

static void cards_that_cannot_be_used(void **state)
{
    fake_machine *machine = *state;
    char path[PATH_MAX];
    probe_result result;
    add_driver(machine);
    add_card(machine, card_1, "0xfaca\n", "0x0007\n");
    drive_card(machine, card_1, 0, "e150\n");
    add_card(machine, card_2, "0xb140\n", "0x0040\n");
    drive_card(machine, card_2, 1, "p150a\n");
    assert_int_equal(unlink(path_in(path, machine->root, "dev/tenstorrent/1")), 0);
    json_t *report = fake_machine_probe(machine, "ttnn", &result);
    assert_string_equal(member(report, 0, "chip"), "Grayskull");
    assert_string_equal(member(report, 1, "chip"), "Blackhole");
    assert_non_null(strstr(result.text, "Wormhole and Blackhole only"));
    assert_non_null(strstr(result.text, "/dev/tenstorrent/1 cannot be opened"));
    assert_non_null(strstr(result.missing, "none can be used"));
    json_decref(report);
    probe_result_release(&result);
}

static void broken_card_files(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    add_card(machine, card_1, "what?\n", "\n");
    put_link(machine->root, "sys/bus/pci/devices/0000:01:00.0/driver", "nowhere");
    put_file(machine->root, "sys/bus/pci/devices/0000:02:00.0/vendor", "0x1e52 and more\n");
    put_at(machine, card_1, "tenstorrent/tenstorrent!7/tt_card_type", "\x1b[31m\xff\n");
    json_t *report = fake_machine_probe(machine, "ttnn", &result);
    assert_int_equal(json_array_size(json_at(report, "tenstorrent", "cards")), 1);
    assert_string_equal(member(report, 0, "board"), "?[31m?");
    assert_null(strchr(result.text, '\x1b'));
    json_decref(report);
    probe_result_release(&result);
}

static void versions_of_ttnn(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    char path[PATH_MAX];
    /* On PATH: 3.11 has no ttnn, the 3.10 beside it has one that nobody tried, and a numpy too new. */
    put_file(machine->root, "usr/bin/python3.11", "");
    put_file(machine->root, "usr/bin/python3.10", "");
    put_link(machine->root, "usr/bin/python3", "python3.11");
    assert_int_equal(chmod(path_in(path, machine->root, "usr/bin/python3.10"), 0755), 0);
    assert_int_equal(chmod(path_in(path, machine->root, "usr/bin/python3.11"), 0755), 0);
    put_file(machine->root,
             "home/u/.local/lib/python3.10/site-packages/ttnn-0.99.0.dist-info/RECORD", "");
    put_file(machine->root,
             "home/u/.local/lib/python3.10/site-packages/numpy-2.0.0.dist-info/RECORD", "");
    put_file(machine->root,
             "home/u/.local/lib/python3.10/site-packages/ttnn_extra-1.dist-info/RECORD", "");
    json_t *report = fake_machine_probe(machine, "ttnn", &result);
    assert_string_equal(json_string_value(json_at(report, "ttnn", "python")),
                        "/usr/bin/python3.10");
    assert_string_equal(json_string_value(json_at(report, "ttnn", "ttnn")), "0.99.0");
    assert_true(reports_problem(report, "ttnn", "ttnn"));
    assert_true(reports_problem(report, "ttnn", "numpy"));
    json_decref(report);
    probe_result_release(&result);

    /* A virtual environment comes first; pyenv's shims are looked behind. */
    put_file(machine->root, "pyenv/shims/python3.12", "#!/bin/sh\n");
    assert_int_equal(chmod(path_in(path, machine->root, "pyenv/shims/python3.12"), 0755), 0);
    put_file(machine->root,
             "pyenv/versions/3.12.4/lib/python3.12/site-packages/ttnn-0.75.0.dist-info/RECORD", "");
    machine->environment[1] = "PATH=/pyenv/shims:/usr/bin";
    report = fake_machine_probe(machine, "ttnn", &result);
    assert_string_equal(json_string_value(json_at(report, "ttnn", "ttnn")), "0.75.0");
    json_decref(report);
    probe_result_release(&result);
}

static void says_where_it_looked(void **state)
{
    fake_machine *machine = *state;
    probe_result result;
    fake_machine_set(machine, "VIRTUAL_ENV=/gone/env");
    fake_machine_set(machine, "TT_METAL_HOME=/src/tt-metal");
    json_t *report = fake_machine_probe(machine, "ttnn", &result);
    const char *places = json_string_value(json_at(report, "ttnn", "looked_for"));
    assert_non_null(strstr(places, "/gone/env/bin/python3"));
    assert_non_null(strstr(places, "python3.12"));
    places = json_string_value(json_at(report, "ttnn", "sfpi_looked_for"));
    assert_string_equal(places, "/src/tt-metal/runtime/sfpi, /opt/tenstorrent/sfpi");
    assert_non_null(strstr(result.text, places));
    json_decref(report);
    probe_result_release(&result);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(no_card),
        TEST(why_it_did_not_open),
        TEST(n150_with_all_it_needs),
        TEST(two_n300_without_driver),
        TEST(cards_that_cannot_be_used),
        TEST(broken_card_files),
        TEST(versions_of_ttnn),
        TEST(says_where_it_looked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
