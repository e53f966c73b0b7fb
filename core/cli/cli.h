/* SPDX-License-Identifier: MIT */
/* The command line: argv to one typed request, request to one command. */
#ifndef CORE_CLI_CLI_H
#define CORE_CLI_CLI_H

#include "host/plugin.h"
#include "request.h"

/* Returns the process's exit code. */
int cli_main(int argc, char **argv);

/* The commands that do not trace. `paths`: where plugins are looked for. Return the exit code. */
int command_replay(const struct request *request, char *const *paths);
int command_list(const struct request *request, char *const *paths);
int command_inspect(const struct request *request, char *const *paths);
int command_doctor(const struct request *request, char *const *paths);
int command_flame(const struct request *request, char *const *paths);
int command_seccomp(const struct request *request, char *const *paths);
int command_top(const struct request *request, char *const *paths);
int command_daemon(const struct request *request, char *const *paths);
int command_server(const struct request *request, char *const *paths);
int command_rules(const struct request *request, char *const *paths);
int command_selftest(const struct request *request, char *const *paths);
int command_query(const struct request *request, char *const *paths);
int command_explain(const struct request *request, char *const *paths);

/* The names of a field's values, of the first of the plugin's `streams` that has it. Returns the exit code. */
int list_names(const struct request *request, const struct plugin *plugin, uint64_t streams, const char *field);

#endif
