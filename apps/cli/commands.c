/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#define ROW(name) {&name##_command, command_##name},
const command commands[] = {COMMANDS(ROW)};
#undef ROW
const size_t command_count = sizeof(commands) / sizeof(commands[0]);
