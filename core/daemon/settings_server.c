/* SPDX-License-Identifier: MIT */
/* [server] to what core/server is made with. `eunomia daemon` reads it too, so that one file serves both. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"

#define AT(member) offsetof(struct settings_server, member)
static const struct config_option options[] = {
	{"listen", CONFIG_TEXTS, AT(listen), 0, 0, NULL, "addresses with ports"},
	{"socket", CONFIG_TEXT, AT(socket), 0, 0, NULL, "a unix socket; empty: none"},
	{"token_file", CONFIG_TEXT, AT(token_file), 0, 0, NULL, "who has it may do everything"},
	{"read_token_file", CONFIG_TEXT, AT(read_token_file), 0, 0, NULL, "who has it may read"},
	{"cert", CONFIG_TEXT, AT(cert), 0, 0, NULL, "of TLS, PEM"},
	{"key", CONFIG_TEXT, AT(key), 0, 0, NULL, "of TLS, PEM"},
	{"insecure", CONFIG_BOOL, AT(insecure), 0, 0, NULL, "yes: other addresses than loopback without TLS"},
	{"hosts", CONFIG_TEXTS, AT(hosts), 0, 0, NULL, "further names that the server is called by"},
	{"origins", CONFIG_TEXTS, AT(origins), 0, 0, NULL, "further pages that may call, https://name"},
	{"connections", CONFIG_UINT, AT(connections), 8, 100000, NULL, "at once"},
	{"streams", CONFIG_UINT, AT(streams), 1, 1000, NULL, "live streams at once"},
	{"body", CONFIG_UINT, AT(body), 1024, 1u << 30, NULL, "bytes of a request"},
	{"header_time", CONFIG_MS, AT(header_ms), 100, 600000, NULL, "until a request is complete"},
	{"idle_time", CONFIG_MS, AT(idle_ms), 1000, 3600000, NULL, "between two requests"},
	{"instances", CONFIG_UINT, AT(instances), 1, 48, NULL, "that are started at once"},
	{"run_time", CONFIG_MS, AT(run_ms), 1000, 3600000, NULL, "of one run that is waited for"},
	{"events", CONFIG_UINT, AT(events), 4096, 1u << 30, NULL, "bytes of each stream's recent events"},
	{"alerts", CONFIG_UINT, AT(alerts), 1, 100000, NULL, "recent ones that are kept"},
	{"graph", CONFIG_TEXTS, AT(graph), 0, 0, NULL, "streams that the graph is made from; empty: no graph"},
	{"edges", CONFIG_UINT, AT(edges), 16, 100000, NULL, "of the graph"},
	{"plugin_folder", CONFIG_TEXT, AT(plugin_folder), 0, 0, NULL, "where plugins may be uploaded to"},
	{"rule_folder", CONFIG_TEXT, AT(rule_folder), 0, 0, NULL, "where rules may be uploaded to"},
	{0},
};

void settings_server_init(struct settings_server *s)
{
	*s = (struct settings_server){
		.socket = "/run/eunomia/server.sock",
		.token_file = "/var/lib/eunomia/token",
		.read_token_file = "/var/lib/eunomia/token.read",
		.connections = 1024,
		.streams = 32,
		.body = 1 << 20,
		.header_ms = 10000,
		.idle_ms = 30000,
		.instances = 32,
		.run_ms = 300000,
		.events = 1 << 20,
		.alerts = 1000,
		.edges = 2000,
	};
}

int settings_server_read(struct settings_server *s, const struct config_section *section, struct config_error *error)
{
	int err = config_apply(section, options, s, NULL, NULL, error);
	if (err)
		return err;
	s->section = section;
	if (!s->cert != !s->key)
		return config_error_at(error, section->file, section->line, 1, "[server]: TLS needs both cert and key");
	return 0;
}

static int copy_text(const char **text)
{
	*text = *text ? strdup(*text) : NULL;
	return *text ? 0 : -ENOMEM;
}

static int copy_texts(char ***texts)
{
	char **from = *texts;
	size_t n = 0;
	while (from && from[n])
		n++;
	*texts = from ? calloc(n + 1, sizeof(char *)) : NULL;
	for (size_t i = 0; *texts && i < n; i++)
		if (!((*texts)[i] = strdup(from[i])))
			return -ENOMEM;
	return from && !*texts ? -ENOMEM : 0;
}

int settings_server_copy(struct settings_server *out, const struct settings_server *from)
{
	int err = 0;
	*out = *from;
	out->section = NULL;
	for (const struct config_option *o = options; o->name; o++) {
		void *member = (char *)out + o->offset;
		if (o->type == CONFIG_TEXTS && copy_texts(member))
			err = -ENOMEM;
		else if (o->type == CONFIG_TEXT && *(const char **)member && copy_text(member))
			err = -ENOMEM;
	}
	return err;
}

void settings_server_drop(struct settings_server *s)
{
	for (const struct config_option *o = options; o->name; o++) {
		void *member = (char *)s + o->offset;
		if (o->type == CONFIG_TEXTS)
			config_texts_free(*(char ***)member);
		else if (o->type == CONFIG_TEXT)
			free(*(char **)member);
	}
}

void settings_server_free(struct settings_server *s)
{
	config_texts_free(s->listen);
	config_texts_free(s->hosts);
	config_texts_free(s->origins);
	config_texts_free(s->graph);
}
