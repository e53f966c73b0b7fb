/* SPDX-License-Identifier: MIT */
/* [plugin NAME]: what of it is wanted, and its own options. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings_impl.h"

static const struct config_option plugin_keys[] = {
	{"enabled", CONFIG_BOOL, offsetof(struct settings_plugin, enabled), 0, 0, NULL, "no: it is not used"},
	{"streams", CONFIG_TEXTS, offsetof(struct settings_plugin, streams), 0, 0, NULL, "what [events] prints of it"},
	{0},
};

static const struct plugin *find_plugin(const struct reading *r, const char *name)
{
	for (size_t i = 0; i < r->plugins->n; i++)
		if (!strcmp(r->plugins->items[i].plugin->abi.name, name))
			return r->plugins->items[i].plugin;
	return NULL;
}

/* A key of the plugin itself, to be given to it as text. */
struct own {
	const struct plugin *plugin;
	struct settings_plugin *to;
};

static const struct eun_option *find_option(const struct plugin *p, const char *key, const char **near)
{
	const char *names[SETTINGS_MAX] = {"enabled", "streams"};
	size_t n = 2;
	for (uint32_t i = 0; i < p->abi.options.count; i++) {
		if (!strcmp(p->options[i].key, key))
			return &p->options[i];
		if (n < SETTINGS_MAX)
			names[n++] = p->options[i].key;
	}
	*near = nearest_name(key, names, n);
	return NULL;
}

static const char *value_of(const struct eun_option *o, const char *text)
{
	if (o->type != EUN_OPTION_BOOL)
		return text;
	return !strcmp(text, "yes") || !strcmp(text, "on") || !strcmp(text, "1")   ? "true"
	       : !strcmp(text, "no") || !strcmp(text, "off") || !strcmp(text, "0") ? "false"
										   : text;
}

static int read_option(void *context, const struct config_section *section, const struct config_key *key,
		       struct config_error *error)
{
	struct own *own = context;
	struct option_value value;
	char why[256], *text;
	const char *near = NULL;
	const struct eun_option *o = find_option(own->plugin, key->name, &near);
	if (!o)
		return config_error_at(error, section->file, key->line, 1,
				       "plugin %s has no option '%s'%s%s%s (see eunomia inspect)",
				       own->plugin->abi.name, key->name, near ? ", did you mean '" : "",
				       near ? near : "", near ? "'?" : "");
	if (option_parse(o, value_of(o, key->value), &value, why, sizeof(why)))
		return config_fail(section, key, 1, 1, error, "%s", why);
	char **grown = realloc(own->to->options, (own->to->n_options + 1) * sizeof(char *));
	if (!grown || asprintf(&text, "%s=%s", key->name, value_of(o, key->value)) < 0) {
		own->to->options = grown ? grown : own->to->options;
		return -ENOMEM;
	}
	own->to->options = grown;
	grown[own->to->n_options++] = text;
	return 0;
}

int settings_read_plugin(const struct reading *r, const char *name)
{
	struct own own = {find_plugin(r, name), NULL};
	int err;
	if (!own.plugin) {
		const char *names[SETTINGS_MAX];
		size_t n = 0;
		for (; n < r->plugins->n && n < SETTINGS_MAX; n++)
			names[n] = r->plugins->items[n].plugin->abi.name;
		const char *near = nearest_name(name, names, n);
		return config_error_at(r->error, r->section->file, r->section->line, 1,
				       "unknown plugin '%s'%s%s%s (see eunomia list plugins)", name,
				       near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	if (settings_plugin(r->settings, name))
		return settings_fail(r, "it is there twice");
	struct settings_plugin *p =
		settings_add(r, &r->settings->plugins, &r->settings->n_plugins, sizeof(struct settings_plugin), &err);
	if (!p)
		return err;
	p->name = name;
	p->enabled = true;
	p->section = r->section;
	own.to = p;
	return config_apply(r->section, plugin_keys, p, read_option, &own, r->error);
}

const struct settings_plugin *settings_plugin(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->n_plugins; i++)
		if (!strcmp(s->plugins[i].name, name))
			return &s->plugins[i];
	return NULL;
}
