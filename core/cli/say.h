/* SPDX-License-Identifier: MIT */
/* Diagnostics: one line on stderr, "eunomia: ...", with control bytes escaped. */
#ifndef CORE_CLI_SAY_H
#define CORE_CLI_SAY_H

#include "config/config.h"

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "file:line:column: what is wrong" */
void say_error(const struct config_error *error);

#endif
