/* SPDX-License-Identifier: MIT */
/* abi_inspect FILE.so: what the loader makes of a plugin, or why it refuses it. */
#include <stdio.h>

#include "host/plugin.h"

int main(int argc, char **argv)
{
	char why[1024];
	if (argc != 2) {
		fprintf(stderr, "usage: abi_inspect FILE.so\n");
		return 2;
	}
	struct plugin *plugin = plugin_open(argv[1], why, sizeof(why));
	if (!plugin) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	printf("plugin %s %s\n", plugin->abi.name, plugin->abi.version);
	for (uint32_t i = 0; i < plugin->abi.streams.count; i++)
		printf("stream %s, %u fields\n", plugin->streams[i].name, plugin->streams[i].fields.count);
	plugin_close(plugin);
	return 0;
}
