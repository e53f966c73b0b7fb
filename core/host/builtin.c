/* SPDX-License-Identifier: MIT */
#include "builtin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "container_plugin.h"
#include "refuse.h"

static const struct eun_plugin *const builtins[] = {&container_plugin};
#define N_BUILTINS (sizeof(builtins) / sizeof(builtins[0]))

static void *copy(const struct eun_table *table, size_t size)
{
	char *rows = calloc(table->count + 1u, size);
	for (uint32_t i = 0; rows && i < table->count; i++)
		table_row(table, i, rows + i * size, size);
	return rows;
}

struct plugin *builtin_open(uint32_t i, char *why, size_t why_size)
{
	struct plugin *p = i < N_BUILTINS ? calloc(1, sizeof(*p)) : NULL;
	if (i >= N_BUILTINS)
		return NULL;
	if (p) {
		p->abi = *builtins[i];
		p->path = strdup("(built in)");
		p->streams = copy(&p->abi.streams, sizeof(*p->streams));
		p->options = copy(&p->abi.options, sizeof(*p->options));
		p->programs = copy(&p->abi.programs, sizeof(*p->programs));
		p->aggregates = copy(&p->abi.aggregates, sizeof(*p->aggregates));
		p->tools = copy(&p->abi.tools, sizeof(*p->tools));
	}
	if (p && p->path && p->streams && p->options && p->programs && p->aggregates && p->tools)
		return p;
	refuse(why, why_size, "plugin %s: no memory", builtins[i]->name);
	plugin_close(p);
	return NULL;
}

int builtin_find(const char *name)
{
	for (size_t i = 0; i < N_BUILTINS; i++)
		if (!strcmp(builtins[i]->name, name))
			return (int)i;
	return -ENOENT;
}
