/* SPDX-License-Identifier: MIT */
/* What a loaded plugin's tables must say. Nothing of the plugin is called. */
#ifndef CORE_HOST_PLUGIN_CHECK_H
#define CORE_HOST_PLUGIN_CHECK_H

#include "plugin.h"
#include "rows.h"

/*
 * Copies the tables of plugin->abi into `plugin` and checks each row by itself and against the others. `stem`: the
 * name the file calls for. On an error (-EINVAL with `why`) the tables copied so far stay, for plugin_close().
 */
int plugin_check(struct plugin *plugin, const struct image *image, const char *stem, char *why, size_t why_size);

#endif
