/* SPDX-License-Identifier: MIT */
/* Which plugins and which of their streams a request means. */
#ifndef CORE_CLI_CHOOSE_H
#define CORE_CLI_CHOOSE_H

#include "host/choice.h"
#include "request.h"

/* `run TOOL`: the plugin that has it. `--plugin A,B`: those, with their default streams or the ones of --streams. */
int choose_tool(struct choices *choices, const char *tool, char *const *paths, char *why, size_t why_size);
int choose_plugins(struct choices *choices, const struct request *request, char *const *paths, char *why,
		   size_t why_size);

#endif
