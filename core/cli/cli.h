/* SPDX-License-Identifier: MIT */
/* The command line: argv to one typed request, request to one command. */
#ifndef CORE_CLI_CLI_H
#define CORE_CLI_CLI_H

#include "request.h"

/* Returns the process's exit code. */
int cli_main(int argc, char **argv);

/* The commands that do not trace. `paths`: where plugins are looked for. Return the exit code. */
int command_replay(const struct request *request, char *const *paths);
int command_list(const struct request *request, char *const *paths);
int command_inspect(const struct request *request, char *const *paths);
int command_doctor(const struct request *request, char *const *paths);

#endif
