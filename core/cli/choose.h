/* SPDX-License-Identifier: MIT */
/* Which plugins and which of their streams a request means. */
#ifndef CORE_CLI_CHOOSE_H
#define CORE_CLI_CHOOSE_H

#include "host/plugin.h"
#include "request.h"

struct choice {
	struct plugin *plugin; /* owned */
	uint64_t streams;      /* EUN_BIT each: what the user chose */
	uint64_t feeds;        /* what the host itself wants to know: see who.h */
};

struct choices {
	struct choice *items;
	size_t n;
	const struct eun_tool *tool; /* run: in one of the plugins; else NULL */
};

/* `run TOOL`: the plugin that has it. `--plugin A,B`: those, with their default streams or the ones of --streams. */
int choose_tool(struct choices *choices, const char *tool, char *const *paths, char *why, size_t why_size);
int choose_plugins(struct choices *choices, const struct request *request, char *const *paths, char *why,
		   size_t why_size);
/* Takes ownership of the plugin, also when it fails: -ENOMEM. */
int choices_add(struct choices *choices, const struct choice *choice);
void choices_free(struct choices *choices);

#endif
