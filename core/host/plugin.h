/* SPDX-License-Identifier: MIT */
/*
 * A plugin file: found, checked as ELF before anything of it can run, loaded, its tables checked and copied.
 *
 * Nothing here touches the kernel's BPF; instance.h does. One thread. A plugin lives until plugin_close(), and no
 * instance of it may outlive it.
 */
#ifndef CORE_HOST_PLUGIN_H
#define CORE_HOST_PLUGIN_H

#include <eunomia/plugin.h>

#include "event/schema.h"

struct plugin {
	char *path;
	void *handle;                /* of dlopen */
	struct eun_plugin abi;       /* copied, zero beyond what the plugin's size covers */
	struct eun_stream *streams;  /* the tables' rows copied, each zero beyond what the plugin knew */
	struct eun_option *options;  /* counts are those of abi.streams.count and so on */
	struct eun_program *programs;
	struct eun_aggregate *aggregates;
	struct eun_tool *tools;
};

/*
 * Opens and checks one file. NULL: `why` is one line that names the object, the reason with numbers and the remedy:
 * "tcp.so: built for plugin ABI 2.0, this host has 1.0; rebuild it against this host's SDK".
 */
struct plugin *plugin_open(const char *path, char *why, size_t why_size);
void plugin_close(struct plugin *plugin);

/*
 * The folders searched, in order: each --plugin-path (n of them), EUNOMIA_PLUGIN_PATH split at ':', then
 * ../lib/eunomia/plugins from the executable's own folder (which is right in the build tree and installed), with
 * ../lib/<multiarch>/eunomia/plugins when the first does not exist. Ends at NULL; free with plugin_paths_free().
 */
char **plugin_paths(const char *const *extra, size_t n);
void plugin_paths_free(char **paths);

/*
 * Finds NAME.so (or, when `name` has a slash, that file) and opens it. NULL: why; for an unknown name it lists the
 * nearest one and the folders that were searched. A folder given with --plugin-path that can't be read is an error.
 */
struct plugin *plugin_find(const char *name, char *const *paths, char *why, size_t why_size);

/*
 * Calls `each` for every *.so of the folders, by name; of one stem the first found counts. A file that is refused is
 * passed with plugin NULL and its reason. The callee owns the plugin. -errno: a folder that was given can't be read,
 * with `why`.
 */
int plugin_each(char *const *paths, int (*each)(void *context, const char *path, struct plugin *plugin, const char *why),
                void *context, char *why, size_t why_size);

#endif
