/* SPDX-License-Identifier: MIT */
#include "choice.h"

#include <errno.h>
#include <stdlib.h>

int choices_add(struct choices *c, const struct choice *choice)
{
	struct choice *grown = realloc(c->items, (c->n + 1) * sizeof(*grown));
	if (!grown) {
		plugin_close(choice->plugin);
		return -ENOMEM;
	}
	c->items = grown;
	grown[c->n++] = *choice;
	return 0;
}

void choices_free_instances(struct choices *c)
{
	for (size_t i = 0; i < c->n; i++) {
		instance_destroy(c->items[i].instance);
		c->items[i].instance = NULL;
	}
}

void choices_free(struct choices *c)
{
	choices_free_instances(c);
	for (size_t i = 0; i < c->n; i++)
		plugin_close(c->items[i].plugin);
	free(c->items);
	*c = (struct choices){0};
}
