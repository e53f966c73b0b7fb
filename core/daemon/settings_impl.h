/* SPDX-License-Identifier: MIT */
/* Inside of settings: what its files share. */
#ifndef CORE_DAEMON_SETTINGS_IMPL_H
#define CORE_DAEMON_SETTINGS_IMPL_H

#include "settings.h"

#define SETTINGS_MAX 256 /* sections of one kind, items of one list */

/* A section that is being read. */
struct reading {
	struct settings *settings;
	const struct choices *plugins;
	struct config_section *section;
	struct config_error *error;
};

/* Of the section as a whole. -EINVAL. */
int settings_fail(const struct reading *reading, const char *text);
/* One more, zeroed, of an array (its address) that may have SETTINGS_MAX. NULL: *err, with the error told. */
void *settings_add(const struct reading *reading, void *items, size_t *n, size_t size, int *err);

int settings_read_plugin(const struct reading *reading, const char *name);

#endif
