/* SPDX-License-Identifier: MIT */
#include "set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "where.h"

/* What follows "PLUGIN." in a text; NULL: it doesn't start so. */
static const char *inside(const char *text, const struct plugin *plugin)
{
	size_t len = strlen(plugin->abi.name);
	return !strncmp(text, plugin->abi.name, len) && text[len] == '.' ? text + len + 1 : NULL;
}

int set_check(const struct request *q, const struct choices *choices, char *why, size_t why_size)
{
	for (size_t i = 0; i < q->set.n; i++) {
		bool found = false;
		for (size_t k = 0; k < choices->n; k++)
			found |= inside(q->set.items[i], choices->items[k].plugin) != NULL;
		if (!found) {
			snprintf(why, why_size, "option --set: '%s' is not PLUGIN.KEY=VALUE of a plugin of this run",
				 q->set.items[i]);
			return -EINVAL;
		}
	}
	return 0;
}

void set_options_free(char **list, size_t n)
{
	for (size_t i = 0; list && i < n; i++)
		free(list[i]);
	free(list);
}

char **set_options(const struct request *q, const struct choices *choices, size_t choice, size_t *n)
{
	char **list = calloc(q->set.n + q->n_given + 1, sizeof(*list));
	*n = 0;
	/* a tool's options are those of its own plugin, the first */
	for (size_t i = 0; list && !choice && i < q->n_given; i++)
		if (q->given[i].option.set)
			list[(*n)++] = template_fill(q->given[i].option.set, q->given[i].value);
	for (size_t i = 0; list && i < q->set.n; i++) {
		const char *text = inside(q->set.items[i], choices->items[choice].plugin);
		if (text)
			list[(*n)++] = strdup(text);
	}
	for (size_t i = 0; list && i < *n; i++)
		if (!list[i]) {
			set_options_free(list, *n);
			return NULL;
		}
	return list;
}
