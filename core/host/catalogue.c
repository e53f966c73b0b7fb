/* SPDX-License-Identifier: MIT */
#include "host/catalogue.h"

#include <errno.h>
#include <stdio.h>

static int add_streams(void *context, const char *path, struct plugin *plugin, const char *refused)
{
	struct schema *schema = context;
	int err = 0;
	(void)path, (void)refused;
	for (uint32_t i = 0; plugin && i < plugin->abi.streams.count && !err; i++) {
		char why[256];
		struct stream *stream = plugin_stream_new(plugin, i, why, sizeof(why));
		if (stream && !schema_find(schema, stream->name))
			err = schema_add(schema, stream);
		else
			stream_destroy(stream);
		if (err)
			stream_destroy(stream);
	}
	plugin_close(plugin);
	return err;
}

int catalogue_init(struct catalogue *c, char *const *paths, char *why, size_t why_size)
{
	*c = (struct catalogue){0};
	snprintf(why, why_size, "no memory");
	if (computed_init(&c->computed))
		return -ENOMEM;
	computed_offer(&c->computed, &c->schema);
	return catalogue_complete(&c->schema, paths, why, why_size);
}

int catalogue_complete(struct schema *schema, char *const *paths, char *why, size_t why_size)
{
	snprintf(why, why_size, "no memory");
	return plugin_each(paths, add_streams, schema, why, why_size);
}

void catalogue_free(struct catalogue *c)
{
	schema_destroy(&c->schema);
	computed_free(&c->computed);
}
