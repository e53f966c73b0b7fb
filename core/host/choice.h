/* SPDX-License-Identifier: MIT */
/* The plugins of a run, what of them is wanted, and their instances. */
#ifndef CORE_HOST_CHOICE_H
#define CORE_HOST_CHOICE_H

#include "host/instance.h"
#include "host/plugin.h"

struct choice {
	struct plugin *plugin;     /* owned */
	uint64_t streams;          /* EUN_BIT each: what the user chose */
	uint64_t watched;          /* what rules want, printed or not */
	uint64_t feeds;            /* what the host itself wants to know: see who.h */
	struct instance *instance; /* owned; NULL: not made yet */
};

struct choices {
	struct choice *items;
	size_t n;
	const struct eun_tool *tool; /* run: in one of the plugins; else NULL */
};

/* Takes ownership of the plugin, also when it fails: -ENOMEM. */
int choices_add(struct choices *choices, const struct choice *choice);
/* Slow where instances are loaded: see instance_destroy(). */
void choices_free_instances(struct choices *choices);
/* The instances too. */
void choices_free(struct choices *choices);

#endif
