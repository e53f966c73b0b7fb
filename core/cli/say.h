/* SPDX-License-Identifier: MIT */
/* Diagnostics: one line on stderr, "eunomia: ...", with control bytes escaped. */
#ifndef CORE_CLI_SAY_H
#define CORE_CLI_SAY_H

#include "sink/output.h"

#include "config/config.h"

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "file:line:column: what is wrong" */
void say_error(const struct config_error *error);

/*
 * Closes an output. Returns the exit code: `status`, or EXIT_RUN when it did not take all that was written, which is
 * told; a reader that left is no error.
 */
int say_closed(struct output *output, int status);

#endif
