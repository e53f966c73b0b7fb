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

/*
 * After plugin_open() the rows can be used without further checks: their texts end within the file and are not NULL
 * where schema.h and plugin.h don't allow it, indexes and stream bits are in range, defaults parse. The tables inside
 * rows (fields, columns, options of a tool) are checked as well and stay in the file: read them with table_row().
 */
struct plugin {
	char *path;
	void *handle;               /* of dlopen */
	struct eun_plugin abi;      /* copied, zero beyond what the plugin's size covers */
	struct eun_stream *streams; /* the tables' rows copied, each zero beyond what the plugin knew */
	struct eun_option *options; /* counts are those of abi.streams.count and so on */
	struct eun_program *programs;
	struct eun_aggregate *aggregates;
	struct eun_tool *tools;
	struct eun_metric *metrics;
	struct eun_attach *attach;
};

/*
 * Opens and checks one file. NULL: `why` is one line that names the object, the reason with numbers and the remedy:
 * "tcp.so: built for plugin ABI 2.0, this host has 1.0; rebuild it against this host's SDK".
 * A file that is open already may be opened again.
 */
struct plugin *plugin_open(const char *path, char *why, size_t why_size);
void plugin_close(struct plugin *plugin);

/* stream_new() of the plugin's stream number `i`; of an open plugin it can fail for want of memory only. */
struct stream *plugin_stream_new(const struct plugin *plugin, uint32_t i, char *why, size_t why_size);

/*
 * The folders searched, in order: each --plugin-path (n of them), EUNOMIA_PLUGIN_PATH split at ':', then
 * ../lib/eunomia/plugins from the executable's own folder (which is right in the build tree and installed), with
 * ../lib/<multiarch>/eunomia/plugins or ../lib64/eunomia/plugins when the first does not exist. Ends at NULL; free with
 * plugin_paths_free(). NULL: no memory.
 */
char **plugin_paths(const char *const *extra, size_t n);
void plugin_paths_free(char **paths);

/*
 * Finds the built-in plugin of that name, or NAME.so (or, when `name` has a slash, that file), and opens it; the first
 * folder that has it counts. NULL: why; for an unknown name it lists the nearest one and the folders that were
 * searched. A folder that can't be read is an error, but for the executable's own, which need not exist.
 */
struct plugin *plugin_find(const char *name, char *const *paths, char *why, size_t why_size);

/*
 * Calls `each` for the built-in plugins (builtin.h), whose path is no file's, then for every *.so of the folders, by
 * name; of one stem the first found counts. A file that is refused is passed with plugin NULL and its reason. The
 * callee owns the plugin. What `each` returns, if not 0, ends it and is returned. -errno with `why`: a folder can't be
 * read.
 */
int plugin_each(char *const *paths,
		int (*each)(void *context, const char *path, struct plugin *plugin, const char *why), void *context,
		char *why, size_t why_size);

#endif
